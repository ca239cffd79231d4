// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** Percentages and fractions. */
final class Shares {
  private static final List<Integer> PERCENTS =
      List.of(5, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90);

  private static final Both PERCENT =
      Both.of(
          """
          [What is|What's|Compute|Calculate|Work out|Find|Tell me|How much is] {p}[%| percent] of {n}[?|.|]
          [Please |Can you |Could you |][compute|calculate|work out|find] {p}[%| percent] of {n}[.|?|]
          {p}% of {n}[ =| = ?| is?|]
          [A shirt|A bag|A book|A lamp] costs {n} [dollars|euros|coins] [and is|and gets] {p}% off. How much is the discount?
          {p}% of {n} [people|pupils|guests|workers] [came|said yes|agree]. How many [is that|are they]?
          {p}%[, | – | → ]{n}[: the part| – how much| – amount|][?|]
          [Number|Value|Total][: |=]{n}[, |; ][share|rate|percentage][: |=]{p}%[, |; ][part|amount|result][: |=]?
          [Given|Start from|Take] {n}[, and take|; now take|. Take] {p}[%| percent][ of it| of that|][.|]
          {n}[ × |×| x | times ]{p}[%| percent][ =|?| = ?|]
          [I have|She earns|We saved|He owns] {n} [euros|dollars|coins] and [spend|give away|lose|save] {p}%[.|;] [How much is that|That is how much|What amount is that][?|]
          [The school|The firm|The town|The club] [has|counts] {n} [members|people|children]; {p}% [are new|are women|are over ten|vote]. [Number|How many|The number][?|, please.|]
          [From|Out of] {n}, {p}[%| percent] [is|are|makes][ how much| how many| what][?|]
          [If|When|Suppose] [100% is|the whole is|everything is] {n}, [what is|how much is|then what's] {p}%[?|]
          [The tax|The tip|The fee|The interest] [is|amounts to] {p}% [on|of] {n} [dollars|euros|coins][.|:] [How much do I pay for it|How high is it|What does that come to][?|]
          {p} [parts of a hundred|out of every hundred|per hundred] [of|from] {n}[?|: how many?|.]
          [Percentages|Percent|Percentage][: |, | – ]{p}% of {n}[.|?|]
          [I'd like to know|I wonder|Could you tell me|Would you kindly say] [what|how much] {p}% of {n} [is|makes|amounts to][.|?|]
          [A class|A box|A field] of {n} [pupils|eggs|trees]: {p}% [are gone|are broken|are big][, | – ][that's how many|how many is that|so how many][?|]
          ~Of {n} pupils {p}% are ill. How many are ill?
          """,
          """
          [|请|请你|帮我|麻烦][计算|算一下|算算|求] {n}的{p}%[。|？||是多少？]
          {n}的{p}%[等于多少|是多少|是几|得多少][？|?|]
          [请问|请告诉我|告诉我|]{n}的{p}%[是多少|等于多少|得几][？|]
          [一件衣服|一个包|一本书|一盏灯]{n}元，降价{p}%，便宜了多少元？
          {n}[个人|名学生|位客人]中有{p}%[同意|来了|参加]，是多少人？
          [总数|全部|整体][是|为|：]{n}，[其中|取|占]{p}%[，|的部分|][是多少|有多少|多少][？|]
          {p}%[，|；]{n}[：|，][求部分|多少|几][？|]
          [班里|公司|村里|学校][有|共]{n}人，{p}%是[新人|女生|老人|党员][，|：][有几人|共几人|几个人][？|]
          [税|小费|手续费|利息]是{n}元的{p}%，[要付多少|有多少|多少元][？|]
          [我|她|老板][有|赚了|存了]{n}元，[花了|捐了|丢了]{p}%，[是多少钱|多少元|这是多少][？|]
          [如果|假如|设][全部|一百份|整体]是{n}，[那么|][{p}%|百分之{p}][是多少|有多少|等于几][？|]
          {n}的百分之{p}[是多少|等于多少|是几|][？|]
          [百分数|百分比|算百分数][：|:]{n}，{p}%
          [把|将]{n}分成一百份，[取|拿]{p}份[，是多少|，得多少|][？|。|]
          {n}×{p}%[=|等于多少|得几|][？|]
          [每一百个里有|每百个取]{p}个，{n}个里[有|取][几个|多少][？|]
          [数|总量]{n}[、|，][比例|百分比]{p}%[，|：][结果|部分][是|][？|]
          ~{p}%乘{n}得多少？
          """);

  private static final Both FRACTION =
      Both.of(
          """
          [What is|What's|Compute|Calculate|Work out|Find|How much is] {x} {op} {y}[?|.|]
          [Please |Can you |Could you |][compute|calculate|work out|find] {x} {op} {y}[.|?|]
          {x} {op} {y}[ =| = ?|=|]
          [Tell me|Give me] the [result|value] of {x} {op} {y}[.|]
          {x} {op} {y}[: | – |, ][as a fraction|what is it|result|in lowest terms][?|, please.|]
          [Fractions|A fraction sum|Exercise|Fraction task][: |, ]{x} {op} {y}[.|?|]
          [Solve|Evaluate|Do|Finish] {x} {op} {y}[ =|][.|, please.| for me.|]
          [I need|I want|Show me] {x} {op} {y} [as one fraction|worked out|in lowest terms][.|]
          [If|When] [I take|we have|you see] {x} {op} {y}, [what comes out|what do I get|what's the result][?|]
          ~How much do {x} {op} {y} make?
          """,
          """
          [|请|请你|帮我|麻烦][计算|算一下|算算|求] {x} {op} {y}[。|？||等于多少？]
          {x} {op} {y} [等于多少|是多少|等于几|得多少][？|?|]
          {x} {op} {y}[ =| = ?|=|]
          [请问|请告诉我|告诉我]{x} {op} {y} [的结果|等于多少][？|。|]
          {x} {op} {y}[，|：][结果|写成分数|最简结果][是什么|是|][？|]
          [分数运算|分数题|分数计算|做题][：|:]{x} {op} {y}
          [我想知道|我要|能告诉我]{x} {op} {y}[等于几|的得数|是几][。|？|]
          [解|做|完成]{x} {op} {y}[=|][。|]
          ~分数{x} {op} {y}得多少？
          """);

