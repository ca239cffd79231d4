// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.Packing;

/**
 * Decodes the packed form of GGUF's integer formats (see {@link Packing}, and {@link
 * io.jishi.tensor.Dequantizer} for what the bits mean).
 *
 * <p>Nibbles without minima go through a table of {@code vpshufb} that adds a bias on the way;
 * fifth bits are spread over the four bytes of a quad and go through a table too.
 */
final class StoredBlocks extends Blocks {
  private static final int NIBBLES = 0x0F0F0F0F;
  private static final int PAIRS = 0x03030303;
  private static final int EVEN_BYTES = 0x00FF00FF;
  private static final int[] POWERS_OF_3 = {1, 3, 9, 27, 81};

  private final Code code;
  private final Assembler asm;
  private final DType type;
  private final int half;
  private final int zero;
  private final Vec q;
  private final Vec t;
  private final Vec u;
  private final Vec d;
  private final Vec m;

  /**
   * Decodes blocks of {@code type}.
   *
   * @param first of {@link Blocks#REGISTERS} vector registers to use
   * @param half which half of the rows, for vectors of 256 bits
   */
  StoredBlocks(Code code, DType type, int first, int half) {
    this.code = code;
    this.asm = code.asm;
    this.type = type;
    this.half = half;
    this.zero = Quads.zero(type, code.level);
    this.q = code.v(first);
    this.t = code.v(first + 1);
    this.u = code.v(first + 2);
    this.d = code.v(first + 3);
    this.m = code.v(first + 4);
  }

  @Override
  int zero() {
    return zero;
  }

  @Override
  int most() {
    return Quads.most(type);
  }

  @Override
  int groups() {
    return type.blockSize() / 32;
  }

  @Override
  int parts() {
    return Quads.parts(type);
  }

  @Override
  boolean hasMin() {
    return Quads.hasMin(type);
  }

  /**
   * Two tokens already keep the processor so busy that it foresees too little (16 rows of Q4_0
   * against 8 tokens from memory: 200 Gop/s a core without, 340 so). One token runs ahead by
   * itself, unless a block's words are read in another order than they lie in (a token of 1B Q6_K:
   * 85 ms without, 40 ms so; of Q4_0 20 and 23).
   */
  @Override
  boolean fetches(int tokens) {
    return tokens > 1
        || switch (type) {
          case Q2_K, Q3_K, Q5_K, Q6_K, TQ1_0, TQ2_0 -> true;
          default -> false;
        };
  }

  @Override
  int bytes() {
    return 16 * Packing.blockBytes(type);
  }

  @Override
  void begin() {
    switch (type) {
      case Q3_K, Q6_K, TQ1_0, TQ2_0 -> code.halves(d, tail());
      case IQ4_XS -> {
        load(t, 0);
        code.lowHalves(d, t, u);
      }
      case Q2_K -> pair(20);
      case Q4_K, Q5_K -> pair(0);
      default -> {} // one group: its scale is all there is
    }
  }

  /** A word of scale and subtracted minimum. */
  private void pair(int word) {
    load(t, word);
    code.lowHalves(d, t, u);
    code.highHalves(m, t, u);
    asm.op(Op.VPXOR, m, m, code.all(0x80000000));
  }

