// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** Requests that lack something: one question back, for what is missing. */
final class AskBack {
  private record Gap(Both ask, String english, String chinese) {}

  private static final List<Gap> GAPS =
      List.of(
          gap(
              """
              [Convert|Please convert|Change|Can you convert] {n} {unit}[.|?|]
              [I want to|I'd like to|I need to] convert {n} {unit}[.|]
              [What is|What's] {n} {unit} [converted|in another unit][?|]
              {n} {unit}[: | – |. ][convert|change it|convert it|convert this][.|, please.|]
              [How much|How many] is {n} {unit}[ then| really|][?|]
              [Conversion|A conversion|Unit conversion][: | of ]{n} {unit}[.|]
              [I have|Here are|There are|We measured] {n} {unit}[.|;|:] [Convert that|Please convert|Can you convert it|Convert them][.|?|]
              [Do you convert|Could you please convert|Will you change|Would you convert] {n} {unit}[ for me|][?|]
              [What|How much] [would|does] {n} {unit} [be|become|make] [converted|when converted|after conversion][?|]
              ~{n} {unit}, in other units please.
              """,
              """
              [把|请把|帮我把]{n}{unit}[换算一下|转换一下|换成别的单位][。|]
              [换算|请换算|转换]{n}{unit}[。|]
              [我想|我要|我需要]换算{n}{unit}[。|]
              {n}{unit}[，|：][请|][换算|转换|换算一下][。|]
              [单位换算|换算单位|转换][：|:]{n}{unit}
              {n}{unit}[是多少|等于多少|有多少][？|]
              [有|我有|量得]{n}{unit}[，|：][换算一下|怎么换算|请换算|帮我换算][。|？|]
              [能|可以|你能]换算{n}{unit}吗[？|]
              ~{n}{unit}，换个单位。
              """,
              "Into which unit should I convert {n} {unit}?",
              "要把{n}{unit}换算成什么单位？"),
          gap(
              """
              [Sort|Please sort|Order|Can you sort] [these|the|my] [numbers|values][.|?| for me.|]
              [Put|Please put] the numbers in order[.|]
              [I have|Here are] some numbers to sort[.|]
              [Sorting|Sort them|Sort, please|A sort][, please|][.|?|]
              [Can|Could|Would] you [order|sort|arrange] [some|my|a few] [numbers|values][ for me|][?|]
              [My|These] numbers [are|look] [unsorted|out of order|in a mess][.|]
              [I want|I'd like|Please get] [my numbers|a list of numbers|some values] [sorted|in order|ordered][.|]
              [Numbers|Values|A list][: |, ][sort|please sort|to be sorted|order them][.|]
              [How do I get|Help me get|Get] [my numbers|the numbers|some numbers] [sorted|into order|in order][?|.|]
              [There are|I've got] [numbers|values] [that need sorting|to be sorted|waiting to be sorted][.|]
              ~Ordering numbers is what I need.
              """,
              """
              [把|请把|帮我把][这些|我的|][数|数字][排序|排一下|从小到大排列][。|]
              [请|帮我|][给|]数字排[个序|序][。|]
              [我有一些|有几个]数[要排序|需要排序][。|]
              [排序|排列|请排序|请排列][。|]
              [能|可以|你能]给[我的|一些|]数[排序|排一排]吗[？|]
              [这些|我的]数[乱了|没排好|没有顺序][。|]
              [我想|想]排几个数[。|]
              [数字|几个数][，|：][请排序|帮我排|排一下][。|]
              [怎么|怎样]把[数字|我的数]排好[？|]
              ~我需要给数字排顺序。
              """,
              "Which numbers should I sort?",
              "要给哪些数排序？"),
          gap(
              """
              [Translate|Please translate|Can you translate] [this|it|that|a word|something][.|?| for me.|]
              [I need|I want] a translation[.|]
              [Translate|Please translate] [this|it] [into|to] [English|Chinese][.|]
              [Translation|Translations|A translation][, please|][.|?|]
              [Into|To] [English|Chinese][, please|][.|?|]
              [Could|Would|Will] you translate [something|a text|a sentence][ for me|][?|]
              [Do you translate|Would you translate|Can you do a translation|Are you able to translate][ for me| please|][?|]
              [There is|I have|I've got] [a text|a word|a sentence] [to translate|that I want in Chinese|that I want in English][.|]
              [Help me|I need help] [to translate|with a translation|translating something][.|]
              [How|What] would [this|it|that] be in [Chinese|English][?|]
              ~Something has to be translated.
              """,
              """
              [翻译|请翻译|帮我翻译][一下|这个|它|一个词][。|]
              [我需要|我要|我想要]翻译[。|]
              [把|请把][这个|它]翻译成[中文|英文][。|]
              [翻译|请翻译|译成英文|译成中文][。|]
              [能|可以|你能]翻译[吗|一下吗|点东西吗][？|]
              [请|][译|翻]一下[。|]
              [我有|这里有][一句话|一个词|一段文字][想|要][译成中文|译成英文|翻成英语][。|]
              [帮我|帮忙][译|翻][句话|个词|点东西][。|]
              [这个|它|那个]用[英文|中文]怎么说[？|]
              ~有东西要翻译。
              """,
              "Which text should I translate?",
              "要翻译什么内容？"),
          gap(
              """
              [What is|What's|How is|How's] the weather[ like| today|][?|]
              [Tell me|Give me] the weather[.|]
              [Is it raining|Is it warm|Will it rain][?|]
              [Weather|The weather][?|]
              [How warm|How cold|How hot] is it[ today| now|][?|]
              [Will it|Does it] [rain|snow|get cold|be sunny][ today| tomorrow|][?|]
              [Weather|Forecast|The forecast|Temperature][, please|][.|?|]
              [Do you know|Can you tell me|I want to know|I'd like to know] [the weather|the temperature|if it will rain|how warm it is][.|?|]
              [I am going out|I'm going for a walk|We want to swim][.|:|;] [How is the weather|What's the weather|Will it rain][?|]
              [Sun|Rain|Snow|Wind] [today|tomorrow|this afternoon][?|]
              [The sky|The air|The temperature][ today| tomorrow| now][: |, ][how is it|what is it|what will it be][?|]
              ~Do I need a coat?
              """,
              """
              [今天|现在|][的|]天气[怎么样|如何|好吗][？|]
              [告诉我|查一下|看看][今天的|]天气[。|]
              [会|今天会|现在]下雨吗[？|]
              [天气|天气呢][？|]
              [今天|明天|现在|][冷|热|晴]吗[？|]
              [明天|今天|]会[下雪|变冷|晴]吗[？|]
              [气温|温度|天气预报]
              [我想知道|能告诉我|看看][气温|天气|会不会下雨|多少度][吗|][。|？|]
              [要出门了|想去散步|准备去游泳][，|：][天气好吗|天气怎么样|会下雨吗][？|]
              [有|会有][风|雨|雪|太阳]吗[？|]
              ~要带伞吗？
              """,
              "For which city?",
              "哪个城市的天气？"),
          gap(
              """
              [Remind me|Please remind me|Can you remind me] to {task}[.|?|]
              [Set|Create|Make] a reminder to {task}[.|]
              [I must not forget|Don't let me forget] to {task}[.|]
              {task}[: | – |. ][remind me|a reminder][, please|][.|]
              [I have to|I should|I need to] {task}[, remind me|. Remind me|: remind me][.|]
              [Could|Would|Will] you remind me to {task}[?|]
              [I tend to|I always|I might] forget to {task}[.|;|:] [Remind me|Please remind me|Can you remind me][.|?|]
              [Reminder|New reminder|Note][: |, | – ]{task}[.|]
              [Tell me|Call me|Wake me|Warn me] [when it is time|when I have|when it's time] to {task}[.|]
              [My task|My plan|To do][: |, ]{task}[.|;] [Remind me|Set a reminder][, please|][.|]
              ~A reminder, please: {task}.
              """,
              """
              [提醒我|请提醒我|帮我提醒|记得提醒我]{task}[。|]
              [设|设置|创建][一个|]{task}的提醒[。|]
              [别让我忘了|我不能忘了]{task}[。|]
              {task}[，|：][提醒我|请提醒|记得提醒我][。|]
              [我得|我要|我该]{task}，[提醒我|到时提醒我][。|]
              [能|可以|你能]提醒我{task}吗[？|]
              [新提醒|提醒事项|备忘][：|:]{task}
              [我老|我总|我怕]忘[记|了]{task}，[提醒我|请提醒|叫我一声][。|]
              [到时候|时间到了]叫我{task}[。|]
              ~{task}，要提醒。
              """,
              "When should I remind you to {task}?",
              "什么时候提醒你{task}？"),
          gap(
              """
              [Add|Please add|Can you add] {n}[.|?|]
              [Plus|Add] {n}, please[.|]
              [I want to|I'd like to] add {n}[.|]
              [Increase it|Make it more] by {n}[.|]
              {n} [more|extra][, please|][.|]
              [Put|Give me] {n} more[.|, please.|]
              [Raise|Increase] [that|this|it] by {n}[.|]
              [It|The number|My number] [should|must|has to] [grow|go up|be raised] by {n}[.|]
              [I need|Make it|I want it] {n} [higher|greater|larger][.|, please.|]
              [{n} is|The number {n} is] to be added[.|]
              [Could you|Would you|Will you] [add|put on] {n}[ for me|][?|]
              ~And {n} on top.
              """,
              """
              [加|加上|请加|请加上]{n}[。|]
              [我想|我要|帮我]加[上|]{n}[。|]
              [增加|多加]{n}[。|]
              [再|还要|多][来|要]{n}[个|][。|]
              [把它|给它]加[上|]{n}[。|]
              [要|得|应该]加上{n}[。|]
              [能|可以|你能]加{n}吗[？|]
              {n}[，|：][加上去|加上|请加][。|]
              ~上面添{n}。
              """,
              "To which number should I add {n}?",
              "要给哪个数加{n}？"),
          gap(
              """
              [Which is|Which one is|What is] [larger|bigger|smaller|better][?|]
              [Compare|Please compare|Can you compare] [them|the two|these][.|?|]
              [Who is|Which of them is] [taller|older|faster|bigger][?|]
              [Which|What] is [more|less|the most][?|]
              [The larger|The bigger|The smaller|The better] one[, please|][?|.|]
              [Is it|Is this|Is that] [bigger|larger|smaller][?|]
              [I can't decide|Help me decide|Help me choose][: |, ][which is better|which is bigger|which one][?|]
              [Do you know|Can you tell me|I want to know] which [is|one is] [bigger|larger|better|smaller|older][.|?|]
              [Make|I need|Please do] a comparison[.|, please.|]
              [Is|Are] [one|the first one|the red one] [better|bigger|larger] than the other[?|]
              ~The greater of the two?
              """,
              """
              [哪个|哪一个|谁][更大|更小|更好|大一点][？|]
              [比较|请比较|比一比][一下|它们|这两个][。|]
              [谁|他们谁]更[高|老|快][？|]
              [大的|小的|好的]是[哪个|哪一个|谁][？|]
              [它|这个|那个]更[大|小|好]吗[？|]
              [请|][帮我|]比[一下|个大小][。|]
              [我拿不定主意|帮我选|帮我决定][，|：][哪个好|哪个大|哪一个][？|]
              [我想知道|能告诉我]哪个[更大|更好|更小][吗|][？|。|]
              [做个|来个|请做]比较[。|]
              ~两者中更大的是？
              """,
              "What should I compare?",
              "要比较什么？"),
          gap(
              """
              [Extract|Please extract|Get] [the data|the fields|JSON][.|]
              [Turn|Convert|Put] [this|it|the text] into JSON[.|]
              [I need|I want] [this|it] as JSON[.|]
              [JSON|As JSON|In JSON|Make JSON][, please|][.|?|]
              [Can|Could|Would] you [make|extract|write] JSON[ for me|][?|]
              [The fields|The data|The values][, please|][.|]
              [There is|I have|I've got] [a text|a mail|a letter][.|;|:] [Make JSON of it|Extract the data|I want JSON|Get the fields][.|]
              [Do you write|Would you write|Will you give me] JSON[ for me| please|][?|]
              [How|What] does [this|it|the text] look [as|in] JSON[?|]
              [Structured data|The fields as JSON|A JSON object][, please|: go|][.|]
              ~JSON from the text is what I need.
              """,
              """
              [提取|请提取|抽取][信息|数据|字段][。|]
              [把|请把][它|这个|文字][转成|变成|写成]JSON[。|]
              [我需要|我要][它的|]JSON[。|]
              [转JSON|JSON格式|写成JSON|要JSON][。|]
              [能|可以|你能][提取|写成]JSON吗[？|]
              [有|我有][一段文字|一封信|一段话][，|：][转成JSON|提取数据|写成JSON][。|]
              [帮我|请][做|出|输出]JSON[。|]
              [结构化数据|JSON对象|字段][，请|，谢谢|][。|]
              ~从文字得到JSON。
              """,
              "Please give me the text and the fields.",
              "请给我文字和字段。"),
          gap(
              """
              [Calculate|Compute|Work out|Please calculate|Can you calculate] [this|it|something|the result][.|?|]
              [Do|Solve|Please solve] [this|it|the calculation][.|]
              [I need|I want] [a calculation|something calculated][.|]
              [A sum|A calculation|Arithmetic][, please|][.|?|]
              [Can|Could|Would] you [do|solve|work out] [a sum|a calculation|something][ for me|][?|]
              [How much|What] is [it|that|the result][?|]
              [I have|There is|I've got] [a sum|a problem|a calculation|homework][.|;|:] [Solve it|Can you do it|Work it out][.|?|]
              [Help me|I need help] [with maths|to calculate|with a sum|with a calculation][.|]
              [Are you able to|Do you|Would you] [calculate|compute|do sums][ for me| something|][?|]
              [Maths|Mathematics|A maths problem|Numbers][: |, ][calculate|solve it|please compute][.|]
              ~Some arithmetic has to be done.
              """,
              """
              [计算|请计算|算一下|帮我算][这个|它|一道题|][。|]
              [解|请解|做][这道题|这个][。|]
              [我需要|我要|我想][计算|算点东西][。|]
              [算术|计算题|请算][。|]
              [能|可以|你能][算一下|算题|计算]吗[？|]
              [结果|得数][是多少|是几|呢][？|]
              [我有|这里有]一道[算式|数学题|计算题][，|：][解一下|帮我算|你来算][。|]
              [帮我|教我][做数学|算数|算账][。|]
              [你|能不能][给我算|算个数|帮忙算][吗|][？|]
              ~有道算术题要做。
              """,
              "What should I calculate?",
              "要计算什么？"),
          gap(
              """
              [How old is|How old was] [he|she|it][?|]
              [Where does|Where did] [he|she] live[?|]
              [What is|What's] [his|her] [name|job|age][?|]
              [Who is|Who was] [he|she|that][?|]
              [What does|Where does] [he|she] [do|work|eat|like][?|]
              [When|Where] was [he|she] born[?|]
              [His|Her] [name|age|job|city][, please|][?|.|]
              [I want to know|I'd like to know|Do you know|Can you tell me] [how old he is|where she lives|what he does|her name|who he is][.|?|]
              [He|She] [is how old|lives where|works where|is called what][?|]
              [About|As for] [him|her][: |, ][how old|which job|what name|where from][?|]
              [Is|Was] [he|she] [a doctor|married|old|famous|from Paris][?|]
              ~Tell me about him, please.
              """,
              """
              [他|她][几岁|多大|今年几岁][？|]
              [他|她]住[在哪里|哪儿|在哪个城市][？|]
              [他|她][叫什么|是谁|的职业是什么][？|]
              [他|她][在哪里工作|做什么|喜欢什么][？|]
              [他|她]是[哪年|什么时候|在哪里]出生的[？|]
              [他的|她的][名字|年龄|职业][呢|是什么][？|]
              [我想知道|能告诉我|你知道][他几岁|她住哪|他做什么|她的名字|他是谁][吗|][？|。|]
              [他|她]是[医生|老师|名人|北京人]吗[？|]
              [他|她][有几个孩子|多高|结婚了吗][？|]
              ~说说他的情况。
              """,
              "Whom do you mean?",
              "你指的是谁？"),
          gap(
              """
              [Reverse|Please reverse|Can you reverse] [it|this|the list|the word][.|?|]
              [Write|Say] [it|this] backwards[.|]
              [Turn|Put] [it|the list] the other way round[.|]
              [Backwards|Reversed|In reverse][, please|][.|]
              [Can|Could|Would] you [reverse|turn] [it|this|that][ around|][?|]
              [Flip|Turn around] [it|this|the list][.|]
              [I need|I want|I'd like] [it|this|that|the word] [reversed|backwards|the other way round|in reverse][.|]
              [How|What] [is|does|would] [it|this|that] [read|look|be] [backwards|in reverse|reversed][?|]
              [The other way round|In reverse order|Mirror it|Invert it][, please|][.|]
              [Do you|Would you] [reverse|mirror|flip] [words|lists|things][ for me|][?|]
              ~From the end to the beginning, please.
              """,
              """
              [把|请把|帮我把][它|这个|列表|单词][倒过来|反过来|反转][。|]
              [反转|倒写][一下|它][。|]
              [我想|我要]把它倒过来[。|]
              [倒序|反转|倒过来][。|]
              [能|可以|你能]把[它|这个]反过来吗[？|]
              [我需要|想要|要]倒过来的[。|]
              [它|这个|那个][倒着|反着]是[什么|怎样][？|]
              [反过来|倒着][写|念|读]一下[。|]
              ~从后往前来一遍。
              """,
              "What should I reverse?",
              "要把什么倒过来？"),
          gap(
              """
              [What time is it|What's the time|What is the time|How late is it] there[?|]
              [Tell me|Give me] the time [there|over there][.|]
              [Current time|Time] there[?|]
              [And|So|Well,] what time is it there[?|]
              [Is it|Is it already] [late|night|day|morning] there[?|]
              [Local time|The local time|The time there][, please|][?|]
              [Do you know|Can you tell me|I want to know|I'd like to know] [what time it is there|the time over there|how late it is there][.|?|]
              [My friend|My son|She|He] [is|lives] there[.|;|:] [What time is it|What's the time there|How late is it there][?|]
              [Have they|Do they have] [morning|evening|night|lunchtime] there[ now|][?|]
              [Over there|Abroad|Where she is][: |, ][what time is it|how late is it|what's the time][?|]
              ~The clocks in that place show what?
              """,
              """
              [那里|那边|当地][现在|][几点|几点了|是几点][？|]
              [告诉我|查一下][那里|那边|当地]的时间[。|]
              [那儿|那边]什么时间[了|][？|]
              [那里|那边|当地][是|][白天|晚上|早上]吗[？|]
              [当地时间|那里的时间|那边时间][是|呢|][？|]
              [我想知道|能告诉我|你知道][那边几点|那里的时间|当地几点][吗|][？|。|]
              [朋友|儿子|他]在那边[，|：][现在几点|那里几点|几点了][？|]
              [那边|那里][天黑了|天亮了|吃午饭了]吗[？|]
              ~那个地方的钟指着几点？
              """,
              "Which place do you mean?",
              "你指的是哪个地方？"));

