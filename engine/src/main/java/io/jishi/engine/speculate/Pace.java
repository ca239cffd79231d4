// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

import java.util.Arrays;
import java.util.List;

/**
 * Decides how many guesses are worth their time. A guess is right with the chance that its text has
 * shown: {@code p} for the first, {@code p²} for the second and so on. Of all guesses for all texts
 * of a step the likeliest come first, and so many of them are computed as make the expected tokens
 * per time the most: {@code (texts + Σ chances) / T(tokens + guesses)}, with {@code T} as measured.
 * So guesses grow longer where they come true and stop where they do not, and stop too where many
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

  private final StepCosts step = new StepCosts();
  private int[] order = new int[64];
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
    int ranked = rank(drafts, spare, made);
    double own = made ? 0 : draftNanos;
    double expected = texts;
    double best = texts / step.at(tokens);
    int most = 0;
    for (int i = 0; i < ranked; i++) {
      Draft draft = drafts.get(order[i]);
      draft.rank++;
      expected += Math.pow(draft.chance(), draft.rank);
      double rate = expected / (step.at(tokens + i + 1) + own * (i + 1));
      if (rate > best) {
        best = rate;
        most = i + 1;
      }
    }
    grant(drafts, most);
    draftNanos *= !made && most == 0 ? FADING : 1;
  }

  /** Orders possible guesses by their chances: the places of their drafts, and how many it are. */
  private int rank(List<Draft> drafts, int spare, boolean made) {
    drafts.forEach(draft -> draft.rank = 0);
    int ranked = 0;
    while (ranked < spare) {
      int likeliest = -1;
      double most = 0;
      for (int i = 0; i < drafts.size(); i++) {
        Draft draft = drafts.get(i);
        int possible = made ? draft.count() : draft.wanted();
        double chance = draft.rank < possible ? Math.pow(draft.chance(), draft.rank + 1) : 0;
        if (chance > most) {
          most = chance;
          likeliest = i;
        }
      }
      if (likeliest < 0) {
        break;
      }
      if (ranked == order.length) {
        order = Arrays.copyOf(order, 2 * ranked);
      }
      order[ranked++] = likeliest;
      drafts.get(likeliest).rank++;
    }
    drafts.forEach(draft -> draft.rank = 0);
    return ranked;
  }

  /** Lets each draft have its guesses among the first {@code most}. */
  private void grant(List<Draft> drafts, int most) {
    drafts.forEach(draft -> draft.rank = 0);
    for (int i = 0; i < most; i++) {
      drafts.get(order[i]).rank++;
    }
    drafts.forEach(draft -> draft.want(draft.rank));
  }
}
