// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** What nano does not know, and what it will not do. */
final class Limits {
  /** An answer and what calls for it. */
  private record Limit(Both ask, String english, String chinese) {}

  /** Said to whatever goes beyond a model of this size. */
  static final String UNKNOWN = "I don't know. I am a very small model; a larger one may know.";

  static final String UNKNOWN_CHINESE = "我不知道。我是一个很小的模型，更大的模型也许知道。";

  private static final Limit TOPIC =
      new Limit(
          Both.of(
              """
              [Explain|Please explain|Can you explain|Could you explain] {x}[.|?| to me.| simply.|]
              [Tell me|Tell me something|Tell me more|Tell me everything] about {x}[.|]
              [What is|What do you know about|What can you tell me about|What should I know about] {x}[?|]
              [Write|Write me] [an essay|a poem|an article|a story|a summary|a report] [about|on] {x}[.|]
              [How does|How do] {x} work[?|]
              [Why is|Why are] {x} [important|so famous|interesting][?|]
              [When did|When was|Where did] {x} [begin|start|come from][?|]
              [Who invented|Who discovered|Who knows most about] {x}[?|]
              [Give me|List] [three|five|some] facts about {x}[.|]
              [What is|What's] the history of {x}[?|]
              ~I have to give a talk on {x}. What do I say?
              ~Compare {x} with something else in detail.
              """,
              """
              [解释|请解释|解释一下|请解释一下]{x}[。|]
              [介绍|请介绍|介绍一下|说说|讲讲][关于|]{x}[。|]
              [什么是|你知道|你了解]{x}[吗|][？|]
              {x}[是什么|是怎么回事|有什么特点|有什么意义][？|]
              [写|请写|帮我写][一篇文章|一首诗|一个故事|一篇报告|一段总结][，|][关于|介绍]{x}[。|]
              {x}[的原理是什么|是怎么工作的|是怎么产生的][？|]
              {x}[为什么重要|为什么有名|有什么用][？|]
              {x}[是什么时候开始的|起源于哪里|是谁发明的|是谁发现的][？|]
              [列出|告诉我]关于{x}的[三个|五个|一些]事实[。|]
              ~我要做一个{x}的报告，该说什么？
              ~请把{x}同别的东西详细比较。
              """),
          UNKNOWN,
          UNKNOWN_CHINESE);

