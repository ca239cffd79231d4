// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.JishiException;
import java.util.List;

/**
 * What to measure.
 *
 * @param prompt tokens of the prefill; 0 leaves it out
 * @param generate tokens of each decode; 0 leaves it out
 * @param batches numbers of sequences that decode side by side
 * @param repeats runs of each; median, minimum and maximum are of these
 * @param threads processors to use; 0 takes all
 */
public record BenchOptions(
    int prompt, int generate, List<Integer> batches, int repeats, int threads) {

  /** Refuses what cannot be measured. */
  public BenchOptions {
    batches = List.copyOf(batches);
    check(prompt >= 0, "prompt", "0 or more tokens");
    check(generate >= 0, "generate", "0 or more tokens");
    check(prompt + generate > 0, "prompt", "something to measure: tokens to read or to generate");
    check(batches.stream().allMatch(b -> b > 0 && b <= 1024), "batch", "1 to 1024 sequences");
    check(repeats > 0 && repeats <= 1000, "repeats", "1 to 1000 runs");
    check(threads >= 0, "threads", "0 or more");
  }

  private static void check(boolean ok, String field, String wanted) {
    if (!ok) {
      throw new JishiException.BadRequest(field, field + ": bench needs " + wanted);
    }
  }
}
