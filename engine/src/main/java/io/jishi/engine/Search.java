// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.List;

/**
 * How to find good answers among many, all to one prompt that is computed once. They are ranked, so
 * none can be read before all have ended.
 *
 * <pre>{@code
 * try (Search.Run run = engine.search(Request.text("2 + 2 ="), Search.Beams.of(4))) {
 *   System.out.println(run.result().getFirst().text());
 * }
 * }</pre>
 */
public sealed interface Search {

  /** How many answers are wanted, the best first. */
  int answers();

  /**
   * Draws several answers and keeps those whose tokens are likeliest on the mean: the largest
   * {@code Σ log p(token) / tokens}, end token included, by the model alone.
   *
   * @param answers that are kept
   * @param tries that are drawn
   */
  record BestOf(int answers, int tries) implements Search {
    /** Refuses more answers than tries. */
    public BestOf {
      if (answers < 1 || tries < answers) {
        throw new JishiException.BadRequest(
            "best_of", "best_of must be at least n, " + answers + ", not " + tries);
      }
    }
  }

  /**
   * Beam search: in each step the {@code width} likeliest continuations of all beams go on. Nothing
   * is drawn: the same prompt gives the same answers. As in Hugging Face Transformers, of the
   * {@code 2 · width} best continuations those that end and are among the first {@code width}
   * become answers, with the score {@code Σ log p(token) / tokens^lengthPenalty}, end token
   * included; those beams that reach the limit of tokens become answers as they are.
   *
   * <p>Forms and stop texts are kept: what does not fit goes no further, a stop text or a form that
   * nothing can follow ends an answer as an end token does, and scores stay those of the model
   * alone. No token goes further behind which the limit of tokens leaves no room for the end of the
   * form; a text that is cut off in spite of it (behind thoughts, or where not even the shortest
   * text fits) comes behind all that have their form.
   *
   * @param answers that are wanted, at most {@code width}
   * @param width beams side by side
   * @param lengthPenalty above 0 longer answers are preferred over 0, where the sum alone counts; 1
   *     is the mean
   * @param early when it ends
   */
  record Beams(int answers, int width, float lengthPenalty, Early early) implements Search {
    /** When a search ends before all beams have. */
    public enum Early {
      /** As soon as there are {@code width} answers. */
      FIRST,
      /** When no beam that goes on scores better now than the worst of {@code width} answers. */
      LIKELY,
      /** When none could ever score better, were it certain of all further tokens. */
      NEVER
    }

    /** Refuses what is out of range. */
    public Beams {
      if (width < 1 || width > Capacity.MAX_SEQUENCES) {
        throw new JishiException.BadRequest(
            "beams", "beams must be 1 to " + Capacity.MAX_SEQUENCES + ", not " + width);
      }
      if (answers < 1 || answers > width) {
        throw new JishiException.BadRequest(
            "n", "n must be 1 to the number of beams, " + width + ", not " + answers);
      }
      if (!(Math.abs(lengthPenalty) <= 100)) {
        throw new JishiException.BadRequest(
            "length_penalty", "length_penalty must be -100 to 100, not " + lengthPenalty);
      }
    }

    /** The best answer of so many beams, by the mean. */
    public static Beams of(int width) {
      return new Beams(1, width, 1, Early.LIKELY);
    }
  }

  /** A search under way. Any thread may cancel; closing before the end cancels. */
  interface Run extends AutoCloseable {
    /**
     * Waits for the answers, the best first; where the search was cancelled or its time was up,
     * those that there are, at least one.
     *
     * @throws JishiException.Cancelled where the waiting thread was interrupted
     */
    List<Answer> result();

    /** Ends the search soon. */
    void cancel();

    @Override
    default void close() {
      cancel();
    }
  }
}
