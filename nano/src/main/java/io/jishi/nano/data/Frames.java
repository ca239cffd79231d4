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

  /** More of them to learn from, so that what stands around a question is no news. */
  private static final List<Lexicon.Word> MORE_BEFORE =
      List.of(
          new Lexicon.Word("Excuse me, ", "打扰一下，"),
          new Lexicon.Word("Now: ", "现在："),
          new Lexicon.Word("Another one: ", "还有一个："),
          new Lexicon.Word("Please help: ", "请帮忙："),
          new Lexicon.Word("Good morning. ", "早上好。"),
          new Lexicon.Word("For my homework: ", "我的作业："),
          new Lexicon.Word("I wonder: ", "我在想，"),
          new Lexicon.Word("Quick! ", "快！"),
          new Lexicon.Word("And this: ", "还有这个："),
          new Lexicon.Word("Well, ", "嗯，"),
          new Lexicon.Word("Listen: ", "听好："),
          new Lexicon.Word("Try this: ", "试试这个："),
          new Lexicon.Word("Could you help? ", "能帮忙吗？"),
          new Lexicon.Word("Something else. ", "另外一件事。"),
          new Lexicon.Word("My friend asks: ", "朋友问："),
          new Lexicon.Word("2) ", "第二题："));

  private static final List<Lexicon.Word> MORE_BEHIND =
      List.of(
          new Lexicon.Word(" Thanks in advance.", "先谢谢了。"),
          new Lexicon.Word(" No explanation.", "不用解释。"),
          new Lexicon.Word(" Can you do that?", "可以吗？"),
          new Lexicon.Word(" It is for school.", "学校要用。"),
          new Lexicon.Word(" Only the result.", "只要结果。"),
          new Lexicon.Word(" I am in a hurry.", "我赶时间。"),
          new Lexicon.Word(" Cheers.", "辛苦了。"));

  private Frames() {}

  /** The sentence, now and then with something before and behind it. */
  static String around(String sentence, Draw d) {
    String framed = sentence;
    if (d.chance(FRAMED)) {
      framed = d.of(seen(BEFORE, MORE_BEFORE, d)).in(d) + framed;
    }
    if (d.chance(FRAMED / 2)) {
      boolean ends = ".?!。？！".indexOf(framed.charAt(framed.length() - 1)) >= 0;
      boolean whole =
          framed.endsWith("{q}") || framed.endsWith("{text}"); // these end by themselves
      boolean open = !ends && !whole;
      framed += (open ? d.local(".", "。") : "") + d.of(seen(BEHIND, MORE_BEHIND, d)).in(d);
    }
    return framed;
  }

  /** Half of the time one of the others, where it is to learn from. */
  private static List<Lexicon.Word> seen(List<Lexicon.Word> some, List<Lexicon.Word> more, Draw d) {
    return d.training() && d.chance(0.5) ? more : some;
  }
}
