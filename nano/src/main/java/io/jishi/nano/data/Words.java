// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** What nano knows by heart: translations of common words, opposites, capitals, what a thing is. */
final class Words {
  private static final Both TRANSLATE =
      Both.of(
          """
          [How do you say|How do I say|How does one say|What is|What's] ["{word}"|{word}|'{word}'] in {language}[?|]
          [Translate|Please translate|Can you translate] ["{word}"|{word}|'{word}'] [into|to] {language}[.|?|]
          [What does|What do you call] ["{word}"|{word}] [mean |]in {language}[?|]
          [{language} for|The {language} word for] ["{word}"|{word}][?|]
          [Tell me|Give me] the {language} [word |]for ["{word}"|{word}][.|]
          ["{word}"|{word}|'{word}'][: | – |, ]{language}[?|, please.|]
          ["{word}"|{word}][: | – |. ][translate it|what is it|say it] [into|in] {language}[?|.|]
          [{language}|In {language}|Into {language}|To {language}|Translation to {language}][: |, ]["{word}"|{word}][?|.|]
          [I want|I need|I'd like] [to say |the word |]["{word}"|{word}] in {language}[.|]
          [Say|Write|Express] ["{word}"|{word}] in {language}[.|]
          [Do you know|Can you tell me] the {language} [word |]for ["{word}"|{word}][?|]
          ~"{word}", but in {language}, please.
          """,
          """
          [“{word}”|{word}]用{language}[怎么说|怎么讲|是什么|怎么表达][？|]
          [把|请把|帮我把][“{word}”|{word}][翻译成|译成|翻成]{language}[。|]
          [“{word}”|{word}]的{language}[是什么|怎么说|怎么写][？|]
          [请问|告诉我][“{word}”|{word}]的{language}[是什么|][？|。|]
          [翻译|请翻译][：|成{language}：]{word}
          {word}[，|：|的]{language}[？|]
          {language}[：|:]{word}
          [用|以]{language}[说|写|表达]{word}[。|]
          [我想|我要]用{language}说[“{word}”|{word}][，怎么说|][？|。|]
          [“{word}”|{word}][，|：][翻译成|译成]{language}[。|]
          [“{word}”|{word}][翻译|译]成{language}是[什么|][？|]
          ~{word}，{language}里叫什么？
          """);

  private static final Both OPPOSITE =
      Both.of(
          """
          [What is|What's|Tell me|Give me|Name] the opposite of ["{word}"|{word}|'{word}'][?|.|]
          [Which word|What] is opposite to ["{word}"|{word}][?|]
          The opposite of {word}[ is|?|:]
          [Antonym|Opposite] of ["{word}"|{word}][?|]
          [Opposite|The opposite|Antonym][: | – ]["{word}"|{word}][?|.|]
          ["{word}"|{word}][: | – |. ][the opposite|what is the opposite|its antonym|opposite][?|.|]
          [Find|Say|Show|I need] [the|an] [opposite|antonym] [of|for|to] ["{word}"|{word}][.|]
          [What|Which word] [means|says] the opposite of ["{word}"|{word}][?|]
          [If|When] [it is|something is] not ["{word}"|{word}], what is it[?|]
          ~Not {word} but …?
          """,
          """
          [“{word}”|{word}]的反义词[是什么|是|][？|]
          [和|与|跟][“{word}”|{word}][相反的词|意思相反的词]是什么[？|]
          [告诉我|请说出|说出][“{word}”|{word}]的反义词[。|]
          [反义词|相反][：|:]{word}
          {word}[，|：]反义词[？|]
          [找|找出|写出|给出][“{word}”|{word}]的反义词[。|]
          [“{word}”|{word}]的[反面|对立面|相反]是[什么|][？|]
          [什么|哪个词][和|与|跟][“{word}”|{word}]相反[？|]
          ~不是{word}，而是什么？
          """);

  private static final Both CAPITAL =
      Both.of(
          """
          [What is|What's|Which city is|Tell me|Name] the capital of {x}[?|.|]
          [Which|What] is {x}'s capital[?|]
          [Do you know|Can you tell me] the capital of {x}[?|]
          [Capital|The capital] of {x}[?|]
          {x}[: | – |, ][capital|its capital|the capital|which capital][?|]
          [Capital city|The capital city|What is the capital city|Name the capital city] of {x}[?|.|]
          [Which|What] city [is|serves as] the capital of {x}[?|]
          [What|Which capital] [does {x} have|belongs to {x}|is {x}'s main city][?|]
          [I need|Say|Give me] the capital of {x}[.|]
          ~{x} is governed from which city?
          """,
          """
          {x}的首都[是什么|是哪里|是哪个城市|在哪里|][？|]
          [告诉我|请告诉我|说出|请问]{x}的首都[。|？|]
          [哪个城市|哪座城市|哪里]是{x}的首都[？|]
          [你知道|你知道吗，]{x}的首都[是哪里|][吗|？|]
          {x}[，|：]首都[？|]
          [写出|给出|说说]{x}的首都[。|]
          {x}的首都[城市|]叫什么[？|]
          {x}[以|把]哪个城市[为|当]首都[？|]
          首都[：|:]{x}
          ~{x}的政府在哪个城市？
          """);

