// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** What people say around a question, which changes nothing of its answer. */
final class Frames {
  private static final double FRAMED = 0.3;

  private static final List<Lexicon.Word> BEFORE =
      List.of(
          new Lexicon.Word("Please answer: ", "请回答："),
          new Lexicon.Word("Hi! ", "你好！"),
          new Lexicon.Word("Hello, ", "您好，"),
          new Lexicon.Word("Hey nano, ", "nano，"),
          new Lexicon.Word("Question: ", "问题："),
          new Lexicon.Word("A quick question: ", "问一下，"),
          new Lexicon.Word("I have a question. ", "我有个问题。"),
          new Lexicon.Word("Help me with this: ", "帮我看看："),
          new Lexicon.Word("OK. ", "好的。"),
          new Lexicon.Word("So: ", "那么，"),
          new Lexicon.Word("Next: ", "下一题："),
          new Lexicon.Word("One more: ", "再来一个："),
          new Lexicon.Word("My task: ", "任务："));

  private static final List<Lexicon.Word> BEHIND =
      List.of(
          new Lexicon.Word(" Thanks!", "谢谢！"),
          new Lexicon.Word(" Thank you.", "谢谢。"),
          new Lexicon.Word(" Please.", "麻烦了。"),
          new Lexicon.Word(" Be brief.", "请简短回答。"),
          new Lexicon.Word(" I need it quickly.", "我急着要。"),
          new Lexicon.Word(" Just the answer, please.", "只要答案。"));

  private Frames() {}

  /** The sentence, now and then with something before and behind it. */
  static String around(String sentence, Draw d) {
    String framed = sentence;
    if (d.chance(FRAMED)) {
      framed = d.of(BEFORE).in(d) + framed;
    }
    if (d.chance(FRAMED / 2)) {
      boolean ends = ".?!。？！".indexOf(framed.charAt(framed.length() - 1)) >= 0;
      boolean open = !ends && !framed.endsWith("{q}"); // what stands there ends by itself
      framed += (open ? d.local(".", "。") : "") + d.of(BEHIND).in(d);
    }
    return framed;
  }
}
