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

  /** Ways to ask for the largest that, {@link #turned}, ask for the smallest. */
  private static final String EXTREME =
      """
      [Maximum|Max|The largest|The biggest][: | of ]{list}[?|.|]
      {list}[: | – |. ][which is|which one is|what is] [the largest|biggest|greatest][?|]
      [Among|Out of|From|In|Of] {list}[, | ][which|what] [number |one |]is [the largest|biggest|greatest][?|]
      [Pick|Choose|Select|Show|Return|Say] the [largest|biggest|greatest][: | of | among | from ]{list}[.|]
      [I have|Here are|Given] {list}. [Which is|What is|Tell me] the [largest|biggest|greatest][ one| of them|][?|.|]
      [Is|Which is] the [largest|biggest|greatest] [one |number |]{list}[?|]
      {list} – [the largest|biggest|greatest|maximum|max][, please|][?|.|]
      """;

  private static final String EXTREME_CHINESE =
      """
      [最大值|最大的数|最大的][：|:]{list}
      [从|由]{list}[中|里][挑|选|找][出|][最大的|最大数|最大值][。|]
      {list}[这几个数|这些数|][，|][最大的|最大值][是|为][多少|几|谁|][？|]
      [给出|说出|写出|求]{list}的最大[值|数][。|]
      [我有|有|给你]{list}，[最大的是哪个|哪个最大|谁最大][？|]
      [谁|哪个数][最大|更大]，{list}[？|]
      """;

  /** Ways to ask for the ascending order that, {@link #turned}, ask for the other one. */
  private static final String SORTED =
      """
      [Ascending|Ascending order|Low to high|Smallest first|Smallest to largest][: | – |, ]{list}[.|]
      {list}[: | – |. ][sort|order|arrange|put] [them|these|it] [from smallest to largest|in ascending order|ascending|smallest first][.|, please.|]
      [I need|I want|I'd like|Show me|Return|Print|List] {list} [in ascending order|sorted from smallest to largest|from low to high|smallest first][.|]
      [Here are|I have|Given] [some numbers|my numbers|the values]: {list}. [Sort|Order|Arrange] [them|these] [from smallest to largest|in ascending order|ascending][.|]
      [Can you|Could you|Would you|Will you] [put|order|sort|arrange] {list} [from smallest to largest|in ascending order|from low to high][?|]
      [What is|How is|How does] {list} [look |]sorted [from smallest to largest|ascending|from low to high][?|]
      [In|By] ascending order[, please|][: |, ]{list}[.|]
      """;

  private static final String SORTED_CHINESE =
      """
      [从小到大|由小到大|升序|按升序|小的在前][：|:|，]{list}
      {list}[，|：|。][请|帮我|][从小到大|由小到大|按升序][排|排列|排好|排序|写出来][。|]
      [我有|有|给你][几个数|一些数|这些数][：|，]{list}。[请|]从小到大[排|排列|排好][。|]
      [由小到大|从小到大][排列|写出|列出|给出]{list}[。|]
      [排一排|排个序|排列一下][：|:]{list}，[从小到大|由小到大|升序][。|]
      {list}[由小到大|从小到大|升序][应该怎么排|是什么顺序|写出来是][？|]
      [将|对]{list}[进行|做|][升序|从小到大的][排列|排序][。|]
      """;

  private static final Both LARGEST =
      Both.of(
          """
          [Which is|Which number is|What is|Which one is] [larger|bigger|the largest|the biggest|greater], {list}[?|]
          [Which|What] is the [largest|biggest|greatest] [number |]of {list}[?|]
          [Tell me|Give me|Find|Name] the [largest|biggest|greatest] [number |]of {list}[.|]
          [Compare|Look at] {list}[: which|. Which] is the [largest|biggest|greatest][?|]
          ~Of the numbers {list}, name the one that is above the rest.
          """
              + EXTREME,
          """
          {list}[哪个|哪个数|谁|哪一个][更大|最大][？|]
          [找出|请找出|告诉我|请告诉我]{list}[中|里|里面|当中][的|]最大的[数|一个|][。|]
          [比较|请比较|看看]{list}[，|：]哪个[数|][最大|更大][？|]
          {list}[中|里|里面][最大的是哪个|最大的数是什么|最大的是几][？|]
          ~在{list}里选出比别的都大的数。
          """
              + EXTREME_CHINESE);

  private static final Both SMALLEST =
      Both.of(
          """
          [Which is|Which number is|What is|Which one is] [smaller|lower|the smallest|the least|the lowest], {list}[?|]
          [Which|What] is the [smallest|lowest|least] [number |]of {list}[?|]
          [Tell me|Give me|Find|Name] the [smallest|lowest] [number |]of {list}[.|]
          [Compare|Look at] {list}[: which|. Which] is the [smallest|lowest][?|]
          ~Of the numbers {list}, name the one that is below the rest.
          """
              + turned(EXTREME),
          """
          {list}[哪个|哪个数|谁|哪一个][更小|最小][？|]
          [找出|请找出|告诉我|请告诉我]{list}[中|里|里面|当中][的|]最小的[数|一个|][。|]
          [比较|请比较|看看]{list}[，|：]哪个[数|][最小|更小][？|]
          {list}[中|里|里面][最小的是哪个|最小的数是什么|最小的是几][？|]
          ~在{list}里选出比别的都小的数。
          """
              + turned(EXTREME_CHINESE));

  private static final Both UP =
      Both.of(
          """
          [Sort|Please sort|Order|Can you sort|Arrange] [these numbers|the numbers|] [from smallest to largest|in ascending order|from low to high][:| -] {list}[.|]
          [Sort|Please sort|Order|Arrange|Put] {list} [from smallest to largest|in ascending order|from low to high|in increasing order][.|]
          [Sort|Please sort|Order]: {list}
          [What is|Give me|Write] {list} in ascending order[.|?|]
          {list} [sorted|in order|sorted ascending][?|]
          ~Begin with the least and end with the greatest: {list}
          """
              + SORTED,
          """
          [把|请把|帮我把|麻烦把]{list}[从小到大|按从小到大的顺序|按升序][排列|排序|排一下|排好][。|]
          [排序|请排序|从小到大排序|升序排列][：|:| ]{list}
          [请|帮我|麻烦]给{list}[从小到大|按升序][排序|排列|排个序][。|]
          {list}[从小到大|按升序][怎么排|排列|排序][？|。|]
          ~先小后大，写出{list}。
          """
              + SORTED_CHINESE);

  private static final Both DOWN =
      Both.of(
          """
          [Sort|Please sort|Order|Can you sort|Arrange] [these numbers|the numbers|] [from largest to smallest|in descending order|from high to low][:| -] {list}[.|]
          [Sort|Please sort|Order|Arrange|Put] {list} [from largest to smallest|in descending order|from high to low|in decreasing order][.|]
          [What is|Give me|Write] {list} in descending order[.|?|]
          {list} sorted [descending|from high to low][?|]
          ~Begin with the greatest and end with the least: {list}
          """
              + turned(SORTED),
          """
          [把|请把|帮我把|麻烦把]{list}[从大到小|按从大到小的顺序|按降序][排列|排序|排一下|排好][。|]
          [从大到小排序|降序排列|请从大到小排序][：|:| ]{list}
          [请|帮我|麻烦]给{list}[从大到小|按降序][排序|排列|排个序][。|]
          {list}[从大到小|按降序][怎么排|排列|排序][？|。|]
          ~先大后小，写出{list}。
          """
              + turned(SORTED_CHINESE));

  private static final Both ALPHABET =
      Both.of(
          """
          [Sort|Please sort|Order|Can you sort|Arrange] [these words|the words|] [alphabetically|by the alphabet|from A to Z][:| -] {list}[.|]
          [Sort|Please sort|Order|Arrange|Put] {list} [alphabetically|in alphabetical order|from A to Z][.|]
          [Give me|Write] {list} in alphabetical order[.|?|]
          [Alphabetically|Alphabetical order|From A to Z|A to Z|By letter][: |, | – ]{list}[.|]
          {list}[: | – |. ][sort|order|arrange|put] [them|these|it] [alphabetically|from A to Z|in alphabetical order|by the alphabet][.|, please.|]
          [I need|I want|Show me|Return|Print|List] {list} [alphabetically|from A to Z|in alphabetical order][.|]
          [Here are|I have|Given] [some words|my words]: {list}. [Sort|Order|Arrange] [them|these] [alphabetically|from A to Z][.|]
          [Can you|Could you|Would you] [put|order|sort|arrange] {list} [alphabetically|from A to Z|in alphabetical order][?|]
          [What is|How is] {list} [sorted alphabetically|in alphabetical order|from A to Z][?|]
          ~As a dictionary lists them: {list}
          """,
          """
          [把|请把|帮我把|麻烦把]{list}[按字母顺序|按字母表顺序|从A到Z][排列|排序|排一下][。|]
          [请|帮我|麻烦]给{list}按字母顺序[排序|排列][。|]
          [按字母排序|按字母顺序排列|请按字母排序][：|:| ]{list}
          [按字母|字母顺序|从A到Z|字母表顺序][：|:|，]{list}
          {list}[，|：|。][请|帮我|][按字母顺序|从A到Z|按字母表][排|排列|排好|排序][。|]
          [我有|有|给你][几个词|一些单词|这些词][：|，]{list}。[请|]按字母顺序[排|排列|排好][。|]
          [按字母顺序|从A到Z][排列|写出|列出|给出]{list}[。|]
          {list}按字母顺序[应该怎么排|是什么顺序|写出来是][？|]
          [将|对]{list}[按字母顺序|从A到Z]排列[。|]
          ~像字典那样排：{list}
          """);

  private Order() {}

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
