// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.JishiException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What to ask of an engine.
 *
 * @param streams numbers of callers side by side, each measured
 * @param prompt tokens of each caller's prompt
 * @param generate tokens of each answer
 * @param repeats runs of each number of callers
 * @param prefix tokens of a beginning that comes again; 0 leaves that out
 * @param trace a file of requests to replay, or null; see {@link Trace}
 * @param requests of the trace to replay, from its first one on
 * @param shrink lengths of the trace are divided by this
 * @param speed the trace's clock runs so many times faster
 * @param threads processors to use; 0 takes all
 * @param warmUp how long the JIT rests before a run counts; see {@link WarmUp}
 */
public record ServeOptions(
    List<Integer> streams,
    int prompt,
    int generate,
    int repeats,
    int prefix,
    Path trace,
    int requests,
    int shrink,
    double speed,
    int threads,
    Duration warmUp) {
  /** Tokens that follow a prefix that comes again. */
  static final int TAIL = 16;

  /** The longest sequence of a replay; longer ones are cut. */
  static final int REPLAY_CONTEXT = 2048;

  /** Refuses what cannot be measured. */
  public ServeOptions {
    streams = List.copyOf(streams);
    check(streams.stream().allMatch(s -> s >= 1 && s <= 1024), "batch", "1 to 1024 callers");
    check(prompt >= 1, "prompt", "1 token or more");
    check(generate >= 2, "generate", "2 tokens or more");
    check(repeats >= 1 && repeats <= 1000, "repeats", "1 to 1000 runs");
    check(prefix >= 0, "prefix", "0 or more tokens");
    check(requests >= 1, "requests", "1 request or more");
    check(shrink >= 1, "shrink", "1 or more");
    check(speed > 0 && speed <= 1e6, "speed", "above 0, at most 1000000");
    check(threads >= 0, "threads", "0 or more");
    WarmUp.check(warmUp);
  }

  private static void check(boolean ok, String field, String wanted) {
    if (!ok) {
      throw new JishiException.BadRequest(field, field + ": bench --serve needs " + wanted);
    }
  }

  /** The most tokens that one sequence holds. */
  int longest() {
    int most = streams.isEmpty() ? 0 : prompt + generate;
    most = Math.max(most, prefix == 0 ? 0 : prefix + TAIL + 2);
    return Math.max(most, trace == null ? 0 : REPLAY_CONTEXT);
  }

  /** The most callers side by side. */
  int most() {
    return streams.stream().mapToInt(Integer::intValue).max().orElse(16);
  }
}
