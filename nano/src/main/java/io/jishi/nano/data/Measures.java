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
          {day}[, | and | → ][{n} days later|{n} days on|then {n} days][: which day|, which day is it| =|][?|]
          {n} days [after|past|from|following] {day}[: | – |, ][which day|what day is it|the day][?|]
          [Start|Begin] [on|with] {day}[ and|, then|;] [count|go|move] {n} days [forward|ahead|on][.|: where do you land?|. Which day?]
          [Our|My|The] [trip|course|holiday|party] [starts|began|is planned] on {day}[ and ends| and finishes|; it ends] {n} days later[.|:] [On which day|Which day is that|What day is the end][?|]
          [I was born|The letter came|He left|She called] on {day}[;|, and|.] [{n} days later|after {n} days|{n} days after that] [it was|we had] [what day|which day of the week][?|]
          [Weekday|Day][: |=]{day}[, |; ][days|shift][: |=][+|]{n}[, |; ][new day|result][: |=]?
          [What|Which] [weekday|day] [do we have|is it then|follows] [when|once|after] {n} days [have passed|are over|go by] [from|since|after] {day}[?|]
          [Can you|Could you|Please] [tell me|work out|find] [what day|which day|which weekday] [is|comes|falls] {n} days after {day}[?|.|]
          [In|After] {n} days[, | ][starting|counted|counting] [on|from] {day}[, it is|: it is|, we have] [which day|what weekday][?|]
          [Today we have|Now it's|It's] {day}. [Name|Say|Find] the day [in {n} days|{n} days ahead|after {n} days][.|]
          [The shop|The library|The bank] [opens again|will be open] in {n} days. [Today is|It's] {day}. [When does it open|Which day is that][?|]
          ~{day} plus {n} days is which day?
          """,
          """
          [今天|现在]是{day}，[再过|过]{n}天是[星期几|哪一天][？|]
          [今天|现在]是{day}，{n}天[后|之后|以后]是[星期几|哪一天][？|]
          {day}[后|之后|过后|以后]{n}天是[星期几|哪一天][？|]
          [如果|假如]今天是{day}，[那么|]{n}天[后|以后]是星期几[？|]
          [请问|请告诉我|告诉我]{day}[后|之后|以后]{n}天是星期几[？|]
          {n}天[后|之后|以后][：|，]{day}[变成|成了|往后数到]星期几[？|]
          从{day}[开始|起|算起][往后|向后|][数|算]{n}天[，|][是星期几|到星期几|停在哪天][？|]
          [会议|旅行|考试|假期][在|从]{day}开始，{n}天后[结束|出成绩|回来]，[是星期几|那天星期几|结束在星期几][？|]
          [我|他|妈妈]{day}[出发|寄信|住院]，[过了|经过]{n}天[到|回来|收到]，[到的那天|那天|当天]是星期几[？|]
          [日期|星期][：|:]{day}，[加|推后|推迟]{n}天[，|：][结果|得到][？|]
          {day}[+|加]{n}天[=|等于|是星期几][？|]
          [再等|还有]{n}天[放假|考试|过节]，今天{day}，[那天|到时候]是[星期几|哪天][？|]
          [你知道|能算出|算算][从|]{day}[后|以后]第{n}天是星期几吗[？|]
          [若|设]今天[为|是]{day}，[求|则]{n}天[后|之后]的星期[。|几？|]
          [商店|图书馆|银行]{n}天后[开门|营业]，今天是{day}，[哪天|星期几]开[门|][？|]
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
          {month}[, | and | → ][{n} months later|{n} months on|then {n} months][: which month|, which month is it| =|][?|]
          [Start|Begin] [in|with] {month}[ and|, then|;] [count|go|move] {n} months [forward|ahead|on][.|: where do you land?|. Which month?]
          [The work|The course|The lease|Her leave] [starts|began] in {month}[ and ends| and finishes|; it ends] {n} months later[.|:] [In which month|Which month is that][?|]
          {n} months [after|past|from|following] {month}[: | – |, ][which month|what month is it|the month][?|]
          [Month][: |=]{month}[, |; ][months|shift][: |=][+|]{n}[, |; ][new month|result][: |=]?
          [Can you|Could you|Please] [tell me|work out|find] which month [is|comes|falls] {n} months after {month}[?|.|]
          [In|After] {n} months[, | ][starting|counted] from {month}[, it is|: it is|, we have] which month[?|]
          [What|Which] month [do we have|is it then] [when|once] {n} months [have passed|are over] since {month}[?|]
          ~{month} plus {n} months is which month?
          """,
          """
          [现在|本月|这个月]是{month}，[再过|过]{n}个月是几月[？|]
          {month}[后|之后|过后|以后][的|]{n}个月是几月[？|]
          [如果|假如][现在|]是{month}，{n}个月[后|以后]是几月[？|]
          [请问|请告诉我|告诉我]{month}[后|之后|以后]{n}个月是几月[？|]
          {n}个月[后|之后|以后][：|，]{month}[变成|往后数到]几月[？|]
          {month}[开始|起][往后|向后]数{n}个月[，|][是几月|到几月][？|]
          [工程|课程|租约|产假]{month}开始，{n}个月后[结束|到期]，[是几月|那时几月|结束在几月][？|]
          [月份|现在][：|:]{month}，[加|推后|推迟]{n}个月[，|：][结果|得到][？|]
          {month}[+|加]{n}个月[=|等于|是几月][？|]
          [再等|还有]{n}个月[毕业|搬家|过年]，现在{month}，[那时|到时候]是几月[？|]
          [若|设][现在|本月][为|是]{month}，[求|则]{n}个月[后|之后]的月份[。|]
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
