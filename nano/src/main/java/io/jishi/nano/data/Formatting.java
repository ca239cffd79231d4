// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import io.jishi.base.Json;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Instructions that say what form an answer is to have. */
final class Formatting {
  private static final Page PAGE = Page.of("formatting");

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

  private static final List<Both> FORMS =
      Arrays.stream(Form.values()).map(Formatting::asked).toList();

  private static final Both REPEAT = PAGE.both("repeat");

  private static final Both ONLY = PAGE.both("only");

  private record Items(List<String> list, int form) {}

  private record Repeated(String word, int n) {}

  private Formatting() {}

  /** What asks for any form, and what asks for this one alone. */
  private static Both asked(Form form) {
    String own = form.name().toLowerCase(Locale.ROOT);
    return Both.of(
        PAGE.lines("form", Language.ENGLISH).replace("{form}", form.english)
            + PAGE.lines(own, Language.ENGLISH),
        PAGE.lines("form", Language.CHINESE).replace("{form}", form.chinese)
            + PAGE.lines(own, Language.CHINESE));
  }

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
