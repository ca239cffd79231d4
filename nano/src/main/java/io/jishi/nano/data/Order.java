// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Comparing and sorting. */
final class Order {
  private static final Map<String, String> OPPOSITES =
      Map.ofEntries(
          Map.entry("largest", "smallest"),
          Map.entry("biggest", "lowest"),
          Map.entry("greatest", "least"),
          Map.entry("maximum", "minimum"),
          Map.entry("max", "min"),
          Map.entry("smallest", "largest"),
          Map.entry("ascending", "descending"),
          Map.entry("low", "high"),
          Map.entry("high", "low"),
          Map.entry("大", "小"),
          Map.entry("小", "大"),
          Map.entry("升", "降"));

  private static final Pattern WORD = Pattern.compile("[A-Za-z]+|[大小升]");

  private static final Page PAGE = Page.of("order");

  private static final Both LARGEST = PAGE.both("largest", "extreme");
  private static final Both SMALLEST = turned("smallest", "extreme");
  private static final Both UP = PAGE.both("up", "sorted");
  private static final Both DOWN = turned("down", "sorted");
  private static final Both ALPHABET = PAGE.both("alphabet");

  private Order() {}

  /** Own patterns, and those of the opposite question, turned. */
  private static Both turned(String own, String opposite) {
    return Both.of(
        PAGE.lines(own, Language.ENGLISH) + turned(PAGE.lines(opposite, Language.ENGLISH)),
        PAGE.lines(own, Language.CHINESE) + turned(PAGE.lines(opposite, Language.CHINESE)));
  }

  /** The same with each word turned into its opposite, capitals kept. */
  private static String turned(String patterns) {
    return WORD.matcher(patterns).replaceAll(word -> opposite(word.group()));
  }

  private static String opposite(String word) {
    String other = OPPOSITES.get(word.toLowerCase(Locale.ROOT));
    if (other == null) {
      return word;
    }
    boolean capital = Character.isUpperCase(word.charAt(0));
    return capital ? other.substring(0, 1).toUpperCase(Locale.ROOT) + other.substring(1) : other;
  }

  static Exercise compare(Draw d) {
    boolean decimals = d.chance(0.3);
    List<BigDecimal> numbers =
        d.value(() -> numbers(d, d.between(2, 3), decimals), Order::different);
    boolean largest = d.chance(0.5);
    Comparator<BigDecimal> order = Comparator.naturalOrder();
    BigDecimal answer = numbers.stream().max(largest ? order : order.reversed()).orElseThrow();
    String list = d.local(english(numbers), chinese(numbers));
    return d.exact(d.ask(largest ? LARGEST : SMALLEST, "list", list), answer.toPlainString());
  }

  private static List<BigDecimal> numbers(Draw d, int count, boolean decimals) {
    int top = d.of(9, 99, 99, 999, 999, 9999);
    List<BigDecimal> numbers = new ArrayList<>();
    int whole = d.between(0, 20);
    for (int i = 0; i < count; i++) {
      if (decimals) {
        int digits = d.between(1, 2);
        int part = digits == 1 ? d.between(1, 9) : 10 * d.between(0, 9) + d.between(1, 9);
        int before = d.chance(0.7) ? whole : d.between(0, 20);
        numbers.add(BigDecimal.valueOf(before).add(BigDecimal.valueOf(part, digits)));
      } else {
        numbers.add(BigDecimal.valueOf(d.between(0, top)));
      }
    }
    return numbers;
  }

  private static boolean different(List<BigDecimal> numbers) {
    return numbers.stream().distinct().count() == numbers.size();
  }

  private static String english(List<BigDecimal> numbers) {
    List<String> texts = numbers.stream().map(BigDecimal::toPlainString).toList();
    String head = String.join(", ", texts.subList(0, texts.size() - 1));
    return head + " or " + texts.getLast();
  }

  private static String chinese(List<BigDecimal> numbers) {
    List<String> texts = numbers.stream().map(BigDecimal::toPlainString).toList();
    return String.join("、", texts.subList(0, texts.size() - 1)) + "和" + texts.getLast();
  }

  static Exercise sort(Draw d) {
    if (d.chance(0.3)) {
      return alphabet(d);
    }
    List<Integer> numbers =
        d.value(
            () -> {
              int top = d.of(20, 99, 99, 999);
              List<Integer> drawn = new ArrayList<>();
              int count = d.between(3, 6);
              for (int i = 0; i < count; i++) {
                drawn.add(d.between(0, top));
              }
              return drawn;
            });
    boolean up = d.chance(0.6);
    Comparator<Integer> order = Comparator.naturalOrder();
    List<Integer> sorted = new ArrayList<>(numbers);
    sorted.sort(up ? order : order.reversed());
    String between = d.of(", ", ", ", " ", d.local(",", "、"), d.local("; ", "，"));
    String question = d.ask(up ? UP : DOWN, "list", joined(numbers, between));
    return d.exact(question, joined(sorted, ", "));
  }

  /** Words of English in both languages: the alphabet orders these alone. */
  private static Exercise alphabet(Draw d) {
    List<String> words =
        d.value(
            () ->
                d.some(d.of(Lexicon.SORTS), d.between(3, 5)).stream()
                    .map(Lexicon.Word::english)
                    .toList());
    List<String> sorted = new ArrayList<>(words);
    sorted.sort(String.CASE_INSENSITIVE_ORDER);
    return d.exact(d.ask(ALPHABET, "list", joined(words, ", ")), joined(sorted, ", "));
  }

  static String joined(List<?> items, String between) {
    return String.join(between, items.stream().map(String::valueOf).toList());
  }
}