  @Override
  Vec quad(int g, int j) {
    switch (type) {
      case Q8_0 -> load(q, j);
      case Q4_0 -> {
        if (zero == 8) { // as they are stored
          field(q, j % 4, 4 * (j / 4), NIBBLES);
        } else {
          looked(j % 4, 4 * (j / 4), raised(zero - 8));
        }
      }
      case IQ4_NL -> looked(j % 4, 4 * (j / 4), NON_LINEAR);
      case MXFP4 -> looked(j % 4, 4 * (j / 4), FLOATS_4);
      case IQ4_XS -> looked(2 + 4 * g + j % 4, 4 * (j / 4), NON_LINEAR);
      case Q4_1 -> field(q, 1 + j % 4, 4 * (j / 4), NIBBLES);
      case Q5_0 -> fives(0, j, Blocks.BIAS - 16);
      case Q5_1 -> fives(1, j, 0);
      case Q2_K -> field(q, 4 + 8 * (g / 4) + j, 2 * (g % 4), PAIRS);
      case Q3_K -> {
        field(q, 8 + 8 * (g / 4) + j, 2 * (g % 4), PAIRS);
        field(t, j, g - 2, 0x04040404);
        asm.op(Op.VPOR, q, q, t);
        bias(zero - 4);
      }
      case Q4_K -> field(q, 4 + 8 * (g / 2) + j, 4 * (g % 2), NIBBLES);
      case Q5_K -> {
        field(q, 12 + 8 * (g / 2) + j, 4 * (g % 2), NIBBLES);
        field(t, 4 + j, g - 4, 0x10101010);
        asm.op(Op.VPOR, q, q, t);
      }
      case Q6_K -> {
        field(q, 16 * (g / 4) + 8 * (g & 1) + j, 4 * (g >> 1 & 1), NIBBLES);
        field(t, 32 + 8 * (g / 4) + j, 2 * (g % 4) - 4, 0x30303030);
        asm.op(Op.VPOR, q, q, t);
        bias(Blocks.BIAS - 32);
      }
      case TQ2_0 -> {
        field(q, 8 * (g / 4) + j, 2 * (g % 4), PAIRS);
        bias(zero - 1);
      }
      case TQ1_0 -> ternary(g, j);
      default -> throw new IllegalArgumentException(type + " has no kernel");
    }
    return q;
  }

