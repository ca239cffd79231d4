// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;

/** Tasks about lists and about the letters of a word. */
final class Lists {
  private static final Page PAGE = Page.of("lists");

  private static final List<String> ORDINALS =
      List.of("first", "second", "third", "fourth", "fifth", "sixth");

  private static final Both COUNT = PAGE.both("count");

  private static final Both NTH = PAGE.both("nth");

  private static final Both REVERSE = PAGE.both("reverse");

  private static final Both DISTINCT = PAGE.both("distinct");

  private static final Both SPELL = PAGE.both("spell");

  private static final Both LETTERS = PAGE.both("letters");

  private static final Both BACKWARDS = PAGE.both("backwards");

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
