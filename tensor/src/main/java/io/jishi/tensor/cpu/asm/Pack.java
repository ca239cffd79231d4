// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.Packing;

/**
 * Emits the packing of one whole tile of 16 stored rows ({@link Packing}): each word of the packed
 * form is a gather over the rows.
 *
 * <p>Arguments: {@link Arguments#X} (row 0), {@link Arguments#Y_STRIDE} (bytes from row to row, at
 * most 2²⁷), {@link Arguments#BLOCKS}, {@link Arguments#WEIGHTS} (where the tile goes).
 */
final class Pack {
  /** Bytes from row to row at most: sixteen of them have to fit into an index of 31 bits. */
  static final int MOST_STRIDE = 1 << 27;

  private static final Gp IN = Gp.RAX;
  private static final Gp OUT = Gp.RCX;
  private static final Gp COUNT = Gp.R8;
  private static final Gp ONES = Gp.R9;
  private static final int MASK = 1;

  private final Code code;
  private final Assembler asm;
  private final DType type;

  private Pack(Code code, DType type) {
    this.code = code;
    this.asm = code.asm;
    this.type = type;
  }

  /** Whether there is a packer: the tails of MXFP4 take a narrowing that AVX2 has not. */
  static boolean knows(Level level, DType type) {
    return Packing.tailBytes(type) != 1 || level.bytes() == 64;
  }

  /** The machine code for a type. */
  static byte[] make(Level level, DType type) {
    return Code.make(level, level.bytes(), 6, code -> new Pack(code, type).emit());
  }

  private void emit() {
    int halves = 64 / code.bytes;
    for (int half = 0; half < halves; half++) {
      asm.op(Op.VPBROADCASTD, code.v(4), Mem.at(Gp.RDI, 8 * Arguments.Y_STRIDE));
      asm.op(Op.VPMULLD, code.v(half), code.v(4), lanes(half));
    }
    code.argument(IN, Arguments.X);
    code.argument(OUT, Arguments.WEIGHTS);
    code.argument(COUNT, Arguments.BLOCKS);
    asm.mov(ONES, 0xFFFF);
    code.loop(COUNT, this::block);
  }

  /** The numbers of the rows. */
  private Operand lanes(int half) {
    int[] own = new int[16];
    for (int i = 0; i < 16; i++) {
      own[i] = code.wide() ? i : 8 * half + i % 8;
    }
    return code.constant(own);
  }

  private void block() {
    int halves = 64 / code.bytes;
    for (int k = 0; k < Packing.words(type); k++) {
      for (int half = 0; half < halves; half++) {
        gather(half, Packing.wordsOffset(type) + 4 * k);
        if (Packing.flip(type) != 0) {
          asm.op(Op.VPXOR, code.v(3), code.v(3), code.all(Packing.flip(type)));
        }
        asm.op(Op.VMOVUPS_STORE, code.v(3), Mem.at(OUT, 64 * k + 32 * half));
      }
    }
    for (int half = 0; half < halves && Packing.tailBytes(type) > 0; half++) {
      tail(half);
    }
    asm.add(IN, 4 * Packing.words(type) + Packing.tailBytes(type));
    asm.add(OUT, 16 * Packing.blockBytes(type));
  }

  /** A tail lies at the edge of its block; the word that is read lies within the block. */
  private void tail(int half) {
    int offset = Packing.tailOffset(type);
    Vec word = code.v(3);
    Mem out = Mem.at(OUT, 64 * Packing.words(type));
    gather(half, offset == 0 ? 0 : offset - 2);
    if (offset != 0) {
      asm.op(Op.VPSRLD, word, word, 16);
    }
    if (Packing.tailBytes(type) == 1) {
      asm.op(Op.VPMOVDB, word, out);
    } else if (code.wide()) {
      asm.op(Op.VPMOVDW, word, out);
    } else {
      Vec high = Vec.xmm(5);
      asm.op(Op.VPAND, word, word, code.all(0xFFFF));
      asm.op(Op.VEXTRACTF128, word, high, 1);
      asm.op(Op.VPACKUSDW, word.as(16), word.as(16), high);
      asm.op(Op.VMOVUPS_STORE, word.as(16), out.plus(16 * half));
    }
  }

  private void gather(int half, int offset) {
    Mem lanes = Mem.gather(IN, code.v(half), 1, offset);
    if (code.wide()) {
      asm.kmovw(MASK, ONES);
      asm.gather(code.v(3), MASK, lanes);
    } else {
      asm.op(Op.VMOVUPS, code.v(2), code.all(-1));
      asm.gather(code.v(3), code.v(2), lanes);
    }
  }
}
