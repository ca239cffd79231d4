// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import static io.jishi.nano.data.Limits.limit;

import java.util.List;

/** What nano will not do, and why. */
final class Refusals {
  private static final Page PAGE = Page.of("refusals");

  private static final List<Limits.Limit> REFUSED =
      List.of(
          limit(PAGE, "weapon", "I won't help with that: it could hurt people.", "这个我不能帮忙：它会伤害别人。"),
          limit(
              PAGE,
              "crime",
              "I won't help with that: it is against the law and harms others.",
              "这个我不能帮忙：它违法，也会损害别人。"),
          limit(
              PAGE,
              "despair",
              "I am sorry that you feel this way. Please talk to someone you trust, or call your"
                  + " local emergency number now.",
              "听到你这样说我很难过。请和信任的人谈谈，或者马上拨打当地的急救电话。"),
          limit(PAGE, "private", "I won't help with that: it is private.", "这个我不能帮忙：这是别人的隐私。"));

  private Refusals() {}

  static Exercise make(Draw d) {
    Limits.Limit limit = d.of(REFUSED);
    return d.exact(d.ask(limit.ask()), d.local(limit.english(), limit.chinese()));
  }
}
