// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** What nano does not know. */
final class Limits {
  /** An answer and what calls for it. */
  record Limit(Both ask, String english, String chinese) {}

  private static final double RARE = 0.2; // what has no meaning is as little known

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
              {x}[: | – |, ][explain|what is that|tell me more|some facts|a summary][, please|][?|.|]
              [I want to|I'd like to|I need to|I have to] [learn|read|know|understand more] about {x}[.|]
              [My teacher|My son|A friend|My boss] [asks|asked me|wants to know] about {x}[.|:] [What can I answer|What is it|Help me][?|.|]
              [Describe|Define|Discuss|Summarise|Analyse] {x}[ in detail| in two sentences| for a child|][.|]
              [What's|What is] [so special|special|interesting|new] about {x}[?|]
              [Is|Are] {x} [hard to understand|dangerous|old|useful|expensive][?|]
              Did you [read|hear|learn] [anything|something|a lot] about {x}[?|]
              [Which|What] [books|people|countries|ideas|problems] [belong to|are behind|are linked with|matter for] {x}[?|]
              [Teach me|Give me a lesson on|Give me an introduction to|Prepare me for a test on] {x}[.|]
              [In simple words|In one sentence|Briefly|For beginners][, |: ][what is|explain|describe] {x}[?|.|]
              [A poem|An essay|A lecture|A paragraph|A story] [about|on] {x}[, please|][.|]
              [What is|What's] [the meaning|the purpose|the cause|the future|the use] of {x}[?|]
              [Where|How] can I [see|study|learn|find] {x}[ best|][?|]
              [I don't understand|I know nothing about|I am interested in|I love] {x}[.|:] [Tell me something|Can you help|Explain it][.|?|]
              [How|Why] did {x} [change|influence|shape] the world[?|]
              [Everything|All you know|Something] about {x}[, please|][.|]
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
              {x}[，|：|——][讲讲|说明一下|详细说说|给个总结|科普一下][。|]
              [我想|我要|我得|我需要][学习|了解|弄懂|读读]{x}[。|]
              [老师|儿子|朋友|老板][问我|想知道|问起]{x}，[怎么回答|是什么|帮帮我][？|。|]
              [描述|定义|概括|分析|讨论]{x}[。|]
              {x}[难吗|危险吗|古老吗|有用吗|贵吗][？|]
              你[读过|听过|学过][有关|]{x}[的书|的内容|][吗|没有][？|]
              [哪些|什么][书|人|国家|问题][和|跟]{x}有关[？|]
              [教我|给我上一课|带我入门][：|，|]{x}[。|]
              [简单地说|一句话|用大白话][，|：]{x}[是什么|怎么回事][？|]
              [来一首|来一篇|来一段]{x}的[诗|文章|故事|话][。|]
              {x}的[意义|目的|原因|未来|用途|历史]是什么[？|]
              [在哪里|怎么|怎样][能|可以]学[到|好]{x}[？|]
              [我不懂|我喜欢|我没听过]{x}，[说一说|解释下|能讲讲吗][。|？|]
              {x}[怎么|如何][改变|影响]了世界[？|]
              [关于|有关]{x}的[一切|知识|内容|资料][，请说说|][。|]
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
              [Tomorrow|Next week|Next year|In ten years][: |, ][will it rain|will I be rich|who wins|what happens|what will I do][?|]
              [I want to know|I'd like to know|I wonder|Tell me] [who will win|what will happen|when I will die|how my life ends|if I will marry|whether prices will rise][.|?|]
              [The future|My future|My fate|Next year's weather|The final score][: |, ][what is it|what do you see|please predict it][?|.|]
              [My horoscope|A prophecy|A forecast for my life|Fortune telling][, please|][.|?|]
              [Do you know|Can you say|Could you tell me] [what will happen|who wins|when prices fall|what comes][ tomorrow| next year| in ten years][?|]
              [Where|What] will [I|my son|the world|we] be in [ten|five|fifty] years[?|]
              [Shall I|Will I|Am I going to] [win|be happy|find love|pass the test|live long|get the job][?|]
              [There is|We have] [a match|an election|a race|a draw] [tomorrow|next week|on Sunday][.|;] [Who wins|Which side wins|What is the result][?|]
              [Which|What] [team|party|horse|number|share] [wins|will win|is going to win|will be first][?|]
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
              [明天|下周|明年|十年后][，|：][会下雨吗|我会有钱吗|谁会赢|会发生什么|我在做什么][？|]
              [我想知道|告诉我|说说][谁会赢|将来会怎样|我哪天死|我能不能结婚|价格会不会涨][。|？|]
              [我的命运|将来|明年的天气|最后比分][，|：][是什么|你看到了什么|请预测][？|。|]
              [给我算命|算算我的命|占卜一下|看看我的运势][。|]
              [你知道|你能说|能告诉我][明天|明年|以后][会发生什么|谁赢|怎么样]吗[？|]
              [十年|五年|五十年]后[我|世界|我们|儿子][在哪里|会怎样|是什么样][？|]
              我[会|能][赢|幸福|找到爱情|考上|长寿|得到工作]吗[？|]
              [明天|下周|周日]有[比赛|选举|抽奖]，[谁赢|结果如何|哪边赢][？|]
              [哪个|哪支|哪匹][队|球队|马|号码][会赢|将会赢|会得第一][？|]
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
              [Tell me|Say|Do you know|Can you tell] [what I am wearing|where I am|how I look|who I am with|what I did yesterday|what I dreamt|where my keys are][.|?|]
              [I lost|I can't find|I have lost] my [keys|phone|ring|bag|glasses][.|:] [Where are they|Where is it|Do you know where][?|]
              [I forgot|I don't remember] my [password|pin|address|phone number|birthday][.|:] [What is it|Tell me|Do you know it][?|.|]
              [The number|The name|The thing|The word] I [think of|have in mind|wrote down][: |, ][what is it|which|tell me][?|.|]
              [My mood|My age|My weight|My eye colour|My shoe size|My lunch][: |, ][do you know it|what is it|tell me][?|.|]
              What did my [mother|boss|neighbour|cat|wife] [say|do|think|eat|want][ today| yesterday| just now|][?|]
              [How|Where] did I [sleep|spend the evening|travel|park][ yesterday| last night| today|][?|]
              [Look at me|Look around|Look into my room|Listen][: |, |. ][what do you see|what am I doing|who is here|what do you hear][?|]
              [Is|Are] my [door|window|lights|oven|shoes] [open|closed|on|off|clean][?|]
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
              [说说|你知道|告诉我]我[穿着什么|在哪里|和谁在一起|昨天干了什么|梦到什么|钥匙在哪][吗|][？|。|]
              我[丢了|找不到|不见了][钥匙|手机|戒指|包|眼镜]，[在哪里|在哪|你知道吗][？|]
              我忘了[密码|地址|电话|生日]，[是什么|告诉我|你知道吗][？|。|]
              我[想的|心里想的|写下的][数|名字|东西|词]是[什么|哪个][？|]
              我的[心情|年龄|体重|鞋码|午饭][，|：][你知道吗|是什么|说说看][？|。|]
              我[妈妈|老板|邻居|猫|妻子][今天|昨天|刚才|][说了什么|做了什么|想什么|吃了什么][？|]
              我[昨晚|昨天|今天][睡得好吗|去了哪里|车停哪了|怎么来的][？|]
              [看看我|看看周围|看我的房间|听][，|：][你看到什么|我在做什么|谁在这里|你听到什么][？|]
              我的[门|窗户|灯|炉子][开着|关着|关了]吗[？|]
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
              [What's|What is] [happening|going on|new|the situation] [in Paris|in the capital|in parliament|on the markets|abroad][ now| today| right now|][?|]
              [Tell me|Give me|Show me|I need] [the latest prices|the current score|the exchange rate|today's headlines|the traffic report|the news][.|]
              [The headlines|Headlines|Live score|Stock prices|Exchange rate|Traffic][, |: ][now|today|please|at the moment][?|.|]
              [How is|How's] [the traffic|the market|the dollar|the match] [now|today|at the moment|right now][?|]
              Has [the match|the strike|the meeting|the election] [ended|begun|started|finished][ already| yet|][?|]
              Did [my team|the home team|anyone] [win|lose|score][ today| last night| just now][?|]
              [Are there any delays|Is there a strike|Is there a storm|Are there new laws] [today|now|right now|this week][?|]
              [Look up|Search the web for|Google|Check online] [the news|the score|the price of gold|the latest film|flights to Rome][.|, please.|]
              [Who|Which party|Which team] [governs|is ahead|is on top|leads] [now|today|at present|these days][?|]
              [What|Which] [film|song|book] is [number one|on top|popular] [now|today|this week|at the moment][?|]
              [I missed|I did not see|I haven't seen] [the news|the match|the race][ today| last night|][.|:] [What happened|Who won|How was it][?|]
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
              [巴黎|首都|国外|股市|议会][现在|今天|]有什么[情况|新鲜事|动静][？|]
              [告诉我|给我|我要|查一下][最新价格|现在的比分|汇率|今天的头条|路况|新闻][。|]
              [头条|比分|股价|汇率|路况][，|：][现在|今天|请说说|目前][？|。|]
              [交通|股市|美元|比赛|道路][现在|今天|目前]怎么样[？|]
              [比赛|罢工|会议|选举][结束|开始]了吗[？|]
              [我的球队|主队][今天|昨晚|刚才][赢|输|进球]了吗[？|]
              [今天|现在|本周][有|会不会有][晚点|罢工|暴风雨|新法律][吗|][？|]
              [上网查|搜索|搜一下|网上看看][新闻|比分|金价|最新电影|机票][。|]
              [哪个党|哪支队|谁][现在|目前|如今][执政|领先|第一][？|]
              [哪部电影|哪首歌|哪本书][现在|本周|目前]最[火|热门|流行][？|]
              我[错过|没看到]了[新闻|比赛]，[发生了什么|谁赢了|怎么样][？|]
              ~说说今早报纸的内容。
              """,
              "I don't know: I have no access to what happens now.",
              "我不知道：我得不到现在的消息。"));

  private Limits() {}

  static Limit limit(String english, String chinese, String answer, String answerChinese) {
    return new Limit(Both.of(english, chinese), answer, answerChinese);
  }

  /** Topics that were never read about. */
  static Exercise unknown(Draw d) {
    Lexicon.Word topic = d.value(() -> d.chance(RARE) ? rare(d) : d.of(Topics.ALL));
    return d.exact(d.ask(TOPIC.ask, "x", topic.in(d)), d.local(TOPIC.english, TOPIC.chinese));
  }

  private static Lexicon.Word rare(Draw d) {
    String term = Rare.term(d);
    return new Lexicon.Word(term, term);
  }

  /** What nobody can know, or nobody has said. */
  static Exercise unknowable(Draw d) {
    Limit limit = d.of(UNKNOWABLE);
    return d.exact(d.ask(limit.ask), d.local(limit.english, limit.chinese));
  }
}
