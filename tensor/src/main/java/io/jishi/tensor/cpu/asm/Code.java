// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * One kernel in the making: the assembler, the width of its vectors, its constants, and the frame
 * that the system's calling convention asks for.
 *
 * <p>On entry {@code rdi} holds the pointer to the arguments and {@code rsi} that to the constants,
 * on every system; the body may change all general registers but {@code rsp}. Constants that are
 * asked for first live in the registers that the body leaves free; the others are read from memory.
 */
final class Code {
  private static final Gp[] SAVED = {Gp.RBX, Gp.RBP, Gp.R12, Gp.R13, Gp.R14, Gp.R15};
  private static final int WINDOWS_SAVED_VECTORS = 10;
  private static final int AHEAD = 8192;

  final Assembler asm;
  final Level level;

  /** Bytes of a vector. */
  final int bytes;

  private final List<int[]> constants;
  private final int[] pinned;

  private Code(Level level, int bytes, List<int[]> constants, int[] pinned) {
    this.asm = new Assembler(!Cpu.hasVexDots());
    this.level = level;
    this.bytes = bytes;
    this.constants = constants;
    this.pinned = pinned;
  }

  /**
   * Makes a kernel.
   *
   * @param bytes of its vectors
   * @param used vector registers that the body takes, from 0 on; the rest hold constants
   */
  static byte[] make(Level level, int bytes, int used, Consumer<Code> body) {
    List<int[]> constants = new ArrayList<>();
    body.accept(new Code(level, bytes, constants, new int[0])); // finds out which there are
    int registers = bytes == 64 ? 32 : 16;
    int[] pinned = new int[Math.min(constants.size(), registers - used)];
    Arrays.setAll(pinned, i -> used + i);
    Code code = new Code(level, bytes, constants, pinned);
    code.frame(body);
    return code.asm.toBytes();
  }

  private void frame(Consumer<Code> body) {
    Label pool = new Label();
    enter();
    asm.lea(Gp.RSI, pool);
    for (int i = 0; i < pinned.length; i++) {
      asm.op(Op.VMOVUPS, v(pinned[i]), Mem.at(Gp.RSI, 64 * i));
    }
    body.accept(this);
    asm.vzeroupper();
    leave();
    asm.align(64);
    asm.bind(pool);
    constants.forEach(asm::data);
  }

  private void enter() {
    for (Gp register : SAVED) {
      asm.push(register);
    }
    if (Native.WINDOWS) {
      asm.push(Gp.RSI);
      asm.push(Gp.RDI);
      asm.sub(Gp.RSP, 16 * WINDOWS_SAVED_VECTORS);
      for (int i = 0; i < WINDOWS_SAVED_VECTORS; i++) {
        asm.op(Op.VMOVUPS_STORE, Vec.xmm(6 + i), Mem.at(Gp.RSP, 16 * i));
      }
      asm.mov(Gp.RDI, Gp.RCX);
    }
  }

  private void leave() {
    if (Native.WINDOWS) {
      for (int i = 0; i < WINDOWS_SAVED_VECTORS; i++) {
        asm.op(Op.VMOVUPS, Vec.xmm(6 + i), Mem.at(Gp.RSP, 16 * i));
      }
      asm.add(Gp.RSP, 16 * WINDOWS_SAVED_VECTORS);
      asm.pop(Gp.RDI);
      asm.pop(Gp.RSI);
    }
    for (int i = SAVED.length - 1; i >= 0; i--) {
      asm.pop(SAVED[i]);
    }
    asm.ret();
  }

  /** Vector register {@code number} in this kernel's width. */
  Vec v(int number) {
    return new Vec(number, bytes);
  }

  /** Whether vectors have 512 bits, with masks and broadcasts in operands. */
  boolean wide() {
    return bytes == 64;
  }

  /** A constant of 16 equal words, as the last operand of an instruction. */
  Operand all(int word) {
    return constant(word);
  }

  /** A constant, its words repeated to 16, as the last operand of an instruction. */
  Operand constant(int... words) {
    int index = index(words);
    return index < pinned.length ? v(pinned[index]) : Mem.at(Gp.RSI, 64 * index);
  }

  /** A constant in a register: its own, or {@code spare}. */
  Vec constant(Vec spare, int... words) {
    return switch (constant(words)) {
      case Vec own -> own;
      case Mem place -> {
        asm.op(Op.VMOVUPS, spare, place);
        yield spare;
      }
    };
  }

  /** A table of 16 bytes for {@code vpshufb}, as words. */
  static int[] table(int... bytes16) {
    int[] words = new int[4];
    for (int i = 0; i < 16; i++) {
      words[i / 4] |= (bytes16[i] & 255) << 8 * (i % 4);
    }
    return words;
  }

  private int index(int[] words) {
    int[] full = new int[16];
    Arrays.setAll(full, i -> words[i % words.length]);
    for (int i = 0; i < constants.size(); i++) {
      if (Arrays.equals(constants.get(i), full)) {
        return i;
      }
    }
    constants.add(full);
    return constants.size() - 1;
  }

  /**
   * Asks for the line two pages behind the place, into the second-level cache: into the first too
   * few can be on their way.
   */
  void fetch(Mem at) {
    asm.prefetch(at.plus(AHEAD));
  }

  /** Loads argument {@code index}, 8 bytes each. */
  void argument(Gp to, int index) {
    asm.load(to, Mem.at(Gp.RDI, 8 * index));
  }

  /** Runs {@code body} as often as {@code counter}, at least 1, says. */
  void loop(Gp counter, Runnable body) {
    Label again = new Label();
    asm.bind(again);
    body.run();
    asm.sub(counter, 1);
    asm.jump(Assembler.Condition.NOT_EQUAL, again);
  }

  /** {@code out = half-precision numbers at the place}. */
  void halves(Vec out, Mem from) {
    asm.op(Op.VCVTPH2PS, out, from);
  }

  /**
   * {@code out = the low halves of the words of in, as half-precision numbers}; may be the same.
   */
  void lowHalves(Vec out, Vec in, Vec spare) {
    if (wide()) {
      asm.op(Op.VPMOVDW, in, spare.as(32));
      asm.op(Op.VCVTPH2PS, out, spare.as(32));
    } else {
      asm.op(Op.VPAND, spare, in, all(0xFFFF));
      packHalves(out, spare);
    }
  }

  /** {@code out = the high halves of the words of in, as half-precision numbers}. */
  void highHalves(Vec out, Vec in, Vec spare) {
    asm.op(Op.VPSRLD, spare, in, 16);
    if (wide()) {
      asm.op(Op.VPMOVDW, spare, spare.as(32));
      asm.op(Op.VCVTPH2PS, out, spare.as(32));
    } else {
      packHalves(out, spare);
    }
  }

  private void packHalves(Vec out, Vec words) {
    asm.op(Op.VEXTRACTF128, words, out.as(16), 1);
    asm.op(Op.VPACKUSDW, out.as(16), words.as(16), out.as(16));
    asm.op(Op.VCVTPH2PS, out, out.as(16));
  }
}
