// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Batch;
import io.jishi.tensor.StateSpec;
import java.util.Arrays;

/**
 * Runs of a batch's tokens that are worked on together, counted from the start of each sequence,
 * and the blocks that the sequences' keys fill. Laid by one thread, read by all.
 */
final class SpanTiles {
  private static final int BLOCK = StateSpec.BLOCK;

  /** Tokens of a run; divides a block, and no two runs share a cache line of its keys. */
  private static final int TOKENS = BLOCK / 2;

  private Batch batch;
  private int[] spans = new int[0];
  private int[] firsts = new int[0];
  private int[] firstBlocks = new int[0];
  private int count;
  private int blocks;

  /** Cuts a batch. */
  void lay(Batch tokens) {
    batch = tokens;
    count = 0;
    blocks = 0;
    if (firstBlocks.length < batch.spans()) {
      firstBlocks = new int[batch.spans()];
    }
    for (int span = 0; span < batch.spans(); span++) {
      firstBlocks[span] = blocks;
      int length = length(span);
      blocks += (length + BLOCK - 1) / BLOCK;
      for (int first = 0; first < length; first += TOKENS) {
        if (count == spans.length) {
          spans = Arrays.copyOf(spans, 2 * count + 1);
          firsts = Arrays.copyOf(firsts, 2 * count + 1);
        }
        spans[count] = span;
        firsts[count++] = first;
      }
    }
  }

  /** Number of runs. */
  int count() {
    return count;
  }

  /** Number of blocks of all sequences. */
  int blocks() {
    return blocks;
  }

  /** Tokens of a run's sequence. */
  int spanLength(int tile) {
    return length(spans[tile]);
  }

  /** The first token of a run's sequence, in the batch. */
  int spanStart(int tile) {
    return batch.spanStart(spans[tile]);
  }

  /** The first block of a run's sequence. */
  int firstBlock(int tile) {
    return firstBlocks[spans[tile]];
  }

  /** The first token of a run, in its sequence. */
  int first(int tile) {
    return firsts[tile];
  }

  /** The end of a run, in its sequence. */
  int end(int tile) {
    return Math.min(firsts[tile] + TOKENS, spanLength(tile));
  }

  private int length(int span) {
    return batch.spanEnd(span) - batch.spanStart(span);
  }
}
