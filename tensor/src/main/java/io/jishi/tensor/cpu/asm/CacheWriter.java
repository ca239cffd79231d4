// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;

/**
 * Emits what carries floats into a cache block, rounding to nearest even; what comes back out of it
 * is read by {@link CacheReader}.
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
  private static final int UNORDERED = 3;

  private CacheWriter() {}

  /** A token's keys, COUNT times 8 of them, each to the next row of {@code [keyWidth, BLOCK]}. */
  static byte[] keys(Level level, DType type) {
    int stride = StateSpec.BLOCK * type.blockBytes();
    return Code.make(level, 32, 3, code -> loop(code, () -> eightKeys(code, type, stride)));
  }

  private static void eightKeys(Code code, DType type, int stride) {
    Assembler asm = code.asm;
    Vec x = Vec.xmm(0);
    if (type == DType.F16) {
      asm.op(Op.VMOVUPS, Vec.ymm(1), Mem.at(FROM));
      asm.op(Op.VCVTPS2PH, Vec.ymm(1), x, NEAREST_EVEN);
    } else if (type == DType.BF16) {
      eightBfloats(code, Mem.at(FROM));
    }
    for (int i = 0; i < 8; i++) {
      if (type != DType.F32) {
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
        3,
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
    if (type == DType.BF16) {
      eightBfloats(code, Mem.at(FROM, 4 * i));
      asm.op(Op.VMOVUPS_STORE, Vec.xmm(0), to);
      return;
    }
    asm.op(Op.VMOVUPS, x, Mem.at(FROM, 4 * i));
    if (type == DType.F16) {
      asm.op(Op.VCVTPS2PH, x, to, NEAREST_EVEN);
    } else {
      asm.op(Op.VMOVUPS_STORE, x, to);
    }
  }

  /** Eight floats as their nearest BF16 numbers in the first register; a NaN stays one. */
  private static void eightBfloats(Code code, Mem from) {
    Assembler asm = code.asm;
    Vec x = Vec.ymm(0);
    Vec t = Vec.ymm(1);
    Vec nan = Vec.ymm(2);
    asm.op(Op.VMOVUPS, x, from);
    asm.op(Op.VCMPPS, nan, x, x, UNORDERED);
    asm.op(Op.VPSRLD, t, x, 16);
    asm.op(Op.VPAND, t, t, code.all(1));
    asm.op(Op.VPADDD, x, x, t);
    asm.op(Op.VPADDD, x, x, code.all(0x7FFF));
    asm.op(Op.VPOR, x, x, nan);
    asm.op(Op.VPSRLD, x, x, 16);
    asm.op(Op.VEXTRACTF128, x, t.as(16), 1);
    asm.op(Op.VPACKUSDW, x.as(16), x.as(16), t.as(16));
  }

  private static void loop(Code code, Runnable body) {
    code.argument(FROM, IN);
    code.argument(TO, OUT);
    code.argument(LEFT, COUNT);
    code.loop(LEFT, body);
  }
}
