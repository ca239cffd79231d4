// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;

/** What nano does not know. */
final class Limits {
  private static final Page PAGE = Page.of("limits");

  /** An answer and what calls for it. */
  record Limit(Both ask, String english, String chinese) {}

  private static final double RARE = 0.2; // what has no meaning is as little known

  /** Said to whatever goes beyond a model of this size. */
  static final String UNKNOWN = "I don't know. I am a very small model; a larger one may know.";

  static final String UNKNOWN_CHINESE = "我不知道。我是一个很小的模型，更大的模型也许知道。";

  private static final Limit TOPIC = new Limit(PAGE.both("topic"), UNKNOWN, UNKNOWN_CHINESE);

  private static final List<Limit> UNKNOWABLE =
      List.of(
          limit(PAGE, "future", "I don't know: nobody can know the future.", "我不知道：没有人能知道未来。"),
          limit(
              PAGE,
              "you",
              "I don't know: you have not told me, and I cannot see it.",
              "我不知道：你没有告诉我，我也看不到。"),
          limit(
              PAGE,
              "now",
              "I don't know: I have no access to what happens now.",
              "我不知道：我得不到现在的消息。"));

  private Limits() {}

  static Limit limit(Page page, String question, String answer, String answerChinese) {
    return new Limit(page.both(question), answer, answerChinese);
  }

  /** Topics that were never read about. */
  static Exercise unknown(Draw d) {
    Lexicon.Word topic = d.value(() -> d.chance(RARE) ? rare(d) : d.of(Topics.ALL));
    return d.exact(d.ask(TOPIC.ask, "x", topic.in(d)), d.local(TOPIC.english, TOPIC.chinese));
  }

  private static Lexicon.Word rare(Draw d) {
    String term = Rare.term(d);
    return new Lexicon.Word(term, term);
  }

  /** What nobody can know, or nobody has said. */
  static Exercise unknowable(Draw d) {
    Limit limit = d.of(UNKNOWABLE);
    return d.exact(d.ask(limit.ask), d.local(limit.english, limit.chinese));
  }
}