  private static final int[] NON_LINEAR =
      biased(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
  private static final int[] FLOATS_4 =
      biased(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

  private static int[] biased(int... values) {
    int[] bytes = new int[16];
    for (int i = 0; i < 16; i++) {
      bytes[i] = values[i] + Blocks.BIAS;
    }
    return Code.table(bytes);
  }

  private static int[] raised(int value) {
    int[] bytes = new int[16];
    for (int i = 0; i < 16; i++) {
      bytes[i] = i + value;
    }
    return Code.table(bytes);
  }

  /** Nibbles of word {@code k} through a table. */
  private void looked(int k, int shift, int[] table) {
    field(q, k, shift, NIBBLES);
    asm.op(Op.VPSHUFB, q, code.constant(t, table), q);
  }

  /** Nibbles and fifth bits; {@code bias} is added. */
  private void fives(int first, int j, int bias) {
    field(q, first + 1 + j % 4, 4 * (j / 4), NIBBLES);
    load(t, first);
    if (j % 2 == 1) {
      asm.op(Op.VPSRLD, t, t, 4);
    }
    int b = j / 2;
    int[] spread = {b, b, b, b, b + 4, b + 4, b + 4, b + 4};
    int[] bytes = new int[16];
    for (int i = 0; i < 16; i++) {
      bytes[i] = spread[i % 8] + 8 * (i / 8);
    }
    asm.op(Op.VPSHUFB, t, t, code.constant(Code.table(bytes)));
    asm.op(Op.VPAND, t, t, code.all(0x08040201));
    int none = bias;
    int set = bias + 16;
    int[] table = {none, set, set, none, set, none, none, none, set, 0, 0, 0, 0, 0, 0, 0};
    asm.op(Op.VPSHUFB, t, code.constant(u, Code.table(table)), t);
    asm.op(Op.VPADDB, q, q, t);
  }

  /** Five ternary digits in a byte, each the upper part of what is left after a multiplication. */
  private void ternary(int g, int j) {
    int word = g < 5 ? j : g == 7 && j > 3 ? 12 : 8 + j % 4;
    int digit = g < 5 ? g : g < 7 ? 2 * (g - 5) + j / 4 : j > 3 ? j - 4 : 4;
    load(t, word);
    asm.op(Op.VPAND, q, t, code.all(EVEN_BYTES));
    asm.op(Op.VPSRLW, t, t, 8);
    digit(q, digit);
    digit(t, digit);
    asm.op(Op.VPSLLD, t, t, 8);
    asm.op(Op.VPOR, q, q, t);
    bias(zero - 1);
  }

  private void digit(Vec bytes, int digit) {
    if (digit > 0) {
      int power = POWERS_OF_3[digit];
      asm.op(Op.VPMULLW, bytes, bytes, code.all(power << 16 | power));
      asm.op(Op.VPAND, bytes, bytes, code.all(EVEN_BYTES));
    }
    asm.op(Op.VPMULLW, bytes, bytes, code.all(3 << 16 | 3));
    asm.op(Op.VPSRLW, bytes, bytes, 8);
  }

  private void bias(int value) {
    if (value == 0) {
      return;
    }
    asm.op(Op.VPADDB, q, q, code.all(value * 0x01010101));
  }

  @Override
  Vec scale(int g, int part) {
    int i = 2 * g + part;
    switch (type) {
      case Q8_0, Q4_0, Q5_0, IQ4_NL -> {
        code.halves(q, tail());
        return q;
      }
      case MXFP4 -> {
        exponents();
        return q;
      }
      case Q4_1, Q5_1 -> {
        load(t, 0);
        code.lowHalves(q, t, u);
        return q;
      }
      case TQ1_0, TQ2_0 -> {
        return d;
      }
      case Q2_K -> field(q, i / 4, 8 * (i % 4), 15);
      case Q3_K -> {
        field(q, 24 + i % 8 / 4, 8 * (i % 4) + 4 * (i / 8), 15);
        field(t, 26, 8 * (i % 4) + 2 * (i / 4) - 4, 0x30);
        join(32);
      }
      case IQ4_XS -> {
        field(q, 1, 4 * g, 15);
        field(t, 0, 16 + 2 * g - 4, 0x30);
        join(32);
      }
      case Q4_K, Q5_K -> six(g, 0);
      case Q6_K -> {
        load(q, 48 + i / 4);
        asm.op(Op.VPSLLD, q, q, 24 - 8 * (i % 4));
        asm.op(Op.VPSRAD, q, q, 24);
      }
      default -> throw new IllegalArgumentException(type + " has no kernel");
    }
    return times(d);
  }

  @Override
  Vec min(int g, int part) {
    int i = 2 * g + part;
    switch (type) {
      case Q4_1, Q5_1 -> {
        load(t, 0);
        code.highHalves(q, t, u);
        return q;
      }
      case Q2_K -> field(q, i / 4, 8 * (i % 4) + 4, 15);
      case Q4_K, Q5_K -> six(g, 1);
      default -> throw new IllegalArgumentException(type + " has no minima");
    }
    return times(m);
  }

  /** The six-bit scale (which 0) or minimum (1) of group {@code g}. */
  private void six(int g, int which) {
    if (g < 4) {
      field(q, 1 + which, 8 * g, 63);
    } else {
      int shift = 8 * (g - 4);
      field(q, 3, shift + 4 * which, 15);
      field(t, 1 + which, shift + 6 - 4, 0x30);
      asm.op(Op.VPOR, q, q, t);
    }
  }

  /** Low and high bits together, less an offset. */
  private void join(int offset) {
    asm.op(Op.VPOR, q, q, t);
    asm.op(Op.VPSUBD, q, q, code.all(offset));
  }

  private Vec times(Vec factor) {
    asm.op(Op.VCVTDQ2PS, q, q);
    asm.op(Op.VMULPS, q, q, factor);
    return q;
  }

  /** {@code 2^(e − 128)} of a byte e: the bits of a float, a denormal one where e is 0 or 1. */
  private void exponents() {
    asm.op(Op.VPMOVZXBD, q, tail());
    asm.op(Op.VPADDD, t, q, code.all(1));
    asm.op(Op.VPSLLD, t, t, 21);
    asm.op(Op.VPSUBD, q, q, code.all(1));
    asm.op(Op.VPSLLD, q, q, 23);
    asm.op(Op.VPMAXSD, q, q, t);
  }

  private void load(Vec out, int word) {
    asm.op(Op.VMOVUPS, out, word(word));
  }

  /** {@code out = word >> shift & mask}; a negative shift goes left. */
  private void field(Vec out, int word, int shift, int mask) {
    Operand bits = code.all(mask);
    if (shift == 0 && bits instanceof Vec constant) {
      asm.op(Op.VPAND, out, constant, word(word));
      return;
    }
    load(out, word);
    if (shift > 0) {
      asm.op(Op.VPSRLD, out, out, shift);
    } else if (shift < 0) {
      asm.op(Op.VPSLLD, out, out, -shift);
    }
    asm.op(Op.VPAND, out, out, bits);
  }

  private Mem word(int k) {
    return Mem.at(AT, 64 * k + 32 * half);
  }

  private Mem tail() {
    return Mem.at(AT, 64 * Packing.words(type) + 8 * half * Packing.tailBytes(type));
  }
}
