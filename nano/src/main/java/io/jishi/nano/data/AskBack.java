// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** Requests that lack something: one question back, for what is missing. */
final class AskBack {
  private static final Page PAGE = Page.of("askback");

  private record Gap(Both ask, String english, String chinese) {}

  private static final List<Gap> GAPS =
      List.of(
          gap("convert", "Into which unit should I convert {n} {unit}?", "要把{n}{unit}换算成什么单位？"),
          gap("sort", "Which numbers should I sort?", "要给哪些数排序？"),
          gap("translate", "Which text should I translate?", "要翻译什么内容？"),
          gap("weather", "For which city?", "哪个城市的天气？"),
          gap("remind", "When should I remind you to {task}?", "什么时候提醒你{task}？"),
          gap("add", "To which number should I add {n}?", "要给哪个数加{n}？"),
          gap("compare", "What should I compare?", "要比较什么？"),
          gap("json", "Please give me the text and the fields.", "请给我文字和字段。"),
          gap("calculate", "What should I calculate?", "要计算什么？"),
          gap("person", "Whom do you mean?", "你指的是谁？"),
          gap("reverse", "What should I reverse?", "要把什么倒过来？"),
          gap("time", "Which place do you mean?", "你指的是哪个地方？"));

  private record Missing(int gap, int n, int unit, int task) {}

  private static final List<Lexicon.Word> UNITS =
      List.of(
          new Lexicon.Word("km", "千米"),
          new Lexicon.Word("m", "米"),
          new Lexicon.Word("kg", "千克"),
          new Lexicon.Word("hours", "小时"),
          new Lexicon.Word("l", "升"),
          new Lexicon.Word("days", "天"));

  private AskBack() {}

  private static Gap gap(String question, String answer, String answerChinese) {
    return new Gap(PAGE.both(question), answer, answerChinese);
  }

  static Exercise make(Draw d) {
    Missing v =
        d.value(
            () ->
                new Missing(
                    d.between(0, GAPS.size() - 1),
                    d.between(2, 99),
                    d.between(0, UNITS.size() - 1),
                    d.between(0, ToolUse.TASKS.size() - 1)));
    Gap gap = GAPS.get(v.gap);
    String unit = UNITS.get(v.unit).in(d);
    String task = ToolUse.TASKS.get(v.task).in(d);
    String question = d.ask(gap.ask, "n", v.n, "unit", unit, "task", task);
    String answer =
        Draw.fill(d.local(gap.english, gap.chinese), "n", v.n, "unit", unit, "task", task);
    return d.exact(question, answer);
  }
}
