// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.Packing;

/**
 * Emits the decoding of packed tiles into panels ({@link PanelBlocks}), where many tokens are worth
 * it.
 *
 * <p>Arguments: {@link Arguments#WEIGHTS}, {@code WEIGHTS_STEP}, {@code Y} (the panel), {@code
 * BLOCKS}, {@code TILES}; the tiles' panels follow one another.
 */
final class Expand {
  private Expand() {}

  /** The machine code for a format. */
  static byte[] make(Level level, DType type) {
    return Code.make(level, level.integerBytes(), Blocks.REGISTERS, code -> emit(code, type));
  }

  private static void emit(Code code, DType type) {
    Assembler asm = code.asm;
    code.argument(Gp.R15, Arguments.WEIGHTS);
    code.argument(Gp.RCX, Arguments.Y);
    code.argument(Gp.RBX, Arguments.TILES);
    code.loop(
        Gp.RBX,
        () -> {
          asm.mov(Blocks.AT, Gp.R15);
          code.argument(Gp.R8, Arguments.BLOCKS);
          code.loop(Gp.R8, () -> block(code, type));
          asm.add(Gp.R15, Mem.at(Gp.RDI, 8 * Arguments.WEIGHTS_STEP));
        });
  }

  private static void block(Code code, DType type) {
    Assembler asm = code.asm;
    int parts = Quads.parts(type);
    boolean hasMin = Quads.hasMin(type);
    int size = PanelBlocks.groupBytes(parts, hasMin);
    int groups = type.blockSize() / 32;
    int lines = 16 * Packing.blockBytes(type) / 64;
    int fetched = 0;
    for (int half = 0; half < 64 / code.bytes; half++) {
      StoredBlocks blocks = new StoredBlocks(code, type, 0, half);
      blocks.begin();
      for (int g = 0; g < groups; g++) {
        Mem out = Mem.at(Gp.RCX, g * size + 32 * half);
        for (int j = 0; j < 8; j++) {
          asm.op(Op.VMOVUPS_STORE, blocks.quad(g, j), out.plus(64 * j));
          for (; fetched * 8 * groups < lines * (8 * g + j + 1); fetched++) {
            code.fetch(Mem.at(Blocks.AT, 64 * fetched));
          }
        }
        for (int part = 0; part < parts; part++) {
          asm.op(Op.VMOVUPS_STORE, blocks.scale(g, part), out.plus(64 * (8 + part)));
          if (hasMin) {
            asm.op(Op.VMOVUPS_STORE, blocks.min(g, part), out.plus(64 * (8 + parts + part)));
          }
        }
      }
    }
    asm.add(Blocks.AT, 16 * Packing.blockBytes(type));
    asm.add(Gp.RCX, groups * size);
  }
}