  private static final Both SIMPLIFY =
      Both.of(
          """
          [Simplify|Reduce|Please simplify|Please reduce|Can you simplify] [the fraction |]{x}[.|?|]
          [What is|What's] {x} in [lowest terms|its simplest form|simplest form][?|]
          [Write|Give] {x} in [lowest terms|its simplest form][.|]
          {x}[: | – |, ][simplify|reduce it|lowest terms|simplest form][?|, please.|]
          [Lowest terms|Simplest form|Reduced form|Simplification][: | of ]{x}[?|.|]
          [Cancel|Shorten|Bring down] {x}[ fully| completely|][.|]
          [How|In what way] can [one|I|you] [write|reduce|shorten] {x}[ best| more simply|][?|]
          ~Make {x} as simple as possible.
          """,
          """
          [|请|请你|帮我|麻烦][化简|约分][分数|]{x}[。|]
          {x}[化简|约分][后是多少|得多少|是什么|等于多少][？|]
          [把|请把|帮我把]{x}[化成最简分数|约成最简分数|化简|约分][。|]
          {x}[，|：][约分|化简|约到最简][。|？|]
          [最简分数|约分|化简][：|:]{x}
          {x}[约分|化简]以后[是|写作|变成]什么[？|]
          [我要|我想]把{x}[约分|化简|化到最简][。|]
          ~{x}的最简形式是什么？
          """);

  private record Percent(int p, int n) {}

  private record Fractions(int a, int b, int c, int d, boolean plus) {}

  private record Fraction(int a, int b) {
    @Override
    public String toString() {
      return b == 1 ? Integer.toString(a) : a + "/" + b;
    }

    Fraction reduced() {
      int g = gcd(a, b);
      return new Fraction(a / g, b / g);
    }
  }

  private Shares() {}

  static Exercise percent(Draw d) {
    Percent v =
        d.value(
            () -> new Percent(d.of(PERCENTS), 20 * d.between(1, 50)), x -> x.p * x.n % 100 == 0);
    String answer = Integer.toString(v.p * v.n / 100);
    return d.exact(d.ask(PERCENT, "p", v.p, "n", v.n), percentSteps(v.p, v.n), answer);
  }

  private static String percentSteps(int p, int n) {
    int tenth = n / 10;
    return switch (p) {
      case 50 -> n + "÷2=" + n / 2;
      case 25 -> n + "÷2=" + n / 2 + "\n" + n / 2 + "÷2=" + n / 4;
      case 75 -> n + "÷2=" + n / 2 + "\n" + n / 2 + "÷2=" + n / 4 + "\n" + Sums.line(n / 2, n / 4);
      case 5 -> n + "÷10=" + tenth + "\n" + tenth + "÷2=" + n / 20;
      case 10 -> n + "÷10=" + tenth;
      default -> n + "÷10=" + tenth + "\n" + tenth + "×" + p / 10 + "=" + tenth * p / 10;
    };
  }

  static Exercise fraction(Draw d) {
    return d.chance(0.4) ? simplify(d) : sum(d);
  }

  private static Exercise simplify(Draw d) {
    Fraction f =
        d.value(
            () -> {
              int k = d.between(2, 9);
              return new Fraction(k * d.between(1, 9), k * d.between(2, 10));
            },
            x -> x.a < x.b);
    int g = gcd(f.a, f.b);
    String steps = f.a + "÷" + g + "=" + f.a / g + "\n" + f.b + "÷" + g + "=" + f.b / g;
    return d.exact(d.ask(SIMPLIFY, "x", f), steps, f.reduced().toString());
  }

  private static Exercise sum(Draw d) {
    Fractions v =
        d.value(
            () -> {
              int b = d.between(2, 9);
              int e = d.chance(0.4) ? b : d.between(2, 9);
              return new Fractions(d.between(1, b - 1), b, d.between(1, e - 1), e, d.chance(0.6));
            },
            x -> x.plus || x.a * x.d > x.c * x.b);
    int common = v.b * v.d / gcd(v.b, v.d);
    int left = v.a * common / v.b;
    int right = v.c * common / v.d;
    String op = v.plus ? "+" : "-";
    Fraction raw = new Fraction(v.plus ? left + right : left - right, common);
    StringBuilder steps = new StringBuilder();
    if (v.b != v.d) {
      steps.append(v.a + "/" + v.b + "=" + left + "/" + common + "\n");
      steps.append(v.c + "/" + v.d + "=" + right + "/" + common + "\n");
    }
    steps.append(left + op + right + "=" + raw.a + "\n" + raw.a + "/" + common);
    Fraction result = raw.reduced();
    if (result.b != raw.b) {
      steps.append("=" + result);
    }
    String question = d.ask(FRACTION, "x", v.a + "/" + v.b, "op", op, "y", v.c + "/" + v.d);
    return d.exact(question, steps.toString(), result.toString());
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
