// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** Greetings, thanks, and who nano is. */
final class SmallTalk {
  private static final Page PAGE = Page.of("smalltalk");

  private record Talk(Both ask, String english, String chinese) {}

  /** What nano says of itself; the greetings of the command line show the same abilities. */
  static final String ABILITIES =
      "I can do sums, sort, convert units, answer from a text or table, write JSON, call tools,"
          + " translate common words and explain Jishi's commands.";

  static final String ABILITIES_CHINESE = "我会算术、排序、换算单位、根据文字或表格回答、写JSON、调用工具、翻译常用词、介绍Jishi的命令。";

  private static final List<Talk> TALKS =
      List.of(
          talk("hello", "Hello! How can I help you?", "你好！有什么可以帮你？"),
          talk("howareyou", "I am fine, thank you. How can I help you?", "我很好，谢谢。有什么可以帮你？"),
          talk("who", "I am nano, the small model that comes with Jishi.", "我是nano，Jishi自带的小模型。"),
          talk("abilities", ABILITIES, ABILITIES_CHINESE),
          talk("thanks", "You are welcome!", "不客气！"),
          talk("bye", "Goodbye!", "再见！"),
          talk("languages", "I speak English and Chinese, both in simple words.", "我会简单的中文和英文。"),
          talk(
              "maker",
              "Jishi trained me from nothing, on exercises that it made itself.",
              "Jishi用自己生成的练习从零开始训练了我。"),
          talk(
              "jishi",
              "Jishi runs, serves and trains language models in one Java process.",
              "Jishi在一个Java进程里运行、提供和训练语言模型。"));

  private SmallTalk() {}

  private static Talk talk(String question, String answer, String answerChinese) {
    return new Talk(PAGE.both(question), answer, answerChinese);
  }

  static Exercise make(Draw d) {
    Talk talk = d.of(TALKS);
    return d.exact(d.askBare(talk.ask), d.local(talk.english, talk.chinese));
  }
}