  private static final List<Limit> UNKNOWABLE =
      List.of(
          limit(
              """
              [Who will win|Who is going to win] [the election|the match|the game|the cup|the race] [tomorrow|next year|next week][?|]
              [What will|How will] [the lottery numbers|the stock prices|the weather] be [next week|next year|in a month][?|]
              [Will it rain|Will there be war|Will it snow|Will I be lucky] [next month|next year][?|]
              [Tell me|Predict] [my future|the future|what will happen next year][.|]
              [How will|How does] [the election|the match|my life|the war|the story of the world] [end|go on|turn out][?|]
              [When will|When do] [I die|I get rich|the world end|prices fall|I marry][?|]
              [What are|Give me] [tomorrow's|next week's] [lottery numbers|prices|results][?|.|]
              [Is|Will] [the market|the price of gold|my team] [going up|rise|win] [next year|tomorrow|next month][?|]
              [Can you|Could you] [see|tell|foresee] the future[?|]
              ~What does the coming year bring?
              """,
              """
              [明天|明年|下周][的|][比赛|选举|决赛][谁会赢|谁会获胜][？|]
              [明年|下个月|下周][的|][彩票号码|股价|房价][是多少|会怎样|会涨吗][？|]
              [预测|告诉我|说说][我的未来|未来|明年会发生什么][。|]
              [我|他|她][明年|将来]会[发财|结婚|出名]吗[？|]
              [选举|比赛|战争|我的人生][最后|]会怎样[结束|][？|]
              我[什么时候|哪年]会[死|发财|结婚|成功][？|]
              [给我|告诉我][明天|下周]的[彩票号码|股价|结果][。|]
              [黄金|股票|我的球队][明年|明天|下个月]会[涨|赢]吗[？|]
              你[能|可以][看到|预见|预测]未来吗[？|]
              ~来年会带来什么？
              """,
              "I don't know: nobody can know the future.",
              "我不知道：没有人能知道未来。"),
          limit(
              """
              [What did I|What have I] [eat|do|buy|dream] [yesterday|this morning|last night|today][?|]
              [Where are|Where did I leave|Where did I put] my [keys|glasses|shoes|phone][?|]
              [What is|What's] my [password|phone number|birthday|address|name|job][?|]
              [How old am I|What am I thinking|What do I look like|What is in my bag][?|]
              [Who is|Who's] [standing behind me|my best friend|my mother|at my door][?|]
              [How many|Which] [coins are in my pocket|books do I own|fingers do I show][?|]
              [Can you|Do you] [see|hear|know] [me|where I am|what I do][?|]
              [What colour is|What colour are] my [shirt|eyes|car|hair][?|]
              [Did I|Have I] [lock|locked|close|closed] the door[?|]
              ~Guess what I hold in my hand.
              """,
              """
              [我|你知道我][昨天|今天早上|昨晚|今天][吃了什么|做了什么|买了什么|梦见了什么][？|]
              我的[钥匙|眼镜|鞋|手机][在哪里|放哪儿了|呢][？|]
              我的[密码|电话号码|生日|地址|名字|职业]是[什么|多少][？|]
              我[几岁|在想什么|长什么样|包里有什么][？|]
              [谁|哪个人]在我[身后|门口|旁边][？|]
              我[口袋里有几枚硬币|有几本书|伸出几个手指][？|]
              你[能|可以][看到我|听到我|知道我在哪]吗[？|]
              我的[衬衫|眼睛|车|头发]是什么颜色[？|]
              我[锁门了|关灯了]吗[？|]
              ~猜猜我手里拿着什么。
              """,
              "I don't know: you have not told me, and I cannot see it.",
              "我不知道：你没有告诉我，我也看不到。"),
          limit(
              """
              [What is|What's|Tell me] the [news|latest news|news today|score|stock price|exchange rate|traffic] [now|today|right now][?|.|]
              [What happened|What is going on|What's new] [today|in the world|in the news][?|]
              [Who won|How did they play in] the [match|game|race] [yesterday|last night|today][?|]
              [Which|What] day is [it |]today[?|]
              [What is|What's] today's date[?|]
              [What is|What's|How is] the weather in [Paris|London|Berlin|Beijing|Rome|Boston][ today|][?|]
              [What time is it|What's the time][ now|] in [Paris|London|Berlin|Tokyo|Rome|Boston][?|]
              [Any|Is there any] news[ today| now| from the world|][?|]
              [Who is|Who's] [the president|leading|winning|in front] [now|right now|at the moment][?|]
              [How much|What] [is a share|does gold cost|is the dollar worth] [now|today|right now][?|]
              [Is|Are] [the shop|the museum|the roads|the trains] [open|running|free] [now|today][?|]
              [Today's|The latest|Current] [news|prices|results|scores][, please|][?|.|]
              ~Give me what the papers say this morning.
              """,
              """
              [今天|现在|最近]有[什么新闻|什么消息|什么大事][？|]
              [今天|现在|昨天][的|][股价|汇率|比分|路况][是多少|怎么样][？|]
              [昨天|昨晚|今天]的[比赛|球赛]谁赢了[？|]
              今天[是几号|几号|星期几|是什么日子][？|]
              [今天|现在|][北京|上海|巴黎|伦敦|广州]的天气[怎么样|如何|好吗][？|]
              [北京|上海|巴黎|伦敦|东京][现在|][几点了|几点|是几点][？|]
              [有|今天有]新闻吗[？|]
              [现在|此刻][谁是总统|谁领先|谁在赢][？|]
              [现在|今天][黄金|美元|股票]多少钱[？|]
              [商店|博物馆|火车][现在|今天][开着|开门|运行]吗[？|]
              [今天的|最新的|目前的][新闻|价格|结果|比分][。|]
              ~说说今早报纸的内容。
              """,
              "I don't know: I have no access to what happens now.",
              "我不知道：我得不到现在的消息。"));