  private static final Both SORT =
      Both.of(
          """
          [What is|What's|What kind of thing is|What sort of thing is|What would you call] {a}[?|]
          [Is {a} a fruit, an animal, a colour or a food|A fruit, an animal, a colour or a food: what is {a}][?|]
          [Which|What] [group|class|kind] does {a} belong to[?|]
          [Tell me|Say|Do you know|Can you say] what {a} is[.|?|]
          ~Into which class would you put {a}?
          """,
          """
          {a}是[什么|哪一类|什么东西|哪类东西][？|]
          {a}是水果、动物、颜色还是食物[？|]
          {a}[属于|算|是][哪一类|哪一种|什么类别][？|]
          [告诉我|请说说|说说|你知道][，|]{a}是什么[。|？|]
          ~你会把{a}归到哪一类？
          """);

  private record Sorted(List<Lexicon.Word> words, String english, String chinese) {}

  private static final List<Sorted> SORTS =
      List.of(
          new Sorted(Lexicon.FRUITS, "A fruit.", "水果。"),
          new Sorted(Lexicon.ANIMALS, "An animal.", "动物。"),
          new Sorted(Lexicon.COLOURS, "A colour.", "颜色。"),
          new Sorted(Lexicon.FOODS, "A food.", "食物。"));

  private Words() {}

  static Exercise make(Draw d) {
    return switch (d.between(0, 9)) {
      case 0, 1 -> opposite(d);
      case 2, 3 -> capital(d);
      case 4 -> sort(d);
      default -> translate(d);
    };
  }

  private static Exercise translate(Draw d) {
    Lexicon.Word word = d.of(d.chance(0.8) ? Lexicon.NOUNS : Lexicon.ADJECTIVES);
    boolean toChinese = d.chance(0.5);
    String language =
        toChinese ? d.local("Chinese", d.of("中文", "汉语")) : d.local("English", d.of("英语", "英文"));
    String question =
        d.ask(TRANSLATE, "word", toChinese ? word.english() : word.chinese(), "language", language);
    return d.exact(question, toChinese ? word.chinese() : word.english());
  }

  private static Exercise opposite(Draw d) {
    int i = d.between(0, Lexicon.OPPOSITES.size() - 1);
    return d.exact(
        d.ask(OPPOSITE, "word", adjective(Lexicon.OPPOSITES.get(i), d)),
        adjective(Lexicon.OPPOSITES.get(i ^ 1), d));
  }

  private static String adjective(String english, Draw d) {
    return Lexicon.ADJECTIVES.stream()
        .filter(w -> w.english().equals(english))
        .findFirst()
        .orElseThrow()
        .in(d);
  }

  private static Exercise capital(Draw d) {
    String[] pair = d.of(Lexicon.CAPITALS).in(d).split("/");
    return d.exact(
        d.ask(CAPITAL, "x", pair[0]),
        d.local(
            "The capital of " + pair[0] + " is " + pair[1] + ".",
            pair[0] + "的首都是" + pair[1] + "。"));
  }

  private static Exercise sort(Draw d) {
    Sorted sort = d.of(SORTS);
    Lexicon.Word word = d.of(sort.words);
    boolean noun = sort.words == Lexicon.FRUITS || sort.words == Lexicon.ANIMALS;
    String english = noun ? Lexicon.article(word.english()) : word.english();
    return d.exact(
        d.ask(SORT, "a", d.local(english, word.chinese())), d.local(sort.english, sort.chinese));
  }

  /** Small questions that may stand between others. */
  static List<String> plain(Draw d) {
    return d.english()
        ? List.of("What is the opposite of big?", "What is the capital of Italy?", "Thanks!")
        : List.of("大的反义词是什么？", "意大利的首都是哪里？", "谢谢！");
  }

  /** Their answers. */
  static String answer(String plain, Draw d) {
    return switch (plain) {
      case "What is the opposite of big?" -> "small";
      case "大的反义词是什么？" -> "小";
      case "What is the capital of Italy?" -> "The capital of Italy is Rome.";
      case "意大利的首都是哪里？" -> "意大利的首都是罗马。";
      default -> d.local("You are welcome!", "不客气！");
    };
  }
}
