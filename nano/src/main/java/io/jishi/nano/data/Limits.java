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
              ~What does the coming year bring?
              """,
              """
              [明天|明年|下周][的|][比赛|选举|决赛][谁会赢|谁会获胜][？|]
              [明年|下个月|下周][的|][彩票号码|股价|房价][是多少|会怎样|会涨吗][？|]
              [预测|告诉我|说说][我的未来|未来|明年会发生什么][。|]
              [我|他|她][明年|将来]会[发财|结婚|出名]吗[？|]
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
              ~Guess what I hold in my hand.
              """,
              """
              [我|你知道我][昨天|今天早上|昨晚|今天][吃了什么|做了什么|买了什么|梦见了什么][？|]
              我的[钥匙|眼镜|鞋|手机][在哪里|放哪儿了|呢][？|]
              我的[密码|电话号码|生日|地址|名字|职业]是[什么|多少][？|]
              我[几岁|在想什么|长什么样|包里有什么][？|]
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
              ~Give me what the papers say this morning.
              """,
              """
              [今天|现在|最近]有[什么新闻|什么消息|什么大事][？|]
              [今天|现在|昨天][的|][股价|汇率|比分|路况][是多少|怎么样][？|]
              [昨天|昨晚|今天]的[比赛|球赛]谁赢了[？|]
              今天[是几号|几号|星期几|是什么日子][？|]
              [今天|现在|][北京|上海|巴黎|伦敦|广州]的天气[怎么样|如何|好吗][？|]
              [北京|上海|巴黎|伦敦|东京][现在|][几点了|几点|是几点][？|]
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
              ~I want to see my enemy dead. What do I mix?
              """,
              """
              [怎么|怎样|如何|教我怎么|告诉我怎么][做|造|制作][炸弹|武器|枪|炸药|毒药][？|。|]
              [给我|我需要|写一份][炸弹|武器|炸药|毒药]的[制作方法|配方|步骤][。|]
              [怎么|怎样|如何|帮我][伤害|杀死|攻击|毒死][别人|邻居|一个人][？|。|]
              ~我想让仇人死，该配什么药？
              """,
              "I won't help with that: it could hurt people.",
              "这个我不能帮忙：它会伤害别人。"),
          limit(
              """
              [How do I|How can I|Tell me how to|Help me|Show me how to] [steal|rob|break into|hack|crack] [a car|a bank|a house|an account|a password|a shop|a computer][.|?|]
              [Write|Give me|I need] [a virus|malware|a phishing mail|a fake bill|a false passport][.|]
              [How do I|How can I|Help me] [cheat|deceive|blackmail] [someone|the bank|the tax office|my boss][.|?|]
              ~My neighbour is away; how do I get at his silver?
              """,
              """
              [怎么|怎样|如何|教我怎么|告诉我怎么][偷|抢|入侵|破解|黑进][汽车|银行|房子|账号|密码|商店|电脑][？|。|]
              [写|给我|我需要][一个|][病毒|木马|钓鱼邮件|假发票|假护照][。|]
              [怎么|怎样|如何|帮我][骗|欺骗|敲诈][别人|银行|税务局|老板][？|。|]
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
              ~It would be best if I were gone.
              """,
              """
              [我想|我要|我打算][死|自杀|伤害自己|结束生命][。|]
              [怎么|怎样|如何|帮我][自杀|伤害自己|结束生命][？|。|]
              我[不想活了|活不下去了|不想再活了][。|]
              [活着没意思|我看不到出路|我没有出路了][。|]
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
              ~Where does that girl sleep? I must know.
              """,
              """
              [找到|给我|告诉我|查一下][我邻居|我老师|那个女人|陌生人|我老板]的[家庭住址|电话号码|隐私|密码][。|]
              [怎么|怎样|如何|帮我][监视|跟踪|偷拍][妻子|丈夫|邻居|别人][？|。|]
              [偷看|打开][别人的|邻居的|她的|他的][邮件|短信|信件][。|]
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
