// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;

/** Tasks about lists and about the letters of a word. */
final class Lists {
  private static final List<String> ORDINALS =
      List.of("first", "second", "third", "fourth", "fifth", "sixth");

  private static final Both COUNT =
      Both.of(
          """
          How many [items|words|things|entries] are [there |]in [this list|the list|]: {list}[?|]
          [Count|Please count|Can you count] [the items|these items|the words][: | in ]{list}[.|]
          [How long|What length] is [this list|the list]: {list}[?|]
          {list} [– how many are these|- how many items|: how many][?|]
          [Count|Length|Size|How many][: | of | – ]{list}[?|.|]
          [I have|Here is|Given] [the list |a list: |]{list}. [How many|How many items|What is its length|Count them][?|.|]
          [Tell me|Say|Give me] [how many there are|the count|how many items there are] in {list}[.|]
          {list}[: | – |. ][count them|how many is that|how many things|what is the count][?|.|]
          [The|What is the|Find the] [number|count|length] of [items |words |entries |]in {list}[?|.|]
          [On my desk|In my bag|On the paper|In the shop] [are|there are|I see] {list}[.|;|:] [How many things|How many is that|How many are there][?|]
          [List|Input|Items][: |=]{list}[; | – |. ][count|length|how many][: |=]?
          [I wonder|I'd like to know|Can you say] how many [there are|items I have|words these are][: |, ]{list}[?|.|]
          [If|When] I [write|buy|see] {list}, how many [is that|things is that|do I have][?|]
          ~{list}. Number of elements?
          """,
          """
          {list}[，|：|][一共|总共|]有几个[词|项|][？|]
          [数一数|请数一数|数数][：|:|]{list}[有几个|][？|。|]
          [这个|下面的|]列表[里|中]有[几个|多少][项|词|]：{list}[？|]
          [请问|告诉我]{list}[一共|]有几个[？|。|]
          [数量|个数|长度|计数][：|:]{list}
          [我有|给你|这里有]{list}，[共|一共|总共]几个[？|]
          [说出|求|统计]{list}的[个数|数量|长度][。|]
          {list}[一共|总共|共]多少[项|个|样][？|]
          [数数看|算算看][：|，]{list}[共几个|多少个][？|]
          [桌上|包里|店里|单子上]有{list}，[几样|多少样|几个东西][？|]
          [我想知道|能告诉我]{list}是几[个|样|项][吗|][？|。|]
          [列表|输入]{list}[；|，][数目|个数|几项][：|？|]
          ~{list}，元素个数是？
          """);

  private static final Both NTH =
      Both.of(
          """
          [What is|Which is|Tell me|Give me] the {nth} [item|word|entry] [of|in] [this list|the list|]: {list}[?|.|]
          [From|In|Of] {list}[,| ] [which|what] [is|comes|stands] {nth}[?|]
          {list} [– the {nth} one|: which is {nth}][?|]
          [Name|Say|Return] the {nth} of {list}[.|]
          [The|Which|Show me the|Say the|Find the] {nth}[: | of | in | – ]{list}[?|.|]
          [I have|Here is|Given] [the list |a list: |]{list}. [What is|Which is|Give me|Name] the {nth}[ one| item|][?|.|]
          {list}[: | – |. ][what is|which is|tell me|give me] the {nth}[ one| item| word|][?|.|]
          [Pick|Choose|Take|Select|Return] the {nth} [item |word |one |][of|from|in] {list}[.|]
          [Who|What|Which] [is|stands|comes] {nth} in {list}[?|]
          [List|Input|Items][: |=]{list}[; | – |. ][the {nth}|{nth} item|{nth} one][: |=]?
          [Count|Go|Read] through {list} and [stop at|name|give me] the {nth}[ one|][.|]
          [The winners|The guests|My stops|The steps] [are|were], in order, {list}[.|;|:] [Who|Which|What] [is|was|comes] [the |]{nth}[?|]
          [I want|I need|I'd like] the {nth} [item|one|word] [of|from|in|on] {list}[.|]
          ~{list}. Position {nth}, please.
          """,
          """
          {list}[中|里|里面][第{n}个是什么|第{n}个是哪个|排第{n}的是什么][？|]
          [告诉我|请告诉我|说出|请说出]{list}[中|里|的]第{n}个[。|]
          [列表|清单][：|:]{list}。第{n}[个|项]是[什么|哪个][？|]
          [请问|]第{n}个是什么[：|:|？]{list}
          第{n}个[：|:]{list}
          [我有|给你|这里有]{list}，第{n}个[是|是谁|是什么][？|]
          {list}[，|。|：][请|][说出|给出|写出]第{n}个[。|]
          [取|选|挑|找][出|]{list}[中|里|的]第{n}[个|项][。|]
          [谁|什么]排在{list}的第{n}[个|位][？|]
          [依次|先后|按顺序]是{list}，[那么|][第{n}个呢|第{n}个是什么|排第{n}的呢][？|]
          [我要|我想要|请给]{list}[里|中]的第{n}[个|项][。|]
          [数到|读到]第{n}个[：|，]{list}
          ~{list}，位置{n}上是谁？
          """);

