// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;

/**
 * Emits what carries floats into a cache block and back, rounding to nearest even on the way in.
 *
 * <p>Arguments: from, to, a count of at least one.
 */
final class CacheWriter {
  static final int IN = 0;
  static final int OUT = 1;
  static final int COUNT = 2;

  private static final Gp FROM = Gp.RAX;
  private static final Gp TO = Gp.RCX;
  private static final Gp LEFT = Gp.RBX;
  private static final int NEAREST_EVEN = 0;

  private CacheWriter() {}

  /** A token's keys, COUNT times 8 of them, each to the next row of {@code [keyWidth, BLOCK]}. */
  static byte[] keys(Level level, DType type) {
    int stride = StateSpec.BLOCK * type.blockBytes();
    return Code.make(level, 32, 2, code -> loop(code, () -> eightKeys(code, type, stride)));
  }

  private static void eightKeys(Code code, DType type, int stride) {
    Assembler asm = code.asm;
    Vec x = Vec.xmm(0);
    if (type == DType.F16) {
      asm.op(Op.VMOVUPS, Vec.ymm(1), Mem.at(FROM));
      asm.op(Op.VCVTPS2PH, Vec.ymm(1), x, NEAREST_EVEN);
    }
    for (int i = 0; i < 8; i++) {
      if (type == DType.F16) {
        asm.op(Op.VPEXTRW, x, Mem.at(TO, i * stride), i);
      } else {
        if (i % 4 == 0) {
          asm.op(Op.VMOVUPS, x, Mem.at(FROM, 4 * i));
        }
        asm.op(Op.VEXTRACTPS, x, Mem.at(TO, i * stride), i % 4);
      }
    }
    asm.add(FROM, 32);
    asm.add(TO, 8 * stride);
  }

  /** A token's values of COUNT heads, each into its own {@code [BLOCK, headDim]}. */
  static byte[] values(Level level, DType type, int dim) {
    int head = StateSpec.BLOCK * dim * type.blockBytes();
    return Code.make(
        level,
        32,
        1,
        code ->
            loop(
                code,
                () -> {
                  for (int i = 0; i < dim; i += 8) {
                    eightValues(code, type, i);
                  }
                  code.asm.add(FROM, 4 * dim);
                  code.asm.add(TO, head);
                }));
  }

  private static void eightValues(Code code, DType type, int i) {
    Assembler asm = code.asm;
    Vec x = Vec.ymm(0);
    Mem to = Mem.at(TO, i * type.blockBytes());
    asm.op(Op.VMOVUPS, x, Mem.at(FROM, 4 * i));
    if (type == DType.F16) {
      asm.op(Op.VCVTPS2PH, x, to, NEAREST_EVEN);
    } else {
      asm.op(Op.VMOVUPS_STORE, x, to);
    }
  }

  /** COUNT times 16 half-precision numbers as floats. */
  static byte[] widen(Level level) {
    return Code.make(
        level,
        level.bytes(),
        1,
        code ->
            loop(
                code,
                () -> {
                  for (int at = 0; at < 64; at += code.bytes) {
                    code.halves(code.v(0), Mem.at(FROM, at / 2));
                    code.asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(TO, at));
                  }
                  code.asm.add(FROM, 32);
                  code.asm.add(TO, 64);
                }));
  }

  private static void loop(Code code, Runnable body) {
    code.argument(FROM, IN);
    code.argument(TO, OUT);
    code.argument(LEFT, COUNT);
    code.loop(LEFT, body);
  }
}
