// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.DType;
import io.jishi.tensor.Weight;

/**
 * Blocks of an integer format as its products need them, rows across the lanes. {@link #load}
 * brings in a block; {@link #group} turns 32 values of each row into unsigned bytes, four to an int
 * (taking them out costs one operation less than signed ones), and their scales:
 *
 * <p>{@code w[i] = sw · (q(i) − bias) + mw}, with {@code sw} and {@code mw} one for all 32 values
 * or, where {@link #halves}, one for values 0–15 and one for 16–31. Formats: see {@link
 * io.jishi.tensor.Dequantizer}.
 */
final class Tile {
  private static final int LANES = Lanes.COUNT;
  private static final int LOW_NIBBLES = 0x0F0F0F0F;
  private static final int PAIRS = 0x03030303;
  private static final int ONES = 0x01010101;

  private static final int[] NORMAL = Lanes.table(DType.IQ4_NL, 128);
  private static final int[] FLOATS = Lanes.table(DType.MXFP4, 12);

  private final RawTile raw = new RawTile();
  private final int[][] words = raw.words;
  private final int[][] made = new int[8][LANES];
  private final float[] d = new float[LANES];
  private final float[] m = new float[LANES];
  private final int[] integer = new int[LANES];
  private final float[][] madeScales = new float[2][LANES];
  private final float[][] madeMinima = new float[2][LANES];

  /** The group's values: byte i % 4 of {@code q[i / 4][lane]} is value i, unsigned. */
  final int[][] q = new int[8][];

  /** The scales of the group: of all values, or of values 0–15 and 16–31. */
  final float[][] sw = new float[2][];

  /** The minima of the group, where {@link #minima}, negative where the format subtracts them. */
  final float[][] mw = new float[2][];

  /** What is subtracted from each value. */
  int bias;

  /** Whether scales and minima stand for 16 values each. */
  boolean halves;

  boolean minima;
  private DType type;

