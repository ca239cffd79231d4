// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * What happens to the scores of attention between the product and the softmax, beside the scale.
 *
 * @param window the newest keys that a query sees, its own included; 0 for all
 * @param softCap scores become {@code softCap · tanh(score / softCap)} (Gemma 2); 0 for none
 * @param slopes {@code slope_h · (key position − query position)} is added (ALiBi, Press et al.
 *     2022), one slope a query head; null for none
 * @param sinks {@code [1, heads]}: one more score a head, of a key without a value (gpt-oss); null
 *     for none
 */
public record Scores(int window, float softCap, float[] slopes, Weight sinks) {
  /** Nothing happens. */
  public static final Scores PLAIN = new Scores(0, 0, null, null);

  /** Whether nothing happens. */
  public boolean plain() {
    return window == 0 && softCap == 0 && slopes == null && sinks == null;
  }
}