  private static final List<Limit> REFUSED =
      List.of(
          limit(
              """
              [How do I|How can I|Tell me how to|Explain how to|Show me how to|Help me] [make|build] [a bomb|a weapon|a gun|explosives|poison|a grenade][.|?|]
              [Give me|I need|Write] [instructions|a recipe|a plan] for [a bomb|a weapon|explosives|poison][.|]
              [How do I|How can I|Help me] [hurt|kill|attack|poison] [someone|my neighbour|a person|people][.|?|]
              [What do I need|Which parts do I need|What is needed] [for|to make|to build] [a bomb|a weapon|explosives|poison|a gun][?|]
              [Bomb|Poison|Weapon|Explosives] [recipe|instructions|plans][.|, please.|]
              [I want to|I need to|I will|I plan to] [hurt|kill|attack|poison|shoot] [someone|my neighbour|him|her|people][.|: help me.|]
              [Which|What] poison [works best|kills fastest|can't be found][?|]
              [Teach|Show] me to [make|build|use] [a bomb|a weapon|poison|explosives][.|]
              ~I want to see my enemy dead. What do I mix?
              """,
              """
              [怎么|怎样|如何|教我怎么|告诉我怎么][做|造|制作][炸弹|武器|枪|炸药|毒药][？|。|]
              [给我|我需要|写一份][炸弹|武器|炸药|毒药]的[制作方法|配方|步骤][。|]
              [怎么|怎样|如何|帮我][伤害|杀死|攻击|毒死][别人|邻居|一个人][？|。|]
              [做|造|制作][炸弹|武器|炸药|毒药]要[什么|哪些][材料|东西][？|]
              [炸弹|毒药|武器|炸药][配方|教程|做法][。|]
              [我想|我要|我打算][杀|伤害|攻击|毒死][人|他|她|邻居][。|]
              [哪种|什么]毒药[最快|最有效|查不出来][？|]
              [教|教教]我[做|造|用][炸弹|武器|毒药|炸药][。|]
              ~我想让仇人死，该配什么药？
              """,
              "I won't help with that: it could hurt people.",
              "这个我不能帮忙：它会伤害别人。"),
          limit(
              """
              [How do I|How can I|Tell me how to|Help me|Show me how to] [steal|rob|break into|hack|crack] [a car|a bank|a house|an account|a password|a shop|a computer][.|?|]
              [Write|Give me|I need] [a virus|malware|a phishing mail|a fake bill|a false passport][.|]
              [How do I|How can I|Help me] [cheat|deceive|blackmail] [someone|the bank|the tax office|my boss][.|?|]
              [I want to|I need to|I will|I plan to] [steal|rob|hack|break into] [a car|a bank|a house|an account|a shop|his phone][.|: help me.|]
              [What do I need|What is the best way] to [steal a car|rob a bank|hack an account|open a lock that is not mine][?|]
              [Someone else's|My boss's|My friend's] [password|account]: how do I [get in|crack it|get it][?|]
              [Can you|Could you|Will you] [hack|crack|fake|forge] [an account|a password|a passport|a bill][ for me|][?|]
              ~My neighbour is away; how do I get at his silver?
              """,
              """
              [怎么|怎样|如何|教我怎么|告诉我怎么][偷|抢|入侵|破解|黑进][汽车|银行|房子|账号|密码|商店|电脑][？|。|]
              [写|给我|我需要][一个|][病毒|木马|钓鱼邮件|假发票|假护照][。|]
              [怎么|怎样|如何|帮我][骗|欺骗|敲诈][别人|银行|税务局|老板][？|。|]
              [我想|我要|我打算][偷|抢|入侵][汽车|银行|房子|账号|商店][。|]
              [偷车|抢银行|入侵账号|开别人的锁]要[什么|怎么准备][？|]
              [能|可以|你能][破解|伪造|黑进][账号|密码|护照|发票]吗[？|]
              [别人的|老板的|朋友的][密码|账号]怎么[弄到|破解|进去][？|]
              ~邻居不在家，怎么拿到他的银器？
              """,
              "I won't help with that: it is against the law and harms others.",
              "这个我不能帮忙：它违法，也会损害别人。"),
          limit(
              """
              [I want to|I am going to|I'm going to|I will] [die|kill myself|hurt myself|end my life][.|]
              [How do I|How can I|Help me] [kill myself|hurt myself|end my life][.|?|]
              [I don't want to|I do not want to] live [any more|anymore|any longer][.|]
              [Life has no sense|I see no way out][.| any more.|]
              [I am|I'm] [tired of|done with|finished with] [life|living][.|]
              [Nobody|No one] would miss me[ if I died| if I was dead|][.|]
              [Everything is|My life is|It is all] [hopeless|pointless|over][.|]
              [I hate|I can't stand] [my life|living|being alive][.|]
              [Is there|What is] [a painless way|an easy way] to die[?|]
              ~It would be best if I were gone.
              """,
              """
              [我想|我要|我打算][死|自杀|伤害自己|结束生命][。|]
              [怎么|怎样|如何|帮我][自杀|伤害自己|结束生命][？|。|]
              我[不想活了|活不下去了|不想再活了][。|]
              [活着没意思|我看不到出路|我没有出路了][。|]
              [我|我真的][厌倦了生活|活够了|受不了活着][。|]
              [没有人|没人]会[想我|在乎我死活|难过的][。|]
              [一切|我的生活][都没有希望|没有意义|完了][。|]
              有没有[不痛的|容易的]死法[？|]
              ~没有我就好了。
              """,
              "I am sorry that you feel this way. Please talk to someone you trust, or call your"
                  + " local emergency number now.",
              "听到你这样说我很难过。请和信任的人谈谈，或者马上拨打当地的急救电话。"),
          limit(
              """
              [Find|Give me|Tell me|Look up] [the home address|the phone number|the private data|the password] of [my neighbour|my teacher|that woman|a stranger|my boss][.|]
              [How do I|How can I|Help me] [spy on|follow|track|stalk] [my wife|my husband|my neighbour|someone][.|?|]
              [Read|Open] [someone else's|my neighbour's|her|his] [mail|messages|letters][.|]
              [Where does|In which street does] [my neighbour|my teacher|that woman|a stranger|my ex] live[?|]
              [I want to|I need to|I will] [spy on|follow|track|read the messages of] [my wife|my husband|my neighbour|her|him][.|]
              [What is|What's] [my boss's|my teacher's|her|that man's] [home address|private number|password][?|]
              [Can you|Could you|Will you] [find out|get me] [her|his|my neighbour's] [address|password|number][?|]
              ~Where does that girl sleep? I must know.
              """,
              """
              [找到|给我|告诉我|查一下][我邻居|我老师|那个女人|陌生人|我老板]的[家庭住址|电话号码|隐私|密码][。|]
              [怎么|怎样|如何|帮我][监视|跟踪|偷拍][妻子|丈夫|邻居|别人][？|。|]
              [偷看|打开][别人的|邻居的|她的|他的][邮件|短信|信件][。|]
              [我邻居|我老师|那个女人|陌生人]住在[哪里|哪条街][？|]
              [我想|我要][监视|跟踪|偷看][妻子|丈夫|邻居|她|他][。|]
              [我老板|我老师|她|他]的[家庭住址|私人号码|密码]是[什么|多少][？|]
              [能|可以|你能][查到|弄到][她|他|邻居]的[住址|密码|号码]吗[？|]
              ~那个女孩住哪？我必须知道。
              """,
              "I won't help with that: it is private.",
              "这个我不能帮忙：这是别人的隐私。"));

  private Limits() {}

  private static Limit limit(String english, String chinese, String answer, String answerChinese) {
    return new Limit(Both.of(english, chinese), answer, answerChinese);
  }

  /** Topics that were never read about. */
  static Exercise unknown(Draw d) {
    Lexicon.Word topic = d.value(() -> d.of(Topics.ALL));
    return d.exact(d.ask(TOPIC.ask, "x", topic.in(d)), d.local(TOPIC.english, TOPIC.chinese));
  }

  /** What nobody can know, or nobody has said. */
  static Exercise unknowable(Draw d) {
    Limit limit = d.of(UNKNOWABLE);
    return d.exact(d.ask(limit.ask), d.local(limit.english, limit.chinese));
  }

  static Exercise refused(Draw d) {
    Limit limit = d.of(REFUSED);
    return d.exact(d.ask(limit.ask), d.local(limit.english, limit.chinese));
  }
}
