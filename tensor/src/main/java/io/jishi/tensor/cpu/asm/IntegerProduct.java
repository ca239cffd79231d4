// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.util.function.IntFunction;

/**
 * Emits {@code y[t, o] += Σ_i x[t, i] · w[o, i]} for integer weights: tiles of 16 rows, rows across
 * the lanes, times a fixed number of tokens.
 *
 * <p>Registers, T tokens: 0 … T−1 the sums of the outputs, T … 2T−1 the integer sums of a group,
 * then five for decoding ({@link Blocks}), one spare, and constants. Per group of 32 values and
 * token: the correction of the bias, eight integer products of four values each, one conversion,
 * two multiplications of which one adds. Weights are decoded once for all tokens; the value of a
 * lane never depends on T. Without {@code vpdpbusd}, values biased by 128 are taken back to signed
 * ones, and their sign goes to the activation: {@code |w| ≤ 128} times {@code |x| ≤ 127} twice fits
 * into the 16 bits of {@code vpmaddubsw}. Where values are so small that the sums of a scale's
 * quads fit too, they are added up in 16 bits and widened once.
 *
 * <p>Arguments: see {@link Arguments}.
 */
final class IntegerProduct {
  /** Most tokens of a kernel with vectors of 512 bits: what the registers hold. */
  static final int WIDE_TOKENS = 12;

  /** The same for 256 bits. */
  static final int NARROW_TOKENS = 4;

  /** Two products with activations of −127 … 127, of weights of 1. */
  private static final int PAIR = 2 * 127;

  private static final Gp WEIGHTS_TILE = Gp.R15;
  private static final Gp INIT_TILE = Gp.R13;
  private static final Gp Y_TILE = Gp.R12;
  private static final Gp TILES = Gp.RBX;
  private static final Gp X = Gp.RCX;
  private static final Gp COUNT = Gp.R8;
  private static final Gp ROW = Gp.R9;
  private static final Gp STRIDE = Gp.R10;

  private final Code code;
  private final Assembler asm;
  private final int tokens;
  private final Vec spare;
  private int fetched;

  private IntegerProduct(Code code, int tokens) {
    this.code = code;
    this.asm = code.asm;
    this.tokens = tokens;
    this.spare = code.v(2 * tokens + Blocks.REGISTERS);
  }

  /** Makes the decoder of one half of the rows. */
  @FunctionalInterface
  interface Decoder {
    Blocks make(Code code, int first, int half);
  }

  /** The machine code for {@code tokens} tokens. */
  static byte[] make(Level level, Decoder decoder, int tokens) {
    int used = 2 * tokens + Blocks.REGISTERS + 1;
    return Code.make(
        level,
        level.integerBytes(),
        used,
        code ->
            new IntegerProduct(code, tokens).tiles(half -> decoder.make(code, 2 * tokens, half)));
  }

  private void tiles(IntFunction<Blocks> decoder) {
    code.argument(WEIGHTS_TILE, Arguments.WEIGHTS);
    code.argument(INIT_TILE, Arguments.INIT);
    code.argument(Y_TILE, Arguments.Y);
    code.argument(TILES, Arguments.TILES);
    code.loop(
        TILES,
        () -> {
          for (int half = 0; half < 64 / code.bytes; half++) {
            tile(decoder.apply(half), 32 * half);
          }
          asm.add(WEIGHTS_TILE, Mem.at(Gp.RDI, 8 * Arguments.WEIGHTS_STEP));
          asm.add(INIT_TILE, Mem.at(Gp.RDI, 8 * Arguments.INIT_STEP));
          asm.add(Y_TILE, 64);
        });
  }

  private void tile(Blocks blocks, int lane) {
    asm.mov(Blocks.AT, WEIGHTS_TILE);
    code.argument(X, Arguments.X);
    code.argument(COUNT, Arguments.BLOCKS);
    asm.mov(ROW, INIT_TILE);
    code.argument(STRIDE, Arguments.INIT_STRIDE);
    for (int t = 0; t < tokens; t++) {
      asm.op(Op.VMOVUPS, code.v(t), Mem.at(ROW, lane));
      asm.add(ROW, STRIDE);
    }
    code.loop(COUNT, () -> block(blocks));
    asm.mov(ROW, Y_TILE);
    code.argument(STRIDE, Arguments.Y_STRIDE);
    for (int t = 0; t < tokens; t++) {
      asm.op(Op.VMOVUPS_STORE, code.v(t), Mem.at(ROW, lane));
      asm.add(ROW, STRIDE);
    }
  }

  private void block(Blocks blocks) {
    fetched = 0;
    blocks.begin();
    for (int g = 0; g < blocks.groups(); g++) {
      for (int part = 0; part < blocks.parts(); part++) {
        dots(blocks, g, part);
        Vec scale = blocks.scale(g, part);
        for (int t = 0; t < tokens; t++) {
          scaled(t, scale, x(g, t, Lines.SCALE));
        }
      }
      for (int part = 0; blocks.hasMin() && part < blocks.parts(); part++) {
        Vec min = blocks.min(g, part);
        int sum = blocks.parts() == 1 ? Lines.SUM : Lines.SUM_OF_HALF + 4 * part;
        for (int t = 0; t < tokens; t++) {
          asm.op(Op.VFMADD231PS, code.v(t), min, broadcast(x(g, t, sum)));
        }
      }
    }
    asm.add(Blocks.AT, blocks.bytes());
    asm.add(X, blocks.groups() * tokens * Lines.BYTES);
  }