  private static final Both REVERSE =
      Both.of(
          """
          [Reverse|Please reverse|Can you reverse] [this list|the list|the order of|] [:|–|]{list}[.|]
          [Write|Give|Say|Put] {list} [backwards|in reverse order|the other way round][.|]
          [What is|Show me] {list} in reverse[?|.|]
          [Reversed|In reverse|Backwards|Reverse order][: |, | – ]{list}[?|.|]
          {list}[: | – |. ][reverse|turn around|flip] [it|them|this|the list][.|, please.|]
          [I have|Here is|Given] [the list |a list: |]{list}. [Reverse it|Turn it around|Write it backwards][.|]
          [I need|I want|Return|Print|Show] {list} [reversed|in reverse|backwards|in reverse order][.|]
          [Turn|Flip|Read|List] {list} [around|backwards|in reverse order][.|]
          [List|Input|Items][: |=]{list}[; | – |. ][reversed|in reverse|backwards][: |=]?
          [I wonder|I'd like to know] [how|what] {list} [is|looks|reads] [in reverse|backwards|reversed][.|?|]
          [The|My] [list|order|words] [is|was|reads] {list}[.|;|:] [Now backwards|Give the reverse|The other way round, please][.|]
          [Swap|Invert|Mirror] the [order|sequence] of {list}[.|]
          ~From the last to the first: {list}
          """,
          """
          [把|请把|帮我把|麻烦把]{list}[倒过来|反过来|反转|倒序排列][。|]
          [反转|倒序|颠倒][列表|][：|:| ]{list}
          {list}[倒过来|反过来|倒序][是什么|怎么写|怎么说][？|]
          [倒序|反序|逆序|反过来][：|:]{list}
          {list}[，|：|。][请|][倒过来|反过来|逆序][写|写一遍|排|列出][。|]
          [我有|给你|这里有]{list}，[请|][反转|倒过来|颠倒][。|]
          [逆序|倒着|反着][写出|列出|排列]{list}[。|]
          [将|对]{list}[逆序|反转|颠倒][。|]
          [列表|输入]{list}[；|，][反过来|倒序|逆序][是|：|？|]
          [我想要|请给我|我要][倒过来的|倒序的|反过来的]{list}[。|]
          [调换|颠倒|反转]{list}的[顺序|次序][。|]
          ~从最后一个到第一个：{list}
          """);

