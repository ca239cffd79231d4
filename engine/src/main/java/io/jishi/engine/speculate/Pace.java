// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

import java.util.List;

/**
 * Decides how many guesses are worth their time. A step of n tokens takes about {@code T(n)}; a
 * further guess adds {@code T'} (and what making it takes) and is right with the chance that its
 * text has shown, {@code p} for the first, {@code p²} for the second and so on. It is worth it as
 * long as {@code chance / time} is more than the tokens per time of the whole step without it: so
 * guesses grow longer where they come true and stop where they do not, and stop too where many
 * callers side by side leave no idle time.
 *
 * <p>Times are measured, so decisions differ from run to run; answers do not depend on them.
 */
public final class Pace {
  /** Weight of a new measurement of what a guess takes. */
  private static final double NEW = 0.1;

  /** The first calls of a drafter run code that is not compiled yet: they do not count. */
  private static final int COLD = 3;

  /**
   * What is left of a drafter's cost after a step in which it was too dear to be asked: it is asked
   * again some time, in case it was disturbed.
   */
  private static final double FADING = 0.99;

  private final CostLine step = new CostLine();
  private double draftNanos;
  private int calls;

  /** Nothing is measured yet. */
  public Pace() {}

  /**
   * Takes the time of a step in which texts went on and no prompt was read.
   *
   * @param tokens that it computed, guesses included
   */
  public void step(int tokens, long nanos) {
    step.observe(tokens, Math.max(1, nanos));
  }

  /** Takes the time in which a drafter ran so many tokens. */
  public void drafted(int tokens, long nanos) {
    if (tokens > 0 && ++calls > COLD) {
      double each = (double) nanos / tokens;
      draftNanos += (calls == COLD + 1 ? 1 : NEW) * (each - draftNanos);
    }
  }

  /**
   * Cuts each draft's wanted guesses to those that pay.
   *
   * @param drafts of texts that go on in a step
   * @param tokens of that step without guesses
   * @param texts how many go on in it
   * @param spare tokens that it may compute besides
   * @param made whether the guesses are there already, so that making them costs nothing more
   */
  public void decide(List<Draft> drafts, int tokens, int texts, int spare, boolean made) {
    double expected = texts;
    double time = step.at(tokens);
    double each = step.each() + (made ? 0 : draftNanos);
    int left = spare;
    boolean more = true;
    for (int depth = 1; more; depth++) {
      more = false;
      for (int i = 0; i < drafts.size(); i++) {
        Draft draft = drafts.get(i);
        int possible = made ? draft.count() : draft.wanted();
        if (possible < depth) {
          continue;
        }
        double chance = Math.pow(draft.chance(), depth);
        if (left > 0 && chance * time > expected * each) {
          expected += chance;
          time += each;
          left--;
          more = true;
        } else {
          draft.want(depth - 1);
        }
      }
    }
    draftNanos *= !made && left == spare ? FADING : 1;
  }
}
