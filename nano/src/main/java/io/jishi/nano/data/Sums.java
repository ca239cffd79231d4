// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** Addition and subtraction, digit by digit from the right. */
final class Sums {
  private static final Both PLUS =
      Both.of(
          """
          [What is|What's|Compute|Calculate|Work out|Find|Tell me|How much is] {a}[ + |+| plus ]{b}[?|.|]
          [Please |Can you |Could you |][compute|calculate|work out|find] [the sum of |]{a} [and|plus|+] {b}[.|?|]
          {a}[ + |+]{b}[ =| = ?|=|=?| is?|]
          [Add|Please add] {a} [and|to] {b}[.|]
          [What do you get|What comes out|How much is it] [if you add|when you add] {a} and {b}[?|]
          [A shop|A farm|A school|A library] has {a} [books|apples|boxes|pens|chairs] and [gets|buys|receives] {b} more. How many [are there|does it have] [now|in all|together]?
          [Anna|Ben|Tom|Mia|Leo] has {a} [coins|stamps|cards|marbles]. [She|He] [finds|gets|wins] {b} more. How many [are there|is that] now?
          ~{a} and {b} make how many?
          ~On Monday {a} people came, on Tuesday {b}. How many came on both days?
          """,
          """
          [|请|请你|帮我|麻烦][计算|算一下|算算|求] {a}[ + |+|加]{b}[。|？||等于多少？|的和。]
          {a}[ + |+|加|加上]{b}[等于多少|是多少|等于几|得多少][？|?|]
          {a}[ + |+]{b}[ =| = ?|=|=?|]
          [请问|请告诉我|告诉我|]{a}[和|与|加]{b}[的和|相加|加起来][是多少|等于多少|得几][？|]
          [小明|小红|小华|丽丽]有{a}[本书|个苹果|支笔|张卡片|枚邮票]，[又买了|又得到|妈妈又给了]{b}[本|个|支|张|枚]，[现在|一共|总共]有多少？
          [商店|学校|农场|图书馆][里|]有{a}[个箱子|把椅子|本书|只鸡]，又[运来|买来|增加]{b}[个|把|本|只]，[一共|现在]有多少？
          ~{a}再加{b}，结果是几？
          ~上午来了{a}人，下午来了{b}人，全天来了多少人？
          """);

  private static final Both MINUS =
      Both.of(
          """
          [What is|What's|Compute|Calculate|Work out|Find|Tell me|How much is] {a}[ - |-| minus ]{b}[?|.|]
          [Please |Can you |Could you |][compute|calculate|work out|find] [the difference of |]{a} [minus|-] {b}[.|?|]
          {a}[ - |-]{b}[ =| = ?|=|=?| is?|]
          [Subtract|Please subtract|Take] {b} from {a}[.|]
          [What is left|How much is left|What remains] [if you take|when you take] {b} from {a}[?|]
          [A shop|A farm|A school|A library] has {a} [books|apples|boxes|pens|chairs] and [sells|loses|gives away] {b}. How many are left?
          [Anna|Ben|Tom|Mia|Leo] has {a} [coins|stamps|cards|marbles] and gives away {b}. How many are left?
          ~Of {a} seats {b} are taken. How many are free?
          ~How much more is {a} than {b}?
          """,
          """
          [|请|请你|帮我|麻烦][计算|算一下|算算|求] {a}[ - |-|减]{b}[。|？||等于多少？|的差。]
          {a}[ - |-|减|减去]{b}[等于多少|是多少|等于几|得多少][？|?|]
          {a}[ - |-]{b}[ =| = ?|=|=?|]
          [请问|请告诉我|告诉我|]{a}[和|与|减]{b}[的差|相减][是多少|等于多少|得几][？|]
          [小明|小红|小华|丽丽]有{a}[本书|个苹果|支笔|张卡片|枚邮票]，[送给别人|用掉|丢了]{b}[本|个|支|张|枚]，还剩多少？
          [商店|学校|农场|图书馆][里|]有{a}[个箱子|把椅子|本书|只鸡]，[卖掉|运走|借出]{b}[个|把|本|只]，[还剩|现在有]多少？
          ~从{a}里去掉{b}，剩几？
          ~{a}比{b}多多少？
          """);

  private record Pair(int a, int b) {}

  private Sums() {}

  static Exercise plus(Draw d) {
    Pair p = d.value(() -> new Pair(operand(d), operand(d)));
    String question = d.ask(PLUS, "a", p.a, "b", p.b);
    String answer = Integer.toString(p.a + p.b);
    return p.a < 10 && p.b < 10
        ? d.exact(question, answer)
        : d.exact(question, plusSteps(p.a, p.b), answer);
  }

  static Exercise minus(Draw d) {
    Pair p = d.value(() -> new Pair(operand(d), operand(d)), x -> x.a >= x.b || d.chance(0.2));
    String question = d.ask(MINUS, "a", p.a, "b", p.b);
    String answer = Integer.toString(p.a - p.b);
    if (p.a < 10 && p.b < 10) {
      return d.exact(question, answer);
    }
    String steps =
        p.a >= p.b
            ? minusSteps(p.a, p.b)
            : p.a + " < " + p.b + "\n" + minusSteps(p.b, p.a) + "\n" + answer;
    return d.exact(question, steps, answer);
  }

  /** Mostly up to three digits, each length as often. */
  private static int operand(Draw d) {
    return switch (d.between(0, 9)) {
      case 0, 1 -> d.between(0, 9);
      case 2, 3, 4 -> d.between(10, 99);
      case 9 -> d.between(1000, 9999);
      default -> d.between(100, 999);
    };
  }

  /** {@code 7+6=13→3}, then {@code 4+8+1=13→33}: the result grows to the left. */
  static String plusSteps(int a, int b) {
    StringBuilder out = new StringBuilder();
    StringBuilder result = new StringBuilder();
    int carry = 0;
    for (int x = a, y = b; x > 0 || y > 0; x /= 10, y /= 10) {
      int sum = x % 10 + y % 10 + carry;
      out.append(x % 10).append('+').append(y % 10).append(carry > 0 ? "+1" : "");
      boolean last = x < 10 && y < 10;
      result.insert(0, last ? sum : sum % 10);
      out.append('=').append(sum).append("→").append(result).append(last ? "" : "\n");
      carry = sum / 10;
    }
    return out.toString();
  }

  /** {@code 13-6=7→7}: ten is borrowed where a digit is too small; needs {@code a >= b}. */
  static String minusSteps(int a, int b) {
    StringBuilder out = new StringBuilder();
    StringBuilder result = new StringBuilder();
    int borrow = 0;
    for (int x = a, y = b; x > 0 || y > 0; x /= 10, y /= 10) {
      int difference = x % 10 - y % 10 - borrow;
      boolean borrows = difference < 0;
      difference += borrows ? 10 : 0;
      out.append(out.isEmpty() ? "" : "\n");
      out.append(borrows ? x % 10 + 10 : x % 10).append('-').append(y % 10);
      out.append(borrow > 0 ? "-1" : "").append('=').append(difference);
      result.insert(0, difference);
      out.append("→").append(result);
      borrow = borrows ? 1 : 0;
    }
    return out.toString();
  }

  /** Sums as a product needs them, without steps: {@code 1200+210=1410}. */
  static String line(int a, int b) {
    return a + "+" + b + "=" + (a + b);
  }

  static List<Generator> both() {
    return List.of(Sums::plus, Sums::minus);
  }
}