  private static final Both DISTINCT =
      Both.of(
          """
          [Remove|Delete|Please remove|Drop] [the duplicates|duplicates|repeated items|what is repeated] from {list}[.|]
          [List|Give|Write|Show] each [item|word] of {list} [once|only once][.|]
          [Which|What] different [items|words] are in {list}[?|]
          [Without duplicates|No duplicates|Unique items|Distinct][: | of | – ]{list}[.|]
          {list}[: | – |. ][remove|drop|delete] [the duplicates|duplicates|what is repeated][.|, please.|]
          [I have|Here is|Given] [the list |a list: |]{list}. [Remove the duplicates|Keep each once|Which are different][.|?|]
          [Keep|Print|Return] [each|every] [item |word |one |]of {list} once[.|]
          [What are|Show me|List] the [unique|distinct|different] [items|words] [of|in] {list}[?|.|]
          [List|Input|Items][: |=]{list}[; | – |. ][unique|without duplicates|distinct][: |=]?
          [Some|Several] [words|items|things] [stand|are] [twice|there more than once][: |, ]{list}[.|;] [Clean it up|Keep one of each|Leave one of each][.|]
          [Tidy|Clean|Clear up|Deduplicate] {list}[: no duplicates| by dropping duplicates| so that each is there once|, each once][.|]
          [I want|I need|I'd like] {list} [without repeats|with no duplicates|each just once][.|]
          ~{list}, but nothing twice.
          """,
          """
          [去掉|请去掉|删除|去除]{list}[中|里|里面][重复的|的重复项][。|]
          {list}[中|里][有哪些不同的词|不同的有哪些|去重后是什么][？|]
          [给|请给|帮我给]{list}去重[。|]
          [去重|不重复|去掉重复][：|:]{list}
          {list}[，|：|。][请|][去掉重复|去重|删掉重复的][。|]
          [我有|给你|这里有]{list}，[请|]去掉重复的[。|]
          {list}[中|里][每个|每样]写一次[。|]
          [列出|写出|给出]{list}[中|里]不同的[词|项|][。|]
          [列表|输入]{list}[；|，][去重|不重复|去重后][是|：|？|]
          {list}[有重复|里有重复的][，|：][清理一下|每样留一个|去重][。|]
          [我要|我想要][不重复的|去重的]{list}[。|]
          ~{list}，每个只留一次。
          """);

  private static final Both SPELL =
      Both.of(
          """
          [Spell|Please spell|Can you spell|How do you spell] [the word |]{word}[.|?|]
          [What are|Give me|List] the letters of {word}[.|?|]
          [Write|Say] {word} letter by letter[.|]
          [Spelling|Letters|Spelled out|Spell it][: | of | – ]{word}[?|.|]
          {word}[: | – |. ][spell it|how is it spelled|which letters|letter by letter][?|.|]
          [Which|What] letters [make up|are in|form|does one need for] {word}[?|]
          [How is|Tell me how] {word} [is |]spelled[?|.|]
          [Break|Split|Take apart] {word} into [letters|its letters][.|]
          [I can't spell|I don't know how to spell|How would you spell] {word}[.|: help me.|?]
          [Word|Input][: |=]{word}[; |, | – ][spelling|letters|spelled][: |=]?
          [Say|Show|Name|Print] [each|every] letter [of|in] {word}[.|]
          [With|Using] [hyphens|dashes|dashes between the letters][: |, | – ]{word}[.|]
          [Dictate|Spell out] {word}[ to me| for me|][, letter after letter|][.|]
          [My name is|The sign says|I read] {word}[.|:|;] [Spell it|Spell that|How is that spelled][.|?|]
          [Letter for letter|Letter after letter|The letters in a row][: |, ]{word}[.|]
          [Would you|Could you] [kindly |please |]spell {word}[ for me|][?|]
          ~{word}, one letter at a time.
          """,
          """
          [拼写|请拼写|怎么拼写|如何拼写][单词|]{word}[。|？|]
          {word}[怎么拼|由哪些字母组成|有哪些字母][？|]
          [逐个字母|一个字母一个字母地][写出|说出]{word}[。|]
          [拼写|字母|逐字母][：|:]{word}
          {word}[，|：][请|][拼出来|拼写一下|逐个字母写出][。|]
          [把|请把]{word}[拆成字母|拼出来|按字母拆开][。|]
          {word}[的拼写|的字母][是什么|有哪些|][？|]
          [说出|写出|列出]{word}的[每个|全部|所有]字母[。|]
          [我不会拼|不知道怎么拼|帮我拼]{word}[。|]
          [输入|词]{word}[；|，][拼出来|拆成字母|字母是][。|：|]
          [把|请把]{word}[拆成|分成]一个个字母[。|]
          ~{word}，一次一个字母。
          """);

