// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/**
 * Emits loops that do nothing but products, or nothing but reading: the limits that others are
 * measured against.
 *
 * <p>Arguments: {@link Arguments#WEIGHTS} (what to read), {@link Arguments#BLOCKS} (rounds, at
 * least one).
 */
final class Meters {
  /** Products in flight: more than latency · width of any processor. */
  private static final int SUMS = 12;

  /** Bytes that one round of reading takes. */
  static final int READ_BYTES = 512;

  private static final int AHEAD = 4096;

  private Meters() {}

  /** The product that weights of a type take. */
  static Op product(Level level, LineKind kind) {
    return switch (kind) {
      case FLOATS -> Op.VFMADD231PS;
      case BFLOATS -> Op.VDPBF16PS;
      case BYTES -> level.vnni() ? Op.VPDPBUSD : Op.VPMADDUBSW;
    };
  }

  /** Multiplications and additions of one round. */
  static long operations(Level level, LineKind kind) {
    if (tiles(level, kind)) {
      return AmxProduct.ROUND_OPERATIONS;
    }
    return switch (kind) {
      case FLOATS -> 2L * SUMS * level.bytes() / 4;
      case BFLOATS -> 4L * SUMS * level.bytes() / 4;
      case BYTES -> 2L * SUMS * level.integerBytes();
    };
  }

  private static boolean tiles(Level level, LineKind kind) {
    return level.tiles() && kind == LineKind.BFLOATS;
  }

  /** Products of registers. */
  static byte[] products(Level level, LineKind kind) {
    if (tiles(level, kind)) {
      return AmxProduct.meter(level);
    }
    int bytes = kind == LineKind.BYTES ? level.integerBytes() : level.bytes();
    return Code.make(
        level,
        bytes,
        16,
        code -> {
          for (int i = 0; i < 16; i++) {
            code.asm.op(Op.VPXOR, code.v(i), code.v(i), code.v(i));
          }
          code.argument(Gp.R8, Arguments.BLOCKS);
          code.loop(Gp.R8, () -> round(code, kind));
        });
  }

  private static void round(Code code, LineKind kind) {
    Vec a = code.v(14);
    Vec b = code.v(15);
    Vec t = code.v(13);
    for (int i = 0; i < SUMS; i++) {
      Vec sum = code.v(i);
      if (kind == LineKind.BYTES && !code.level.vnni()) {
        code.asm.op(Op.VPMADDUBSW, t, a, b);
        code.asm.op(Op.VPMADDWD, t, t, b);
        code.asm.op(Op.VPADDD, sum, sum, t);
      } else {
        code.asm.op(product(code.level, kind), sum, a, b);
      }
    }
  }

  /** Reading. */
  static byte[] read(Level level) {
    return Code.make(
        level,
        level.bytes(),
        2,
        code -> {
          code.argument(Gp.RAX, Arguments.WEIGHTS);
          code.argument(Gp.R8, Arguments.BLOCKS);
          code.loop(
              Gp.R8,
              () -> {
                for (int at = 0; at < READ_BYTES; at += code.bytes) {
                  if (at % 64 == 0) {
                    code.asm.prefetch(Mem.at(Gp.RAX, AHEAD + at));
                  }
                  code.asm.op(Op.VMOVUPS, code.v(0), Mem.at(Gp.RAX, at));
                }
                code.asm.add(Gp.RAX, READ_BYTES);
              });
        });
  }
}
