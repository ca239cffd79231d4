// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.DType;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One block of up to {@link Lanes#COUNT} rows as {@link Packing} cuts it, rows across the lanes of
 * heap arrays, out of stored memory or out of packed tiles of any size. Lanes beyond the matrix
 * hold leftovers: their results are not used.
 */
final class RawTile {
  private static final int MAX_WORDS = 52;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  /** The words of the block. */
  final int[][] words = new int[MAX_WORDS][Lanes.COUNT];

  /** The tails of the block, where they are two bytes. */
  final short[] halves = new short[Lanes.COUNT];

  /** The tails of the block, where they are one byte. */
  final byte[] bytes = new byte[Lanes.COUNT];

  private MemorySegment data;
  private DType type;
  private boolean packed;
  private int tile;
  private int rows;
  private int wordCount;
  private int tailBytes;
  private long first;
  private long stride;
  private long tails;

  /** Begins with rows {@code chunk · COUNT … } of a weight. */
  void begin(Weight weight, int chunk) {
    data = weight.data();
    type = weight.type();
    packed = weight.layout() == Weight.Layout.PACKED;
    tile = weight.tile();
    rows = Math.min(Lanes.COUNT, weight.rows() - chunk * Lanes.COUNT);
    wordCount = Packing.words(type);
    tailBytes = Packing.tailBytes(type);
    if (packed) {
      stride = Packing.tileBytes(type, weight.cols(), tile);
      first = (long) chunk * (Lanes.COUNT / tile) * stride;
      tails = Packing.tailsOffset(type, tile);
    } else {
      stride = type.rowBytes(weight.cols());
      first = (long) chunk * Lanes.COUNT * stride;
    }
  }

  /** Brings in block {@code block} of all rows. */
  void load(int block) {
    if (packed) {
      for (int lane = 0; lane < rows; lane += tile) {
        loadTile(first + lane / tile * stride, block, lane);
      }
    } else {
      loadStored(first + (long) block * type.blockBytes());
    }
  }

  private void loadTile(long start, int block, int lane) {
    long at = start + Packing.blockOffset(type, tile, block);
    for (int k = 0; k < wordCount; k++) {
      MemorySegment.copy(data, INT, at + 4L * k * tile, words[k], lane, tile);
    }
    long tail = at + tails;
    if (tailBytes == 2) {
      MemorySegment.copy(data, SHORT, tail, halves, lane, tile);
    } else if (tailBytes == 1) {
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, tail, bytes, lane, tile);
    }
  }

  private void loadStored(long offset) {
    int flip = Packing.flip(type);
    for (int k = 0; k < wordCount; k++) {
      int[] row = words[k];
      long at = offset + Packing.wordsOffset(type) + 4L * k;
      for (int r = 0; r < rows; r++) {
        row[r] = data.get(INT, at + r * stride) ^ flip;
      }
    }
    long at = offset + Packing.tailOffset(type);
    for (int r = 0; r < rows && tailBytes == 2; r++) {
      halves[r] = data.get(SHORT, at + r * stride);
    }
    for (int r = 0; r < rows && tailBytes == 1; r++) {
      bytes[r] = data.get(ValueLayout.JAVA_BYTE, at + r * stride);
    }
  }
}