  private static final Both LETTERS =
      Both.of(
          """
          How many [letters|characters] [does {word} have|does the word {word} have|are in {word}|are there in {word}][?|]
          [Count|Please count] the letters [of|in] [the word |]{word}[.|]
          [How long|What length] is the word {word}[?|]
          [Number of letters|Letter count] in {word}[?|]
          [Length|Letters|How many letters|Count the letters][: | of | – ]{word}[?|.|]
          {word}[: | – |. ][how many letters|how long is it|count its letters|its length][?|.|]
          [Tell me|Say|Find|Give me] [the number of letters|how many letters there are|the length] [of|in] {word}[.|]
          [Of how many letters|From how many letters] is {word} [made|built][?|]
          [What is|Find] the [length|letter count|number of letters] of {word}[?|.|]
          [I wonder|I'd like to know|Do you know|Can you say] how [long|many letters long] {word} is[.|?|]
          [Word|Input][: |=]{word}[; |, | – ][length|letter count|number of letters][: |=]?
          [Take|Look at|Read] {word}[.|:|;] [How many letters|How many letters has it|Count its letters][?|.|]
          [If|When] I [write|type|spell] {word}, how many letters [do I write|do I need|are that|is that][?|]
          {word} [has|contains|consists of|is made of] [how many|what number of] letters[?|]
          [Measure|Determine] the [length|letters] of {word}[.|]
          [A crossword|My puzzle] [needs|wants|has] {word}[: |; |. ][how many boxes|how many letters|how many squares][?|]
          ~{word}: letters, in number?
          """,
          """
          [单词|]{word}[有几个字母|有多少个字母|由几个字母组成][？|]
          [数一数|请数一数|数数][单词|]{word}[的字母|有几个字母][。|？|]
          [请问|]{word}这个词[有几个字母|有多长][？|]
          [字母数|长度|几个字母][：|:]{word}
          {word}[，|：][请数字母|几个字母|数一数字母|长度是多少][？|。|]
          [求|说出|统计]{word}的[字母数|长度|字母个数][。|]
          {word}[一共|共|总共][有|是]几个字母[？|]
          [单词|]{word}的[长度|字母数][是多少|是几|][？|]
          [我想知道|能告诉我]{word}有几个字母[吗|][？|。|]
          [写|打|拼]{word}要[几个|多少]字母[？|]
          [输入|词]{word}[；|，][长度|几个字母][：|？|]
          ~{word}，字母数目？
          """);

  private static final Both BACKWARDS =
      Both.of(
          """
          [Reverse|Please reverse|Can you reverse] the word {word}[.|?|]
          [Write|Say|Spell] [the word |]{word} backwards[.|]
          [What is|What's] {word} backwards[?|]
          [Give me|Show me] {word} [in reverse|the other way round][.|]
          [Backwards|Reversed|In reverse][: |, | – ]{word}[?|.|]
          {word}[: | – |. ][reverse it|write it backwards|backwards|turn it around][?|.|]
          [How does|How is] {word} [look|read|written] backwards[?|]
          [Turn around|Flip|Turn] [the word |the letters of |]{word}[ around|][.|]
          [I need|I want|Print] {word} [backwards|reversed|in reverse][.|]
          [Mirror|Invert|Swap round] {word}[.|, please.|]
          [Word|Input][: |=]{word}[; |, | – ][backwards|reversed|in reverse][: |=]?
          [If|When] I [read|write|spell] {word} [backwards|in reverse], what [do I get|comes out|is it][?|]
          [I wonder|I'd like to know|Tell me] [what|how] {word} [is|reads|looks] [backwards|in reverse|reversed][.|?|]
          [Last letter first|From right to left|From back to front][: |, | – ]{word}[.|?|]
          [Would you|Could you] [kindly |please |][reverse|turn around|write backwards] {word}[?|]
          [Take|Look at] {word}[.|:|;] [Now backwards|Turn it round|What is it in reverse][.|?|]
          ~{word} read from its end?
          """,
          """
          [把|请把|帮我把][单词|]{word}[倒过来写|反过来写|反转|倒着写][。|]
          [单词|]{word}[倒过来|反过来][是什么|怎么写][？|]
          [反转|倒写]单词[：|:| |]{word}[。|]
          [倒写|反写|反转|倒序][：|:]{word}
          {word}[，|：][请|][倒过来|反过来|倒着][写|写出|拼][。|]
          [将|对]{word}[反转|倒写|颠倒][。|]
          [倒着|反着][写出|拼出|写]{word}[。|]
          {word}[倒着|反着][怎么写|怎么拼|写是][？|]
          [输入|词]{word}[；|，][反着|倒过来|反转][是|：|？|]
          [我想知道|能告诉我]{word}[倒过来|反过来]是什么[吗|][？|。|]
          [镜像|翻转|调头][：|:|]{word}[。|]
          ~{word}从后往前读？
          """);