  private record Missing(int gap, int n, int unit, int task) {}

  private static final List<Lexicon.Word> UNITS =
      List.of(
          new Lexicon.Word("km", "千米"),
          new Lexicon.Word("m", "米"),
          new Lexicon.Word("kg", "千克"),
          new Lexicon.Word("hours", "小时"),
          new Lexicon.Word("l", "升"),
          new Lexicon.Word("days", "天"));

  private AskBack() {}

  private static Gap gap(String english, String chinese, String answer, String answerChinese) {
    return new Gap(Both.of(english, chinese), answer, answerChinese);
  }

  static Exercise make(Draw d) {
    Missing v =
        d.value(
            () ->
                new Missing(
                    d.between(0, GAPS.size() - 1),
                    d.between(2, 99),
                    d.between(0, UNITS.size() - 1),
                    d.between(0, ToolUse.TASKS.size() - 1)));
    Gap gap = GAPS.get(v.gap);
    String unit = UNITS.get(v.unit).in(d);
    String task = ToolUse.TASKS.get(v.task).in(d);
    String question = d.ask(gap.ask, "n", v.n, "unit", unit, "task", task);
    String answer =
        Draw.fill(d.local(gap.english, gap.chinese), "n", v.n, "unit", unit, "task", task);
    return d.exact(question, answer);
  }
}
