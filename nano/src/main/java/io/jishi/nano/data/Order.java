// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Comparing and sorting. */
final class Order {
  private static final Both LARGEST =
      Both.of(
          """
          [Which is|Which number is|What is|Which one is] [larger|bigger|the largest|the biggest|greater], {list}[?|]
          [Which|What] is the [largest|biggest|greatest] [number |]of {list}[?|]
          [Tell me|Give me|Find|Name] the [largest|biggest|greatest] [number |]of {list}[.|]
          [Compare|Look at] {list}[: which|. Which] is the [largest|biggest|greatest][?|]
          ~Of the numbers {list}, name the one that is above the rest.
          """,
          """
          {list}[哪个|哪个数|谁|哪一个][更大|最大][？|]
          [找出|请找出|告诉我|请告诉我]{list}[中|里|里面|当中][的|]最大的[数|一个|][。|]
          [比较|请比较|看看]{list}[，|：]哪个[数|][最大|更大][？|]
          {list}[中|里|里面][最大的是哪个|最大的数是什么|最大的是几][？|]
          ~在{list}里选出比别的都大的数。
          """);

  private static final Both SMALLEST =
      Both.of(
          """
          [Which is|Which number is|What is|Which one is] [smaller|lower|the smallest|the least|the lowest], {list}[?|]
          [Which|What] is the [smallest|lowest|least] [number |]of {list}[?|]
          [Tell me|Give me|Find|Name] the [smallest|lowest] [number |]of {list}[.|]
          [Compare|Look at] {list}[: which|. Which] is the [smallest|lowest][?|]
          ~Of the numbers {list}, name the one that is below the rest.
          """,
          """
          {list}[哪个|哪个数|谁|哪一个][更小|最小][？|]
          [找出|请找出|告诉我|请告诉我]{list}[中|里|里面|当中][的|]最小的[数|一个|][。|]
          [比较|请比较|看看]{list}[，|：]哪个[数|][最小|更小][？|]
          {list}[中|里|里面][最小的是哪个|最小的数是什么|最小的是几][？|]
          ~在{list}里选出比别的都小的数。
          """);

  private static final Both UP =
      Both.of(
          """
          [Sort|Please sort|Order|Can you sort|Arrange] [these numbers|the numbers|] [from smallest to largest|in ascending order|from low to high][:| -] {list}[.|]
          [Sort|Please sort|Order|Arrange|Put] {list} [from smallest to largest|in ascending order|from low to high|in increasing order][.|]
          [Sort|Please sort|Order]: {list}
          [What is|Give me|Write] {list} in ascending order[.|?|]
          {list} [sorted|in order|sorted ascending][?|]
          ~Begin with the least and end with the greatest: {list}
          """,
          """
          [把|请把|帮我把|麻烦把]{list}[从小到大|按从小到大的顺序|按升序][排列|排序|排一下|排好][。|]
          [排序|请排序|从小到大排序|升序排列][：|:| ]{list}
          [请|帮我|麻烦]给{list}[从小到大|按升序][排序|排列|排个序][。|]
          {list}[从小到大|按升序][怎么排|排列|排序][？|。|]
          ~先小后大，写出{list}。
          """);

  private static final Both DOWN =
      Both.of(
          """
          [Sort|Please sort|Order|Can you sort|Arrange] [these numbers|the numbers|] [from largest to smallest|in descending order|from high to low][:| -] {list}[.|]
          [Sort|Please sort|Order|Arrange|Put] {list} [from largest to smallest|in descending order|from high to low|in decreasing order][.|]
          [What is|Give me|Write] {list} in descending order[.|?|]
          {list} sorted [descending|from high to low][?|]
          ~Begin with the greatest and end with the least: {list}
          """,
          """
          [把|请把|帮我把|麻烦把]{list}[从大到小|按从大到小的顺序|按降序][排列|排序|排一下|排好][。|]
          [从大到小排序|降序排列|请从大到小排序][：|:| ]{list}
          [请|帮我|麻烦]给{list}[从大到小|按降序][排序|排列|排个序][。|]
          {list}[从大到小|按降序][怎么排|排列|排序][？|。|]
          ~先大后小，写出{list}。
          """);

  private static final Both ALPHABET =
      Both.of(
          """
          [Sort|Please sort|Order|Can you sort|Arrange] [these words|the words|] [alphabetically|by the alphabet|from A to Z][:| -] {list}[.|]
          [Sort|Please sort|Order|Arrange|Put] {list} [alphabetically|in alphabetical order|from A to Z][.|]
          [Give me|Write] {list} in alphabetical order[.|?|]
          ~As a dictionary lists them: {list}
          """,
          """
          [把|请把|帮我把|麻烦把]{list}[按字母顺序|按字母表顺序|从A到Z][排列|排序|排一下][。|]
          [请|帮我|麻烦]给{list}按字母顺序[排序|排列][。|]
          [按字母排序|按字母顺序排列|请按字母排序][：|:| ]{list}
          ~像字典那样排：{list}
          """);

  private Order() {}

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
    if (d.chance(0.2)) {
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