  private record Items(List<String> list, int at) {}

  private Lists() {}

  static Exercise lists(Draw d) {
    int task = d.between(0, 3);
    Items v =
        d.value(
            () -> new Items(Lexicon.list(d, d.between(3, 6)), d.between(0, 5)),
            x -> x.at < x.list.size());
    String between = d.of(", ", ", ", d.local("; ", "、"), d.local(", ", "、"));
    List<String> list = v.list;
    String text = Order.joined(list, between);
    return switch (task) {
      case 0 -> d.exact(d.ask(COUNT, "list", text), Integer.toString(list.size()));
      case 1 ->
          d.exact(
              d.ask(NTH, "list", text, "nth", ORDINALS.get(v.at), "n", v.at + 1), list.get(v.at));
      case 2 -> {
        List<String> back = new ArrayList<>(list);
        Collections.reverse(back);
        yield d.exact(d.ask(REVERSE, "list", text), Order.joined(back, ", "));
      }
      default -> {
        List<String> twice = new ArrayList<>(list.subList(0, Math.min(4, list.size())));
        List<String> distinct = new ArrayList<>(twice);
        for (int i = d.between(1, 2); i > 0; i--) {
          twice.add(d.between(1, twice.size()), d.of(distinct));
        }
        distinct = List.copyOf(new LinkedHashSet<>(twice));
        yield d.exact(
            d.ask(DISTINCT, "list", Order.joined(twice, between)), Order.joined(distinct, ", "));
      }
    };
  }

  private record Letters(int task, String word) {}

  /** Words of English, asked about in either language. */
  static Exercise letters(Draw d) {
    Letters v = d.value(() -> new Letters(d.between(0, 2), word(d)));
    String spelled = String.join("-", v.word.split(""));
    String word = d.of(v.word, "\"" + v.word + "\"", "'" + v.word + "'");
    return switch (v.task) {
      case 0 -> d.exact(d.ask(SPELL, "word", word), spelled);
      case 1 ->
          d.exact(
              d.ask(LETTERS, "word", word), numbered(v.word), Integer.toString(v.word.length()));
      default ->
          d.exact(
              d.ask(BACKWARDS, "word", word),
              spelled + "\n" + String.join("-", reversed(v.word).split("")),
              reversed(v.word));
    };
  }

  private static String word(Draw d) {
    if (d.chance(0.4)) {
      return Rare.word(d);
    }
    return d.of(d.chance(0.8) ? Lexicon.NOUNS : Lexicon.ADJECTIVES)
        .english()
        .toLowerCase(Locale.ROOT);
  }

  private static String reversed(String word) {
    return new StringBuilder(word).reverse().toString();
  }

  private static String numbered(String word) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < word.length(); i++) {
      out.append(i == 0 ? "" : " ").append(word.charAt(i)).append(i + 1);
    }
    return out.toString();
  }
}
