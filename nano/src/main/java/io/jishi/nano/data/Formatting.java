// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import io.jishi.base.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Instructions that say what form an answer is to have. */
final class Formatting {
  /** A form and how it is asked for. */
  private enum Form {
    BULLETS(
        "[as a bullet list|as bullet points|with bullets|as a list with dashes]",
        "[用项目符号列出|写成项目符号列表|用短横线列表表示]"),
    NUMBERED(
        "[as a numbered list|numbered|with numbers|as a list with numbers]", "[用编号列出|写成编号列表|加上编号]"),
    LINES("[one per line|each on its own line|on separate lines]", "[每行一个|一行一个|分行写]"),
    COMMAS("[with commas between|separated by commas|on one line with commas]", "[用逗号隔开|用逗号分隔]"),
    JSON("[as a JSON array|as JSON|as a JSON list]", "[写成JSON数组|用JSON表示|转成JSON列表]"),
    UPPER("[in capitals|in upper case|in capital letters|in uppercase]", "[用大写字母|写成大写|全部大写]"),
    SEMICOLONS("[separated by semicolons|with semicolons between]", "[用分号隔开|用分号分隔]");

    final String english;
    final String chinese;

    Form(String english, String chinese) {
      this.english = english;
      this.chinese = chinese;
    }
  }

  private static final List<Both> FORMS = new ArrayList<>();

  static {
    for (Form form : Form.values()) {
      String f = form.english;
      String g = form.chinese;
      FORMS.add(
          Both.of(
              """
              [Write|Give|List|Show|Print|Return] {list} %s[.|]
              [Please |Can you |Could you |][write|list|show|print] [this|these|the following] %s[: |. ]{list}
              {list}[: |. |, ]%s[, please|]
              [Format|Put] {list} %s[.|]
              [I want|I need|I'd like] {list} %s[.|]
              {list} – %s[, please|][.|]
              [Here are|I have|Given] [some things|some words|my items]: {list}. [Write|Show|Give] them %s[.|]
              [Can you|Could you|Would you] [write|put|show|give me] {list} %s[?|]
              [Turn|Make|Bring] {list} into this form: %s[.|]
              [How does|What does] {list} look %s[?|]
              ~%s, and nothing else: {list}
              """
                  .formatted(f, f, f, f, f, f, f, f, f, f, f),
              """
              [把|请把|帮我把|麻烦把]{list}%s[。|]
              %s[：|:]{list}
              {list}[，|：|。][请|]%s[。|]
              [我要|我想要|我需要]{list}[，|：]%s[。|]
              [我有|给你|这里有]{list}，[请|]%s[。|]
              [能|可以|你能]把{list}%s吗[？|]
              {list}%s[是什么样|怎么写][？|]
              [将|对]{list}[，|]%s[。|]
              ~只要%s，别的不要：{list}
              """
                  .formatted(g, g, g, g, g, g, g, g, g)));
    }
  }

  private static final Both REPEAT =
      Both.of(
          """
          [Say|Write|Repeat|Print] ["{word}"|{word}|'{word}'] {n} times[.|]
          [Please |Can you |Could you |][say|write|repeat|print] ["{word}"|{word}] {n} times[.|?|]
          [I want|I need] ["{word}"|{word}] {n} times[.|]
          ["{word}"|{word}][: | – |, |. ][{n} times|repeat it {n} times|say it {n} times|write it {n} times][.|, please.|]
          [{n} times|{n}×|{n}x][: |, | ]["{word}"|{word}][.|]
          [Give me|Show me|Return] ["{word}"|{word}] {n} times[.|]
          ~{n} times the word {word}, please.
          """,
          """
          [说|写|重复|打印]{n}[遍|次][“{word}”|{word}][。|]
          [把|请把][“{word}”|{word}][说|写|重复]{n}[遍|次][。|]
          [请|帮我|麻烦][说|写|重复]{n}[遍|次][“{word}”|{word}][。|]
          [“{word}”|{word}][，|：][说|写|重复|打印]{n}[遍|次][。|]
          {n}[遍|次][：|:|][“{word}”|{word}]
          [给我|打出|输出]{n}[个|遍|次][“{word}”|{word}][。|]
          ~{word}，要{n}遍。
          """);