  /** Asks for lines to come, a few after each quad: all at once they would block the loads. */
  private void fetch(Blocks blocks, int quads) {
    int lines = blocks.fetches(tokens) ? (blocks.bytes() + 63) / 64 : 0;
    for (; fetched * 8 * blocks.groups() < lines * quads; fetched++) {
      code.fetch(Mem.at(Blocks.AT, 64 * fetched));
    }
  }

  /** The exact sums of one part of a group. */
  private void dots(Blocks blocks, int g, int part) {
    if (!code.level.vnni()) {
      withoutVnni(blocks, g, part);
      return;
    }
    for (int t = 0; t < tokens; t++) {
      if (blocks.zero() == Blocks.BIAS) {
        asm.op(Op.VPBROADCASTD, sum(t), x(g, t, bias(blocks, part)));
      } else {
        asm.op(Op.VPXOR, sum(t), sum(t), sum(t));
      }
    }
    int quads = 8 / blocks.parts();
    for (int j = part * quads; j < (part + 1) * quads; j++) {
      Vec quad = blocks.quad(g, j);
      fetch(blocks, 8 * g + j + 1);
      for (int t = 0; t < tokens; t++) {
        asm.op(Op.VPDPBUSD, sum(t), quad, broadcast(x(g, t, 4 * j)));
      }
    }
  }

  /** Where in a line the sum of activations stands that takes the bias back. */
  private static int bias(Blocks blocks, int part) {
    return blocks.parts() == 1 ? Lines.BIAS : Lines.BIAS_OF_HALF + 4 * part;
  }

  private void withoutVnni(Blocks blocks, int g, int part) {
    int quads = 8 / blocks.parts();
    boolean words = quads * PAIR * blocks.most() <= Short.MAX_VALUE;
    for (int t = 0; t < tokens && !words; t++) {
      asm.op(Op.VPXOR, sum(t), sum(t), sum(t));
    }
    for (int i = 0; i < quads; i++) {
      int j = part * quads + i;
      Vec quad = blocks.quad(g, j);
      fetch(blocks, 8 * g + j + 1);
      Vec magnitude = magnitude(blocks, quad);
      for (int t = 0; t < tokens; t++) {
        asm.op(Op.VPBROADCASTD, spare, x(g, t, 4 * j));
        if (magnitude != quad) {
          asm.op(Op.VPSIGNB, spare, spare, quad);
        }
        pairs(sum(t), magnitude, words, i == 0);
      }
    }
    for (int t = 0; t < tokens && words; t++) {
      asm.op(Op.VPMADDWD, sum(t), sum(t), code.all(0x00010001));
      correct(blocks.zero(), sum(t), x(g, t, bias(blocks, part)));
    }
  }

  /** What unsigned products take of a quad; of a biased one its sign is left in {@code quad}. */
  private Vec magnitude(Blocks blocks, Vec quad) {
    if (blocks.zero() != Blocks.BIAS) {
      return quad;
    }
    Vec magnitude = code.v(quad.number() + 1);
    asm.op(Op.VPXOR, quad, quad, code.all(0x80808080));
    asm.op(Op.VPABSB, magnitude, quad);
    return magnitude;
  }

  /** Adds products with the four activations in {@code spare}, two by two. */
  private void pairs(Vec sum, Vec magnitude, boolean words, boolean first) {
    asm.op(Op.VPMADDUBSW, words && first ? sum : spare, magnitude, spare);
    if (words && !first) {
      asm.op(Op.VPADDW, sum, sum, spare);
    } else if (!words) {
      asm.op(Op.VPMADDWD, spare, spare, code.all(0x00010001));
      asm.op(Op.VPADDD, sum, sum, spare);
    }
  }

  /** Takes back {@code zero} times the sum of activations; lines hold it for {@code BIAS}. */
  private void correct(int zero, Vec sum, Mem bias) {
    if (zero == 0 || zero == Blocks.BIAS) {
      return;
    }
    asm.op(Op.VPBROADCASTD, spare, bias);
    asm.op(Op.VPSRAD, spare, spare, Integer.numberOfTrailingZeros(Blocks.BIAS / zero));
    asm.op(Op.VPADDD, sum, sum, spare);
  }

  /** {@code y += float(sum) · (scale · x's scale)}. */
  private void scaled(int t, Vec scale, Mem xScale) {
    asm.op(Op.VCVTDQ2PS, sum(t), sum(t));
    if (code.wide()) {
      asm.op(Op.VMULPS, spare, scale, xScale.toAll());
    } else {
      asm.op(Op.VBROADCASTSS, spare, xScale);
      asm.op(Op.VMULPS, spare, spare, scale);
    }
    asm.op(Op.VFMADD231PS, code.v(t), sum(t), spare);
  }

  private Operand broadcast(Mem place) {
    if (code.wide()) {
      return place.toAll();
    }
    asm.op(Op.VPBROADCASTD, spare, place);
    return spare;
  }

  private Vec sum(int t) {
    return code.v(tokens + t);
  }

  private Mem x(int g, int t, int offset) {
    return Mem.at(X, (g * tokens + t) * Lines.BYTES + offset);
  }
}
