// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.DType;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One block of up to {@link #LANES} rows of an integer format, rows across the lanes of heap
 * arrays. {@link #load} brings in the stored words; {@link #group} turns 32 values of each row into
 * unsigned bytes, four to an int (taking them out costs one operation less than signed ones), and
 * their scales:
 *
 * <p>{@code w[i] = scale(i) · (q(i) − bias) + min(i)} with one {@code scale} and {@code min} for
 * all values, or one for values 0–15 and one for 16–31. Both are products of a half-precision
 * number and a small integer, so they are exact.
 *
 * <p>Lanes beyond the tile's rows hold leftovers: their results are not used. Loops run over all
 * lanes, since the JIT vectorises only loops of a length that it knows. Formats: see {@link
 * io.jishi.tensor.Dequantizer}.
 */
final class Tile {
  static final int LANES = 128;
  private static final int MAX_WORDS = 52;
  private static final int LOW_NIBBLES = 0x0F0F0F0F;
  private static final int PAIRS = 0x03030303;
  private static final int ONES = 0x01010101;

  private final int[][] words = new int[MAX_WORDS][LANES];
  private final short[] halves = new short[LANES];
  private final byte[] bytes = new byte[LANES];
  private final int[][] made = new int[8][LANES];

  /** The group's values: byte i % 4 of {@code q[i / 4][lane]} is value i, unsigned. */
  final int[][] q = new int[8][];

  /** Scales: of all values, or of values 0–15 and 16–31, as {@link #parts} says. */
  final float[][] scale = new float[2][LANES];

  /** Minima of the same values, where {@link #hasMin}. */
  final float[][] min = new float[2][LANES];

  /** What is subtracted from each value. */
  int bias;

  /** Scales of a group, 1 or 2. */
  int parts;

  boolean hasMin;

  /** The scale of a block's scales, and of its minima: negative where the format subtracts them. */
  private final float[] d = new float[LANES];

  private final float[] m = new float[LANES];

  /** The integers of {@link #scale} and {@link #min}. */
  private final int[][] sub = new int[2][LANES];

  private final int[][] subMin = new int[2][LANES];
  private boolean hasSub;
  private MemorySegment data;
  private DType type;
  private Weight weight;
  private int firstRow;
  private int lanes;
  private long rowBytes;

  /** Begins with rows from {@code group · LANES} on: all that their blocks have in common. */
  void begin(Weight of, int group) {
    weight = of;
    data = of.data();
    type = of.type();
    firstRow = group * LANES;
    lanes = Math.min(LANES, of.rows() - firstRow);
    rowBytes = type.rowBytes(of.cols());
    hasSub = type.blockSize() == 256;
    parts = type == DType.Q2_K || type == DType.Q3_K || type == DType.Q6_K ? 2 : 1;
    hasMin =
        switch (type) {
          case Q4_1, Q5_1, Q2_K, Q4_K, Q5_K -> true;
          default -> false;
        };
    bias =
        switch (type) {
          case Q8_0 -> 128;
          case Q4_0 -> 8;
          case Q5_0 -> 16;
          case Q3_K -> 4;
          case Q6_K -> 32;
          default -> 0;
        };
  }

  /** Brings in block {@code block} of all rows of the tile. */
  void load(int block) {
    if (weight.layout() == Weight.Layout.PACKED) {
      for (int lane = 0; lane < lanes; lane += weight.tile()) {
        loadPacked(block, lane);
      }
    } else {
      loadStored(firstRow * rowBytes + (long) block * type.blockBytes());
    }
    scales();
  }

  /** One packed tile, whose rows go to the lanes from {@code lane} on. */
  private void loadPacked(int block, int lane) {
    int tile = weight.tile();
    int cols = weight.cols();
    long base = (firstRow + lane) / tile * Packing.tileBytes(type, cols, tile);
    for (int k = 0; k < Packing.words(type); k++) {
      long at = base + Packing.wordOffset(type, tile, block, k);
      MemorySegment.copy(data, ValueLayout.JAVA_INT_UNALIGNED, at, words[k], lane, tile);
    }
    if (Packing.tailBytes(type) == 2) {
      long at = base + Packing.tailOffset(type, cols, tile, block);
      MemorySegment.copy(data, ValueLayout.JAVA_SHORT_UNALIGNED, at, halves, lane, tile);
    } else if (Packing.tailBytes(type) == 1) {
      long at = base + Packing.tailOffset(type, cols, tile, block);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, bytes, lane, tile);
    }
  }

  private void loadStored(long offset) {
    int count = Packing.words(type);
    int flip = Packing.flip(type);
    for (int k = 0; k < count; k++) {
      int[] row = words[k];
      long at = offset + Packing.wordsOffset(type) + 4L * k;
      for (int r = 0; r < lanes; r++) {
        row[r] = data.get(ValueLayout.JAVA_INT_UNALIGNED, at + r * rowBytes) ^ flip;
      }
    }
    long tail = offset + Packing.tailOffset(type);
    for (int r = 0; r < lanes && Packing.tailBytes(type) == 2; r++) {
      halves[r] = data.get(ValueLayout.JAVA_SHORT_UNALIGNED, tail + r * rowBytes);
    }
    for (int r = 0; r < lanes && Packing.tailBytes(type) == 1; r++) {
      bytes[r] = data.get(ValueLayout.JAVA_BYTE, tail + r * rowBytes);
    }
  }

  /** The scales of the whole block. */
  private void scales() {
    switch (type) {
      case Q8_0, Q4_0, Q5_0, Q3_K, Q6_K -> {
        for (int r = 0; r < LANES; r++) {
          d[r] = Float.float16ToFloat(halves[r]);
        }
      }
      case Q4_1, Q5_1 -> pair(words[0], 1);
      case Q4_K, Q5_K -> pair(words[0], -1);
      case Q2_K -> pair(words[20], -1);
      default -> throw new IllegalArgumentException(type + " has no integer kernel");
    }
  }

  /** A word that holds scale and minimum. */
  private void pair(int[] word, int sign) {
    for (int r = 0; r < LANES; r++) {
      d[r] = Float.float16ToFloat((short) word[r]);
      m[r] = sign * Float.float16ToFloat((short) (word[r] >> 16));
    }
  }

  /** Makes ready values {@code 32 · g … 32 · g + 31} of the block. */
  void group(int g) {
    switch (type) {
      case Q8_0 -> System.arraycopy(words, 0, q, 0, 8);
      case Q4_0 -> nibbles(0);
      case Q4_1 -> nibbles(1);
      case Q5_0 -> fives(0);
      case Q5_1 -> fives(1);
      case Q2_K -> group2(g);
      case Q3_K -> group3(g);
      case Q4_K -> group45(g, 4, false);
      case Q5_K -> group45(g, 12, true);
      case Q6_K -> group6(g);
      default -> throw new IllegalArgumentException(type + " has no integer kernel");
    }
    for (int part = 0; part < parts; part++) {
      if (hasSub) {
        times(sub[part], d, scale[part]);
      } else {
        System.arraycopy(d, 0, scale[part], 0, LANES);
      }
      if (hasMin && hasSub) {
        times(subMin[part], m, min[part]);
      } else if (hasMin) {
        System.arraycopy(m, 0, min[part], 0, LANES);
      }
    }
  }

  private static void times(int[] a, float[] b, float[] out) {
    for (int r = 0; r < LANES; r++) {
      out[r] = (float) a[r] * b[r];
    }
  }

  /** Values 0–15 are the low nibbles of four words, 16–31 the high ones. */
  private void nibbles(int first) {
    for (int k = 0; k < 4; k++) {
      mask(words[first + k], 0, LOW_NIBBLES, made[k]);
      mask(words[first + k], 4, LOW_NIBBLES, made[4 + k]);
    }
    useMade();
  }

  private void fives(int first) {
    int[] high = words[first];
    for (int k = 0; k < 4; k++) {
      mask(words[first + 1 + k], 0, LOW_NIBBLES, made[k]);
      mask(words[first + 1 + k], 4, LOW_NIBBLES, made[4 + k]);
    }
    for (int k = 0; k < 8; k++) {
      int[] out = made[k];
      int shift = 4 * k;
      for (int r = 0; r < LANES; r++) {
        // Bit i of the nibble goes to byte i: the four products do not overlap.
        out[r] |= ((high[r] >>> shift & 15) * 0x00204081 & ONES) << 4;
      }
    }
    useMade();
  }

  private void group2(int g) {
    for (int k = 0; k < 8; k++) {
      mask(words[4 + 8 * (g / 4) + k], 2 * (g % 4), PAIRS, made[k]);
    }
    for (int part = 0; part < 2; part++) {
      int shift = 8 * ((2 * g + part) % 4);
      int[] scale = words[(2 * g + part) / 4];
      bits(scale, shift, 15, sub[part]);
      bits(scale, shift + 4, 15, subMin[part]);
    }
    useMade();
  }

  private void group3(int g) {
    for (int k = 0; k < 8; k++) {
      mask(words[8 + 8 * (g / 4) + k], 2 * (g % 4), PAIRS, made[k]);
      or(words[k], g, ONES, 2, made[k]);
    }
    for (int part = 0; part < 2; part++) {
      int i = 2 * g + part;
      int[] low = words[24 + i % 8 / 4];
      int[] high = words[26];
      int lowShift = 8 * (i % 4) + 4 * (i / 8);
      int highShift = 8 * (i % 4) + 2 * (i / 4);
      int[] out = sub[part];
      for (int r = 0; r < LANES; r++) {
        out[r] = (low[r] >>> lowShift & 15 | (high[r] >>> highShift & 3) << 4) - 32;
      }
    }
    useMade();
  }

  private void group45(int g, int first, boolean fifth) {
    for (int k = 0; k < 8; k++) {
      mask(words[first + 8 * (g / 2) + k], 4 * (g % 2), LOW_NIBBLES, made[k]);
      if (fifth) {
        or(words[4 + k], g, ONES, 4, made[k]);
      }
    }
    int shift = 8 * (g % 4);
    if (g < 4) {
      bits(words[1], shift, 63, sub[0]);
      bits(words[2], shift, 63, subMin[0]);
    } else {
      split(words[3], shift, words[1], shift + 6, sub[0]);
      split(words[3], shift + 4, words[2], shift + 6, subMin[0]);
    }
    useMade();
  }

  private void group6(int g) {
    int part = g / 4;
    int quarter = g % 4;
    for (int k = 0; k < 8; k++) {
      mask(words[16 * part + 8 * (quarter & 1) + k], 4 * (quarter >> 1), LOW_NIBBLES, made[k]);
      or(words[32 + 8 * part + k], 2 * quarter, PAIRS, 4, made[k]);
    }
    for (int half = 0; half < 2; half++) {
      int[] scale = words[48 + (2 * g + half) / 4];
      int shift = 24 - 8 * ((2 * g + half) % 4);
      int[] out = sub[half];
      for (int r = 0; r < LANES; r++) {
        out[r] = scale[r] << shift >> 24;
      }
    }
    useMade();
  }

  private static void mask(int[] in, int shift, int mask, int[] out) {
    for (int r = 0; r < LANES; r++) {
      out[r] = in[r] >>> shift & mask;
    }
  }

  private static void or(int[] in, int shift, int mask, int up, int[] out) {
    for (int r = 0; r < LANES; r++) {
      out[r] |= (in[r] >>> shift & mask) << up;
    }
  }

  private static void bits(int[] in, int shift, int mask, int[] out) {
    for (int r = 0; r < LANES; r++) {
      out[r] = in[r] >>> shift & mask;
    }
  }

  /** Four low bits from one word, two high bits from another. */
  private static void split(int[] low, int lowShift, int[] high, int highShift, int[] out) {
    for (int r = 0; r < LANES; r++) {
      out[r] = low[r] >>> lowShift & 15 | (high[r] >>> highShift & 3) << 4;
    }
  }

  private void useMade() {
    System.arraycopy(made, 0, q, 0, 8);
  }
}