  /** Begins with rows {@code chunk · LANES … }: all that their blocks have in common. */
  void begin(Weight of, int chunk) {
    raw.begin(of, chunk);
    type = of.type();
    halves =
        switch (type) {
          case Q2_K, Q3_K, Q6_K -> true;
          default -> false;
        };
    minima =
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
          case IQ4_NL, IQ4_XS -> 128;
          case MXFP4 -> 12;
          case TQ1_0, TQ2_0 -> 1;
          default -> 0;
        };
    boolean whole =
        switch (type) {
          case TQ1_0, TQ2_0 -> true;
          default -> type.blockSize() == 32;
        };
    sw[0] = whole ? d : madeScales[0];
    sw[1] = madeScales[1];
    mw[0] = whole ? m : madeMinima[0];
    mw[1] = madeMinima[1];
  }

  /** Brings in block {@code block} of all rows and the scales that all of it shares. */
  void load(int block) {
    raw.load(block);
    switch (type) {
      case Q8_0, Q4_0, Q5_0, Q3_K, Q6_K, IQ4_NL, TQ1_0, TQ2_0 -> Lanes.halves(raw.halves, d);
      case IQ4_XS -> Lanes.lowHalves(words[0], d);
      case MXFP4 -> Lanes.halfE8m0(raw.bytes, d);
      case Q4_1, Q5_1 -> pair(words[0], 1);
      case Q4_K, Q5_K -> pair(words[0], -1);
      case Q2_K -> pair(words[20], -1);
      default -> throw new IllegalArgumentException(type + " has no integer kernel");
    }
  }

  /** A word that holds scale and minimum. */
  private void pair(int[] word, int sign) {
    Lanes.lowHalves(word, d);
    Lanes.highHalves(word, sign, m);
  }

  /** Makes ready values {@code 32 · g … 32 · g + 31} of the block. */
  void group(int g) {
    System.arraycopy(type == DType.Q8_0 ? words : made, 0, q, 0, 8);
    switch (type) {
      case Q8_0 -> {}
      case Q4_0 -> nibbles(0);
      case Q4_1 -> nibbles(1);
      case Q5_0 -> fives(0);
      case Q5_1 -> fives(1);
      case Q2_K -> group2(g);
      case Q3_K -> group3(g);
      case Q4_K -> group45(g, 4, false);
      case Q5_K -> group45(g, 12, true);
      case Q6_K -> group6(g);
      case IQ4_NL, MXFP4 -> codes(0);
      case IQ4_XS -> groupX(g);
      case TQ1_0 -> ternary(g);
      case TQ2_0 -> pairs(8 * (g / 4), g % 4);
      default -> throw new IllegalArgumentException(type + " has no integer kernel");
    }
  }

  /** Values 0–15 are the low nibbles of four words, 16–31 the high ones. */
  private void nibbles(int first) {
    for (int k = 0; k < 4; k++) {
      Lanes.bits(words[first + k], 0, LOW_NIBBLES, made[k]);
      Lanes.bits(words[first + k], 4, LOW_NIBBLES, made[4 + k]);
    }
  }

  private void fives(int first) {
    nibbles(first + 1);
    for (int k = 0; k < 8; k++) {
      Lanes.fifths(words[first], 4 * k, made[k]);
    }
  }

  /** Pair {@code i} of the bits of each byte of eight words. */
  private void pairs(int first, int i) {
    for (int k = 0; k < 8; k++) {
      Lanes.bits(words[first + k], 2 * i, PAIRS, made[k]);
    }
  }

  private void group2(int g) {
    pairs(4 + 8 * (g / 4), g % 4);
    for (int part = 0; part < 2; part++) {
      int shift = 8 * ((2 * g + part) % 4);
      int[] scale = words[(2 * g + part) / 4];
      Lanes.bits(scale, shift, 15, integer);
      Lanes.scale(d, integer, 0, sw[part]);
      Lanes.bits(scale, shift + 4, 15, integer);
      Lanes.scale(m, integer, 0, mw[part]);
    }
  }

  private void group3(int g) {
    pairs(8 + 8 * (g / 4), g % 4);
    for (int k = 0; k < 8; k++) {
      Lanes.or(words[k], g, ONES, 2, made[k]);
    }
    for (int part = 0; part < 2; part++) {
      int i = 2 * g + part;
      int lowShift = 8 * (i % 4) + 4 * (i / 8);
      int highShift = 8 * (i % 4) + 2 * (i / 4);
      Lanes.split(words[24 + i % 8 / 4], lowShift, words[26], highShift, integer);
      Lanes.scale(d, integer, -32, sw[part]);
    }
  }

  private void group45(int g, int first, boolean fifth) {
    for (int k = 0; k < 8; k++) {
      Lanes.bits(words[first + 8 * (g / 2) + k], 4 * (g % 2), LOW_NIBBLES, made[k]);
      if (fifth) {
        Lanes.or(words[4 + k], g, ONES, 4, made[k]);
      }
    }
    sixes(g, words[1], 0);
    Lanes.scale(d, integer, 0, sw[0]);
    sixes(g, words[2], 4);
    Lanes.scale(m, integer, 0, mw[0]);
  }

  /** Six bits: of groups 0–3 in one word, of 4–7 its two upper bits and a nibble of word 3. */
  private void sixes(int g, int[] word, int nibble) {
    int shift = 8 * (g % 4);
    if (g < 4) {
      Lanes.bits(word, shift, 63, integer);
    } else {
      Lanes.split(words[3], shift + nibble, word, shift + 6, integer);
    }
  }

  private void group6(int g) {
    int part = g / 4;
    int quarter = g % 4;
    for (int k = 0; k < 8; k++) {
      int[] low = words[16 * part + 8 * (quarter & 1) + k];
      Lanes.bits(low, 4 * (quarter >> 1), LOW_NIBBLES, made[k]);
      Lanes.or(words[32 + 8 * part + k], 2 * quarter, PAIRS, 4, made[k]);
    }
    for (int half = 0; half < 2; half++) {
      int i = 2 * g + half;
      Lanes.signedByte(words[48 + i / 4], i % 4, integer);
      Lanes.scale(d, integer, 0, sw[half]);
    }
  }

  /** Nibbles that are codes of values: see {@link io.jishi.tensor.FourBits}. */
  private void codes(int first) {
    nibbles(first);
    for (int k = 0; k < 8; k++) {
      Lanes.lookUp(made[k], type == DType.MXFP4 ? FLOATS : NORMAL);
    }
  }

  private void groupX(int g) {
    codes(2 + 4 * g);
    Lanes.split(words[1], 4 * g, words[0], 16 + 2 * g, integer);
    Lanes.scale(d, integer, -32, sw[0]);
  }

  /** 32 bytes hold the digits of groups 0–4, 16 those of 5–7, 4 the last half of group 7. */
  private void ternary(int g) {
    for (int k = 0; k < 8; k++) {
      int digit = 2 * g - 10 + k / 4;
      if (g < 5) {
        Lanes.digit(words[k], g, made[k]);
      } else if (digit < 5) {
        Lanes.digit(words[8 + k % 4], digit, made[k]);
      } else {
        Lanes.digit(words[12], k % 4, made[k]);
      }
    }
  }
}
