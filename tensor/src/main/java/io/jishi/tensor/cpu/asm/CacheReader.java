// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;

/**
 * Emits what turns keys and values of a cache block into the floats that {@link AttentionBlock}
 * takes: half-precision and BF16 numbers widened, bytes times their scales, rows of values that
 * fill no whole vectors brought to a width that does, latent rows turned to values.
 *
 * <p>Arguments: from, to, a count of at least one, and for bytes their scales.
 */
final class CacheReader {
  static final int IN = 0;
  static final int OUT = 1;
  static final int COUNT = 2;
  static final int SCALES = 3;

  /** Numbers that the narrow loads take; rows of values have at least as many. */
  static final int LEAST = 4;

  private static final int BLOCK = StateSpec.BLOCK;
  private static final Gp FROM = Gp.RAX;
  private static final Gp TO = Gp.RCX;
  private static final Gp FACTORS = Gp.RDX;
  private static final Gp LEFT = Gp.RBX;
  private static final Gp INNER = Gp.R8;

  private CacheReader() {}

  /** COUNT times 16 half-precision or BF16 numbers. */
  static byte[] widen(Level level, DType type) {
    return Code.make(
        level,
        level.bytes(),
        1,
        code ->
            loop(
                code,
                () -> {
                  for (int at = 0; at < 64; at += code.bytes) {
                    load(code, type, code.v(0), Mem.at(FROM, at / 2));
                    code.asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(TO, at));
                  }
                  code.asm.add(FROM, 32);
                  code.asm.add(TO, 64);
                }));
  }

  /** {@code to = the numbers of that type at the place, as floats}; not bytes. */
  static void load(Code code, DType type, Vec to, Mem from) {
    switch (type) {
      case F32 -> code.asm.op(Op.VMOVUPS, to, from);
      case F16 -> code.asm.op(Op.VCVTPH2PS, to, from);
      case BF16 -> {
        code.asm.op(Op.VPMOVZXWD, to, from);
        code.asm.op(Op.VPSLLD, to, to, 16);
      }
      default -> throw new IllegalArgumentException("no numbers of " + type);
    }
  }

  /**
   * COUNT rows of {@code dim} numbers to rows of {@code width} floats. The last four may be written
   * twice; what stands behind a row stays as it is, and nothing reads it into a result.
   */
  static byte[] rows(Level level, DType type, int dim, int width) {
    return Code.make(
        level,
        32,
        1,
        code ->
            loop(
                code,
                () -> {
                  for (int i = 0; i < dim; i += LEAST) {
                    int at = Math.min(i, dim - LEAST);
                    load(code, type, Vec.xmm(0), Mem.at(FROM, at * type.blockBytes()));
                    code.asm.op(Op.VMOVUPS_STORE, Vec.xmm(0), Mem.at(TO, 4 * at));
                  }
                  code.asm.add(FROM, dim * type.blockBytes());
                  code.asm.add(TO, 4 * width);
                }));
  }

  /** COUNT groups of {@code group} rows of {@link StateSpec#BLOCK} bytes with a scale a column. */
  static byte[] scaledKeys(Level level, int group) {
    int vectors = 4 * BLOCK / level.bytes();
    return Code.make(
        level,
        level.bytes(),
        vectors + 1,
        code -> {
          code.argument(FACTORS, SCALES);
          loop(code, () -> keyGroup(code, group, vectors));
        });
  }

  private static void keyGroup(Code code, int group, int vectors) {
    Assembler asm = code.asm;
    Vec x = code.v(vectors);
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VMOVUPS, code.v(v), Mem.at(FACTORS, v * code.bytes));
    }
    asm.add(FACTORS, 4 * BLOCK);
    asm.mov(INNER, group);
    code.loop(
        INNER,
        () -> {
          for (int v = 0; v < vectors; v++) {
            asm.op(Op.VPMOVSXBD, x, Mem.at(FROM, v * code.bytes / 4));
            asm.op(Op.VCVTDQ2PS, x, x);
            asm.op(Op.VMULPS, x, x, code.v(v));
            asm.op(Op.VMOVUPS_STORE, x, Mem.at(TO, v * code.bytes));
          }
          asm.add(FROM, BLOCK);
          asm.add(TO, 4 * BLOCK);
        });
  }

  /** COUNT rows of {@code dim} bytes with a scale a group to rows of {@code width} floats. */
  static byte[] scaledRows(Level level, int dim, int group, int width) {
    return Code.make(
        level,
        level.bytes(),
        2,
        code -> {
          code.argument(FACTORS, SCALES);
          loop(
              code,
              () -> {
                for (int i = 0; i < dim; i += group) {
                  rowGroup(code, i, i / group, group);
                }
                code.asm.add(FROM, dim);
                code.asm.add(FACTORS, 4 * (dim / group));
                code.asm.add(TO, 4 * width);
              });
        });
  }

  private static void rowGroup(Code code, int first, int index, int group) {
    Assembler asm = code.asm;
    int bytes = Math.min(code.bytes, 4 * group);
    Vec scale = code.v(0).as(bytes);
    Vec x = code.v(1).as(bytes);
    asm.op(Op.VBROADCASTSS, scale, Mem.at(FACTORS, 4 * index));
    for (int at = 4 * first; at < 4 * (first + group); at += bytes) {
      asm.op(Op.VPMOVSXBD, x, Mem.at(FROM, at / 4));
      asm.op(Op.VCVTDQ2PS, x, x);
      asm.op(Op.VMULPS, x, x, scale);
      asm.op(Op.VMOVUPS_STORE, x, Mem.at(TO, at));
    }
  }

  /**
   * Four times COUNT rows of {@link StateSpec#BLOCK} floats become columns of as many rows of
   * {@code width} floats.
   */
  static byte[] turned(Level level, int width) {
    return Code.make(
        level,
        32,
        8,
        code ->
            loop(
                code,
                () -> {
                  for (int j = 0; j < BLOCK; j += 4) {
                    fourByFour(code.asm, 4 * j, 4 * width);
                  }
                  code.asm.add(FROM, 4 * 4 * BLOCK);
                  code.asm.add(TO, 4 * 4);
                }));
  }

  private static void fourByFour(Assembler asm, int at, int stride) {
    Vec[] x = new Vec[8];
    for (int i = 0; i < x.length; i++) {
      x[i] = Vec.xmm(i);
    }
    for (int r = 0; r < 4; r++) {
      asm.op(Op.VMOVUPS, x[r], Mem.at(FROM, at + 4 * BLOCK * r));
    }
    asm.op(Op.VUNPCKLPS, x[4], x[0], x[1]);
    asm.op(Op.VUNPCKHPS, x[5], x[0], x[1]);
    asm.op(Op.VUNPCKLPS, x[6], x[2], x[3]);
    asm.op(Op.VUNPCKHPS, x[7], x[2], x[3]);
    for (int r = 0; r < 4; r++) {
      asm.op(Op.VSHUFPS, x[0], x[4 + r / 2], x[6 + r / 2], r % 2 == 0 ? 0x44 : 0xEE);
      asm.op(Op.VMOVUPS_STORE, x[0], Mem.at(TO, (at / 4 + r) * stride));
    }
  }

  private static void loop(Code code, Runnable body) {
    code.argument(FROM, IN);
    code.argument(TO, OUT);
    code.argument(LEFT, COUNT);
    code.loop(LEFT, body);
  }
}
