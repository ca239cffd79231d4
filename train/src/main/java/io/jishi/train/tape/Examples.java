// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.base.JishiException;
import java.util.Map;

/**
 * One batch to learn from: spans of tokens one after another; a token attends to its own span
 * alone, positions count from the span's start.
 *
 * @param tokens the input
 * @param bounds where spans begin, ascending from 0, and the number of tokens as the last
 * @param targets what each loss wants, by the loss's name; of a single one it is {@code ""}
 */
public record Examples(int[] tokens, int[] bounds, Map<String, Targets> targets) {
  /** Checks that bounds ascend over all tokens. */
  public Examples {
    boolean good =
        bounds.length >= 2 && bounds[0] == 0 && bounds[bounds.length - 1] == tokens.length;
    for (int i = 1; good && i < bounds.length; i++) {
      good = bounds[i] > bounds[i - 1];
    }
    if (!good) {
      throw new JishiException.BadRequest(
          "bounds", "spans must ascend from 0 to all " + tokens.length + " tokens, none empty");
    }
    targets = Map.copyOf(targets);
  }

  /** Examples for the one loss of a model. */
  public static Examples of(int[] tokens, int[] bounds, int[] labels) {
    return new Examples(tokens, bounds, Map.of("", Targets.of(labels)));
  }

  /** Number of spans. */
  public int spans() {
    return bounds.length - 1;
  }

  /**
   * What a loss wants.
   *
   * @throws JishiException.BadRequest where there is nothing of that name, or it has another length
   */
  public Targets targets(String name) {
    Targets found = targets.get(name);
    if (found == null) {
      throw new JishiException.BadRequest("targets", "the batch has none for loss '" + name + "'");
    }
    check(found.labels() == null ? tokens.length : found.labels().length);
    check(found.weights() == null ? tokens.length : found.weights().length);
    check(found.values() == null ? tokens.length : found.values().length);
    return found;
  }

  private void check(int length) {
    if (length != tokens.length) {
      throw new JishiException.BadRequest(
          "targets", length + " targets for " + tokens.length + " tokens");
    }
  }
}
