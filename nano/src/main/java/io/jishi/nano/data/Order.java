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
      [My|The] [numbers|values|results] [are|read] {list}[.|;] [The largest|The biggest|The greatest][ one| of them|][?|, please.|]
      [I wonder|I'd like to know|Would you say|Can you tell] which [one |number |value |]is [the largest|biggest|greatest][: |, |; ]{list}[?|.|]
      {list}[? |. ][Only|Just|Name|Give] the [largest|biggest|greatest|maximum][, please|][.|]
      [Suppose|Say] [I have|we get|you see] {list}[;|,] [which|what] [would be|is] the [largest|biggest|greatest|maximum][?|]
      [Numbers|Values|Candidates][: |=]{list}[; |, | – ][largest|biggest|greatest|maximum|max][: |=]?
      [Find|Spot|Circle|Mark] the [maximum|max|largest number|greatest value] [in|of|among|within] {list}[.|]
      [Three cards|Some cards|Dice|Tickets] [show|say|read] {list}[.|:] [Which has|Who shows|Which shows] the [largest|greatest|biggest] number[?|]
      [Which|What] of [these|the following][ numbers| values|] is [the largest|biggest|greatest]: {list}[?|]
      [The temperatures|The prices|The points] [were|are] {list}[.|;] [Say|What is|Tell me] the [largest|greatest|biggest|maximum][ one|][?|.|]
      """;

  private static final String EXTREME_CHINESE =
      """
      [最大值|最大的数|最大的][：|:]{list}
      [从|由]{list}[中|里][挑|选|找][出|][最大的|最大数|最大值][。|]
      {list}[这几个数|这些数|][，|][最大的|最大值][是|为][多少|几|谁|][？|]
      [给出|说出|写出|求]{list}的最大[值|数][。|]
      [我有|有|给你]{list}，[最大的是哪个|哪个最大|谁最大][？|]
      [谁|哪个数][最大|更大]，{list}[？|]
      {list}[：|。][只要|只说|给我][最大的|最大值|最大数][。|]
      [数字|数值|几个数][是|：|为]{list}，[最大的|最大值]呢[？|]
      [假如|要是|如果][有|我有|写着]{list}，[最大的会是|那最大的是|最大值是][谁|哪个|多少][？|]
      [气温|价格|分数][是|有|分别是]{list}，[最大的是多少|最大值是几|哪个最大][？|]
      [我想知道|能告诉我|麻烦说说]{list}[中|里]谁最大[吗|][？|。|]
      [卡片|骰子|票]上[写着|是]{list}，[哪张最大|最大的写着几|谁的数最大][？|]
      [圈出|标出|指出|挑][最大的数|最大值|最大者][：|:]{list}
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
      [My|The] [numbers|values|results] [are|read] {list}[.|;] [Smallest to largest|In ascending order|Ascending|Low to high][, please|][.|]
      [I wonder|I'd like to know] [how|what] {list} [look|are|would be] [in ascending order|from smallest to largest][.|?|]
      [Numbers|Values|Input|Unsorted][: |=]{list}[; | – |. ][ascending|from low to high|smallest first][: |=]?
      {list}[? | – ][Bring|Get|Put] them [into ascending order|in order from low to high|from smallest to largest][.|, please.|]
      [Line up|Rank|Rearrange|Reorder|Organise] {list} [from smallest to largest|from low to high|in ascending order][.|]
      [Would you|Could you] [kindly |please |]give me {list} [ascending|from low to high|smallest first][?|]
      [The prices|The points|The ages] are {list}[.|:] [Write|List|Say] them from [smallest to largest|low to high][.|]
      [Suppose|Say] [I have|we get] {list}[;|,] [what is|give] the ascending order[?|.|]
      [Ordered|Sorted|Arranged] [ascending|from smallest to largest|from low to high], {list} [is|becomes|reads][ what| how|][?|]
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
      [数字|数值|几个数][是|：|为]{list}，[请|][由小到大|从小到大|升序]排[队|好|列][。|]
      [气温|价格|分数][有|是|分别是]{list}，[从小到大|由小到大][列一下|怎么写|排出来][。|？|]
      [我想|我要|我需要][看到|得到|][从小到大|升序]的{list}[。|]
      [能|可以|你能]把{list}[从小到大|由小到大|按升序][排|列][好|出来]吗[？|]
      {list}[：|，][小的在前|小数在前]，[排好|写出来|重新排][。|]
      [排名|排队|重排|整理][：|:]{list}，[升序|从小到大|由小到大]
      [输入|原来]{list}[；|，][升序|从小到大][输出|之后|][是|：][？|]
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
          [My|The] [words|names|entries] [are|read] {list}[.|;] [Alphabetical order|From A to Z|Alphabetically][, please|][.|]
          [Words|Input|Unsorted][: |=]{list}[; |, | – ][alphabetical|A to Z|by letter][: |=]?
          [Line up|Rank|Rearrange|Reorder|Organise] {list} [by their letters|alphabetically|from A to Z][.|]
          [Which|What] [order|sequence] [do|would] {list} [have|take] [by the alphabet|in the alphabet|from A to Z][?|]
          [The ABC order|ABC|Alphabet][: | of | for ]{list}[.|?|]
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
          [单词|这些词][是|：|为]{list}，[请|]按字母[排队|排好|排列][。|]
          [能|可以|你能]把{list}按[字母|ABC][排|列]好吗[？|]
          [输入|原来]{list}[；|，]按字母[输出|之后|]是[？|]
          [整理|重排|排队][：|:]{list}，[从A到Z|按字母顺序]
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
