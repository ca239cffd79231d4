// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Batch;
import io.jishi.tensor.StateSpec;

/**
 * Runs of a batch's tokens that are worked on together: of one sequence, cut at multiples of {@link
 * #TOKENS} positions, so that a run lies within one block of the cache and no two share a cache
 * line of it. One for each thread: {@link #find} leaves its answer in the fields.
 */
final class TokenTiles {
  /** Positions of a run; divides a block. */
  static final int TOKENS = StateSpec.BLOCK / 2;

  /** The sequence. */
  int span;

  /** Its first token of the run, in the batch. */
  int first;

  /** The end of the run, in the batch. */
  int end;

  /** Number of runs. */
  static int count(Batch batch) {
    int count = 0;
    for (int s = 0; s < batch.spans(); s++) {
      count += count(batch, s);
    }
    return count;
  }

  private static int count(Batch batch, int span) {
    int start = batch.spanStart(span);
    int end = batch.spanEnd(span);
    return start == end ? 0 : batch.position(end - 1) / TOKENS - batch.position(start) / TOKENS + 1;
  }

  /** Finds run {@code index}. */
  void find(Batch batch, int index) {
    int left = index;
    span = 0;
    while (left >= count(batch, span)) {
      left -= count(batch, span++);
    }
    int start = batch.spanStart(span);
    int position = batch.position(start);
    int border = (position / TOKENS + left) * TOKENS;
    first = start + Math.max(0, border - position);
    end = Math.min(batch.spanEnd(span), start + border + TOKENS - position);
  }
}