  private static final Both ONLY =
      Both.of(
          """
          [Say|Write|Answer|Reply|Print] [only|just|nothing but] ["{word}"|{word}|'{word}'][.|]
          [Please |Can you |Could you |][say|write|reply|answer] [only|just] ["{word}"|{word}][.|?|]
          [Answer|Reply|Respond] with [the word|one word:|exactly] ["{word}"|{word}][.|]
          ["{word}"|{word}][: | – |. ][say only this|nothing else|just that word|only this word][.|, please.|]
          [One word|Only|Just][: |, ]["{word}"|{word}][.|]
          [Let|Make] your [answer|reply] be ["{word}"|{word}][.|]
          [I want|I'd like] [to hear|to read|to see] only ["{word}"|{word}][.|]
          ~Your whole answer shall be: {word}
          """,
          """
          [只说|只写|只回答|就说][“{word}”|{word}][。|]
          [请|请你|麻烦][只|就][说|写|回答][“{word}”|{word}][。|]
          [回答|回复][一个词|][：|][“{word}”|{word}][，别的不要|][。|]
          [“{word}”|{word}][，|：][只说这个|别的不要说|只要这个词][。|]
          [只要|仅][说|写|回答][“{word}”|{word}][。|]
          [我只想|我只要][听|看][“{word}”|{word}][。|]
          ~你的全部回答应是：{word}
          """);

  private record Items(List<String> list, int form) {}

  private record Repeated(String word, int n) {}

  private Formatting() {}

  static Exercise make(Draw d) {
    return switch (d.between(0, 9)) {
      case 0, 1 -> repeat(d);
      case 2 -> only(d);
      default -> list(d);
    };
  }

  private static Exercise list(Draw d) {
    Items v =
        d.value(
            () ->
                new Items(
                    List.copyOf(Lexicon.list(d, d.between(2, 5))),
                    d.between(0, Form.values().length - 1)));
    Form form = Form.values()[v.form];
    List<String> items = v.list;
    if (form == Form.UPPER && !d.english()) {
      items = items.stream().map(item -> english(item, d)).toList();
    }
    String between = d.of(", ", ", ", d.local(", ", "、"));
    String question = d.ask(FORMS.get(v.form), "list", Order.joined(items, between));
    String answer = written(form, items);
    return d.exercise(
        question,
        Turn.answer(answer),
        form == Form.JSON
            ? new Check.SameJson(Json.parse("answer", answer))
            : new Check.Exact(answer));
  }

  private static String english(String chinese, Draw d) {
    return Lexicon.SORTS.stream()
        .flatMap(List::stream)
        .filter(w -> w.chinese().equals(chinese))
        .findFirst()
        .map(Lexicon.Word::english)
        .orElseGet(() -> Rare.word(d));
  }

  private static String written(Form form, List<String> items) {
    return switch (form) {
      case BULLETS -> "- " + String.join("\n- ", items);
      case NUMBERED -> {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < items.size(); i++) {
          out.append(i == 0 ? "" : "\n").append(i + 1).append(". ").append(items.get(i));
        }
        yield out.toString();
      }
      case LINES -> String.join("\n", items);
      case COMMAS -> String.join(", ", items);
      case JSON -> Json.write(items);
      case UPPER -> String.join(", ", items).toUpperCase(Locale.ROOT);
      case SEMICOLONS -> String.join("; ", items);
    };
  }

  private static Exercise repeat(Draw d) {
    Repeated v = d.value(() -> new Repeated(word(d), d.between(2, 6)));
    String answer = String.join(" ", Collections.nCopies(v.n, v.word));
    return d.exact(d.ask(REPEAT, "word", v.word, "n", v.n), answer);
  }

  private static Exercise only(Draw d) {
    String word = d.value(() -> word(d));
    return d.exact(d.ask(ONLY, "word", word), word);
  }

  private static String word(Draw d) {
    return d.chance(0.3) ? Lexicon.name(d) : Lexicon.orRare(d, Lexicon.NOUNS);
  }
}
