// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** Units and the calendar. */
final class Measures {
  private record Unit(String from, String to, String fromChinese, String toChinese, int factor) {}

  private static final List<Unit> UNITS =
      List.of(
          new Unit("km", "m", "千米", "米", 1000),
          new Unit("m", "cm", "米", "厘米", 100),
          new Unit("cm", "mm", "厘米", "毫米", 10),
          new Unit("kg", "g", "千克", "克", 1000),
          new Unit("t", "kg", "吨", "千克", 1000),
          new Unit("l", "ml", "升", "毫升", 1000),
          new Unit("hours", "minutes", "小时", "分钟", 60),
          new Unit("minutes", "seconds", "分钟", "秒", 60),
          new Unit("days", "hours", "天", "小时", 24),
          new Unit("weeks", "days", "周", "天", 7));

  private static final Both CONVERT =
      Both.of(
          """
          [Convert|Please convert|Change|Turn|Can you convert|I want to convert] {n} {from} [to|into] {to}[.|]
          [How much is|What is|What's] {n} {from} [if I count in|counted in|written in|as] {to}[?|]
          [How many|What number of] {to} are [there in |in ]{n} {from}[?|]
          [What is|What's|How much is] {n} {from} in {to}[?|]
          {n} {from} [in|to|=] {to}[?| = ?|]
          [Can you|Could you] [convert|change] {n} {from} [to|into] {to}?
          [Tell me|I need|Give me] {n} {from} in {to}[.|]
          ~{n} {from} equals how many {to}?
          """,
          """
          [|那么|请算算，]{n}[ |]{from}[是|等于|有|合][多少|几]{to}[？|?|]
          [把|请把|帮我把|麻烦把]{n}[ |]{from}[换算成|换成|转换成|化成]{to}[。|]
          [请问|请告诉我|告诉我]{n}{from}[是|等于|有]多少{to}[？|]
          {n}{from}[ = |=|等于][多少|?|几]{to}[？|]
          ~{n}{from}用{to}表示是多少？
          """);

  private static final List<String> DAYS =
      List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");
  private static final List<String> DAYS_CHINESE =
      List.of("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日");

  private static final Both DAY_AFTER =
      Both.of(
          """
          [Which day|What day|What day of the week] [is it|comes|will it be] {n} days after {day}[?|]
          [Today is|It is] {day}[.|,] [Which|What] day [is it|will it be] in {n} days[?|]
          [If today is|Suppose today is] {day}, [which|what] day [is it|will it be] [in {n} days|{n} days from now|{n} days later][?|]
          [Tell me|Give me] the day {n} days after {day}[.|]
          ~{day} plus {n} days is which day?
          """,
          """
          [今天|现在]是{day}，[再过|过]{n}天是[星期几|哪一天][？|]
          [今天|现在]是{day}，{n}天[后|之后|以后]是[星期几|哪一天][？|]
          {day}[后|之后|过后|以后]{n}天是[星期几|哪一天][？|]
          [如果|假如]今天是{day}，[那么|]{n}天[后|以后]是星期几[？|]
          [请问|请告诉我|告诉我]{day}[后|之后|以后]{n}天是星期几[？|]
          ~{day}再过{n}天，是什么日子？
          """);

  private static final List<String> MONTHS =
      List.of(
          "January",
          "February",
          "March",
          "April",
          "May",
          "June",
          "July",
          "August",
          "September",
          "October",
          "November",
          "December");

  private static final Both MONTH_AFTER =
      Both.of(
          """
          [Which|What] month [is|comes] {n} months after {month}[?|]
          [It is|We have|Now it is] {month}[.|,] [Which|What] month [is it|will it be] in {n} months[?|]
          [Tell me|Give me|Name] the month {n} months after {month}[.|]
          [If it is|Suppose it is] {month}, what month [is it|will it be] in {n} months[?|]
          ~{month} plus {n} months is which month?
          """,
          """
          [现在|本月|这个月]是{month}，[再过|过]{n}个月是几月[？|]
          {month}[后|之后|过后|以后][的|]{n}个月是几月[？|]
          [如果|假如][现在|]是{month}，{n}个月[后|以后]是几月[？|]
          [请问|请告诉我|告诉我]{month}[后|之后|以后]{n}个月是几月[？|]
          ~从{month}起过{n}个月，是哪个月？
          """);

  private record Amount(int unit, int n) {}

  private record Shift(int from, int n) {}

  private Measures() {}

  /** Names of the days. */
  static List<String> days(boolean english) {
    return english ? DAYS : DAYS_CHINESE;
  }

  static Exercise units(Draw d) {
    Amount v = d.value(() -> new Amount(d.between(0, UNITS.size() - 1), d.between(2, 60)));
    Unit unit = UNITS.get(v.unit);
    String from = d.local(unit.from, unit.fromChinese);
    String to = d.local(unit.to, unit.toChinese);
    String question = d.ask(CONVERT, "n", v.n, "from", from, "to", to);
    int product = v.n * unit.factor;
    String answer = product + d.local(" ", "") + to;
    String steps = "1 " + from + " = " + unit.factor + " " + to + "\n";
    boolean decimal = unit.factor % 10 == 0 && unit.factor != 60;
    steps +=
        decimal || v.n < 10 || unit.factor < 10
            ? v.n + "×" + unit.factor + "=" + product
            : Products.steps(v.n, unit.factor);
    return d.exact(question, steps, answer);
  }

  static Exercise dates(Draw d) {
    return d.chance(0.6) ? days(d) : months(d);
  }

  private static Exercise days(Draw d) {
    Shift v = d.value(() -> new Shift(d.between(0, 6), d.between(2, 30)));
    List<String> names = d.english() ? DAYS : DAYS_CHINESE;
    String question = d.ask(DAY_AFTER, "n", v.n, "day", names.get(v.from));
    return d.exact(question, steps(names, v), names.get((v.from + v.n) % 7));
  }

  /** Whole weeks are left out, then the days are counted. */
  private static String steps(List<String> names, Shift v) {
    StringBuilder out = new StringBuilder();
    int rest = v.n % 7;
    if (v.n >= 7) {
      out.append(v.n + "-" + (v.n - rest) + "=" + rest + "\n");
    }
    out.append(names.get(v.from));
    for (int i = 1; i <= rest; i++) {
      out.append(" ").append(i).append(" ").append(names.get((v.from + i) % 7));
    }
    return out.toString();
  }

  private static Exercise months(Draw d) {
    Shift v = d.value(() -> new Shift(d.between(0, 11), d.between(2, 11)));
    int to = (v.from + v.n) % 12;
    String from = d.local(MONTHS.get(v.from), v.from + 1 + "月");
    String answer = d.local(MONTHS.get(to), to + 1 + "月");
    int sum = v.from + 1 + v.n;
    String steps = v.from + 1 + "+" + v.n + "=" + sum;
    steps += sum > 12 ? "\n" + sum + "-12=" + (sum - 12) : "";
    return d.exact(d.ask(MONTH_AFTER, "n", v.n, "month", from), steps, answer);
  }
}
