// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;
import java.util.Locale;

/** Names and terms that nobody has heard of: they can be copied only, never remembered. */
final class Rare {
  private static final List<String> ONSETS =
      List.of(
          "b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gl", "gr", "h", "j", "k", "kr",
          "l", "m", "n", "p", "ph", "pl", "qu", "r", "rh", "s", "sch", "sk", "st", "t", "th", "tr",
          "v", "w", "wr", "x", "y", "z", "");
  private static final List<String> NUCLEI =
      List.of("a", "e", "i", "o", "u", "y", "ae", "ai", "au", "ee", "ei", "ie", "oe", "oo", "ou");
  private static final List<String> CODAS =
      List.of(
          "", "", "", "b", "ck", "d", "l", "lm", "m", "n", "nd", "ng", "nk", "r", "rd", "s", "sk",
          "ss", "st", "t", "th", "tz", "x");
  private static final List<String> ENDINGS =
      List.of(
          "us", "um", "ia", "itis", "oma", "emia", "osis", "ine", "azole", "ium", "elin", "ide",
          "pathy", "ensis", "son", "mann", "ski", "ford", "wick", "burg", "ton", "ovic", "inho");
  private static final List<String> THINGS =
      List.of(
          "syndrome",
          "disease",
          "implant",
          "injection",
          "valley",
          "bridge",
          "river",
          "method",
          "project",
          "tablets",
          "festival",
          "theorem",
          "Street",
          "College",
          "Island",
          "Company",
          "Institute",
          "Group",
          "House",
          "Award",
          "virus",
          "protein",
          "deficiency",
          "engine");
  private static final List<String> ADJECTIVES =
      List.of(
          "acute",
          "chronic",
          "familial",
          "northern",
          "primary",
          "royal",
          "old",
          "upper",
          "Saint",
          "New",
          "central",
          "early",
          "juvenile",
          "great",
          "hereditary",
          "inner");

  /** Characters of names, many of them seldom used. */
  private static final String CHARACTERS =
      "蔺郗璐翟骞晏岑祁毓珩钰琮彧煜翊曦皓霁岚黛菀茜萱蕙芷蘅葳榕楠樾桢枫淇沅湄漪泓澜潇滢瀚焱烨炜熠璟瑾瑜璇琬玥珞琪珺"
          + "倪郝阮邹窦聂冉鲍滕廖裴庞戚谷邬柯柴樊尉屠缪郦鄢邝隗奚亓仉仝佟佘濮蓟闵闻麴皋堃垚坤嵩峥峻崧崔嵇鞠鹏鹤鸿鹭麒麟骏骁驰"
          + "砚磊碧磬礼祺禄稷穆筠筱箫簌纶绮缇绥罡翎翰耘聿舜舟芮苓茗荃荻莆菡萍葆蒙蓓蔚薛藜虞蟠衍袁褚觅谌谟谦豫贺赫轩辕辰邈郁郸";

  private static final List<String> THINGS_CHINESE =
      List.of(
          "综合征", "症", "病", "公司", "镇", "山", "河", "桥", "片", "注射液", "中学", "路", "定理", "计划", "岛", "大学",
          "研究所", "奖", "酶", "集团");
  private static final String SOUNDS = "阿巴贝比布卡达德迪多恩尔法菲格古哈赫霍伊基杰科克拉勒利卢马梅米姆纳内尼诺帕佩普奇萨塞斯塔特托瓦维沃扎兹";

  private Rare() {}

  /** One word of small letters, of two to four syllables. */
  static String word(Draw d) {
    StringBuilder word = new StringBuilder();
    boolean ends = d.chance(0.4);
    for (int i = ends ? d.between(1, 2) : d.between(2, 3); i > 0; i--) {
      word.append(d.of(ONSETS)).append(d.of(NUCLEI)).append(d.of(CODAS));
    }
    return word.append(ends ? d.of(ENDINGS) : "").toString();
  }

  private static String capital(Draw d) {
    String word = word(d);
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }

  /** A person, in the language of the exercise; one of five Chinese ones is written in Latin. */
  static String person(Draw d) {
    if (!d.english() && d.chance(0.8)) {
      return d.chance(0.3) ? sounds(d) + "·" + sounds(d) : characters(d, d.between(2, 3));
    }
    return switch (d.between(0, 3)) {
      case 0 -> capital(d) + " " + capital(d);
      case 1 -> capital(d) + "-" + capital(d);
      default -> capital(d);
    };
  }

  /** A thing, a place or an illness, of one to four words. */
  static String term(Draw d) {
    if (!d.english() && d.chance(0.8)) {
      return (d.chance(0.4) ? sounds(d) : characters(d, d.between(1, 3))) + d.of(THINGS_CHINESE);
    }
    return switch (d.between(0, 9)) {
      case 0, 1 -> capital(d);
      case 2 -> word(d);
      case 3 -> capital(d) + " " + word(d); // as in botany
      case 4 -> capital(d) + "-" + capital(d) + " " + d.of(THINGS);
      case 5 -> d.of(ADJECTIVES) + " " + word(d) + " " + d.of(THINGS);
      case 6 -> capital(d) + " " + capital(d) + " " + d.of(THINGS);
      case 7 -> capital(d) + d.of("-", " ") + d.between(2, 99);
      case 8 -> d.of(ADJECTIVES) + " " + capital(d) + " " + d.of(THINGS) + " " + word(d);
      default -> capital(d) + " " + d.of(THINGS);
    };
  }

  private static String characters(Draw d, int count) {
    return letters(d, CHARACTERS, count);
  }

  private static String sounds(Draw d) {
    return letters(d, SOUNDS, d.between(2, 4));
  }

  private static String letters(Draw d, String from, int count) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < count; i++) {
      out.append(from.charAt(d.between(0, from.length() - 1)));
    }
    return out.toString();
  }
}
