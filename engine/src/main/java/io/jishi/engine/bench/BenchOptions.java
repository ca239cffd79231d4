// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.time.Duration;
import java.util.List;

/**
 * What to measure.
 *
 * @param prompts tokens of each prefill; 0 leaves it out
 * @param generate tokens of each decode; 0 leaves it out
 * @param batches numbers of sequences that decode side by side
 * @param repeats runs of each; median, minimum and maximum are of these
 * @param threads processors to use; 0 takes all
 * @param warmUp how long the JIT rests before a run counts; see {@link WarmUp}
 * @param repack whether weights may be repacked; see {@link io.jishi.engine.EngineOptions}
 * @param profile whether each is run again to see where its time goes
 * @param cache what keys and values are cached as; null takes F16
 */
public record BenchOptions(
    List<Integer> prompts,
    int generate,
    List<Integer> batches,
    int repeats,
    int threads,
    Duration warmUp,
    boolean repack,
    boolean profile,
    DType cache) {
  /** Refuses what cannot be measured. */
  public BenchOptions {
    prompts = prompts.stream().filter(p -> p != 0).toList();
    batches = List.copyOf(batches);
    cache = cache == null ? DType.F16 : cache;
    check(StateSpec.CACHED.contains(cache), "cache", "one of " + StateSpec.CACHED);
    check(prompts.stream().allMatch(p -> p > 0), "prompt", "0 or more tokens");
    check(generate >= 0, "generate", "0 or more tokens");
    check(
        !prompts.isEmpty() || generate > 0,
        "prompt",
        "something to measure: tokens to read or to generate");
    check(batches.stream().allMatch(b -> b > 0 && b <= 1024), "batch", "1 to 1024 sequences");
    check(repeats > 0 && repeats <= 1000, "repeats", "1 to 1000 runs");
    check(threads >= 0, "threads", "0 or more");
    WarmUp.check(warmUp);
  }

  /** The most tokens that one sequence holds. */
  int longest() {
    int prompt = prompts.stream().mapToInt(Integer::intValue).max().orElse(0);
    return Math.max(prompt, generate + 1);
  }

  private static void check(boolean ok, String field, String wanted) {
    if (!ok) {
      throw new JishiException.BadRequest(field, field + ": bench needs " + wanted);
    }
  }
}
