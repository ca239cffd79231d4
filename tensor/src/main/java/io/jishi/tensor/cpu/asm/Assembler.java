// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.util.Arrays;

/**
 * Writes x86-64 machine code, one method call an instruction, destination first as in Intel's
 * syntax. A vector instruction takes VEX where its operands allow it, else EVEX; integer dot
 * products can be told to take EVEX (a processor may know them only in that form).
 *
 * <p>Longer than most files: a method for each instruction, and all of them share the writers of
 * prefixes and addresses at its end.
 *
 * <p>Encodings after the Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
 */
final class Assembler {
  /** Conditions of a jump after a comparison, by their codes. */
  enum Condition {
    BELOW(2),
    ABOVE_OR_EQUAL(3),
    EQUAL(4),
    NOT_EQUAL(5),
    LESS(12),
    GREATER_OR_EQUAL(13),
    LESS_OR_EQUAL(14),
    GREATER(15);

    final int code;

    Condition(int code) {
      this.code = code;
    }
  }

  private final boolean evexDots;
  private byte[] code = new byte[1024];
  private int size;

  Assembler() {
    this(false);
  }

  /** Integer dot products take EVEX where {@code evexDots}. */
  Assembler(boolean evexDots) {
    this.evexDots = evexDots;
  }

  /** The code so far. */
  byte[] toBytes() {
    return Arrays.copyOf(code, size);
  }

  /** Bytes so far. */
  int size() {
    return size;
  }

  // Vector instructions.

  /** Two operands: a move, a conversion, or a store with the register first. */
  void op(Op op, Vec reg, Operand rm) {
    encode(op, reg.number(), 0, rm, width(reg, rm), Mask.NONE);
  }

  /** Two operands under a mask. */
  void op(Op op, Mask mask, Vec reg, Operand rm) {
    encode(op, reg.number(), 0, rm, width(reg, rm), mask);
  }

  /** Two operands and an immediate. */
  void op(Op op, Vec reg, Operand rm, int immediate) {
    if (op.digit >= 0) {
      encode(op, op.digit, reg.number(), rm, reg.bytes(), Mask.NONE);
    } else {
      encode(op, reg.number(), 0, rm, width(reg, rm), Mask.NONE);
    }
    put(immediate);
  }

  /** Three operands. */
  void op(Op op, Vec reg, Vec first, Operand rm) {
    encode(op, reg.number(), first.number(), rm, first.bytes(), Mask.NONE);
  }

  /** Three operands under a mask. */
  void op(Op op, Mask mask, Vec reg, Vec first, Operand rm) {
    encode(op, reg.number(), first.number(), rm, first.bytes(), mask);
  }

  /** Three operands and an immediate. */
  void op(Op op, Vec reg, Vec first, Operand rm, int immediate) {
    encode(op, reg.number(), first.number(), rm, first.bytes(), Mask.NONE);
    put(immediate);
  }

  /** A comparison into a mask register (EVEX). */
  void compare(Op op, int mask, Vec first, Operand rm, int predicate) {
    putEvex(op, mask, first.number(), rm, first.bytes(), Mask.NONE);
    put(predicate);
  }

  /** A gather through a full mask register, which it clears (EVEX). */
  void gather(Vec reg, int mask, Mem lanes) {
    encode(Op.VPGATHERDD, reg.number(), 0, lanes, reg.bytes(), Mask.keep(mask));
  }

  /** A gather whose mask is the sign bits of a vector, which it clears (VEX). */
  void gather(Vec reg, Vec mask, Mem lanes) {
    putVex(Op.VPGATHERDD, reg.number(), mask.number(), lanes, reg.bytes());
  }

  /** Sets a mask register from the low 16 bits of a general one. */
  void kmovw(int mask, Gp from) {
    vexPrefix(0, false, from.ordinal() > 7, 1, 0, 0, 0, 0);
    put(0x92);
    put(0xC0 | mask << 3 | from.ordinal() & 7);
  }

  // Tile instructions; tile registers are numbers from 0 to 7.

  /** Takes the shapes of all tiles from 64 bytes of memory, and clears them. */
  void tileShapes(Mem from) {
    tile(0, 0x49, 0, 0, from);
  }

  /** Gives tiles up: whoever used them does this. */
  void tileRelease() {
    tile(0, 0x49, 0, 0, Vec.xmm(0));
  }

  /** {@code to = 0}. */
  void tileZero(int to) {
    tile(3, 0x49, to, 0, Vec.xmm(0));
  }

  /** Loads rows that lie {@code from}'s index register apart. */
  void tileLoad(int to, Mem from) {
    tile(3, 0x4B, to, 0, from);
  }

  /** Stores rows. */
  void tileStore(Mem to, int from) {
    tile(2, 0x4B, from, 0, to);
  }

  /** {@code sum += a · b} of BF16: pairs of successive columns of a, of successive rows of b. */
  void tileProduct(int sum, int a, int b) {
    tile(2, 0x5C, sum, b, Vec.xmm(a));
  }

  /** {@code sum += a · b} of bytes: fours of signed ones of a, of unsigned ones of b. */
  void tileBytesProduct(int sum, int a, int b) {
    tile(2, 0x5E, sum, b, Vec.xmm(a));
  }

  private void tile(int prefix, int opcode, int reg, int vvvv, Operand rm) {
    boolean x = rm instanceof Mem m && indexNumber(m) > 7;
    vexPrefix(reg, x, rmNumber(rm) > 7, 2, 0, vvvv, 0, prefix);
    put(opcode);
    modRm(reg, rm, 1);
  }

  /** Clears the upper halves: whoever leaves emitted code does this. */
  void vzeroupper() {
    put(0xC5, 0xF8, 0x77);
  }

  /** The widest operand decides, so that narrowing and widening moves say both. */
  private static int width(Vec reg, Operand rm) {
    return rm instanceof Vec v ? Math.max(reg.bytes(), v.bytes()) : reg.bytes();
  }

  private void encode(Op op, int reg, int vvvv, Operand rm, int bytes, Mask mask) {
    boolean high = reg > 15 || vvvv > 15 || rm instanceof Vec v && v.number() > 15;
    boolean broadcast = rm instanceof Mem m && m.broadcast();
    boolean vexDoes = bytes < 64 && !high && !broadcast && mask.number() == 0;
    boolean dot = op == Op.VPDPBUSD || op == Op.VPDPWSSD;
    if (op.form == Op.Form.VEX || vexDoes && op.form == Op.Form.BOTH && !(dot && evexDots)) {
      if (!vexDoes) {
        throw new IllegalArgumentException(op + " has no form with these operands");
      }
      putVex(op, reg, vvvv, rm, bytes);
    } else {
      putEvex(op, reg, vvvv, rm, bytes, mask);
    }
  }

  private void putVex(Op op, int reg, int vvvv, Operand rm, int bytes) {
    boolean x = rm instanceof Mem m && indexNumber(m) > 7;
    boolean b = rmNumber(rm) > 7;
    int l = bytes == 32 ? 1 : 0;
    vexPrefix(reg, x, b, op.map, op.w, vvvv, l, op.prefix);
    put(op.opcode);
    modRm(reg, rm, 1);
  }

  private void vexPrefix(
      int reg, boolean x, boolean b, int map, int w, int vvvv, int l, int prefix) {
    int r = reg > 7 ? 0 : 0x80;
    int last = (~vvvv & 15) << 3 | l << 2 | prefix;
    if (!x && !b && map == 1 && w == 0) {
      put(0xC5, r | last);
    } else {
      put(0xC4, r | (x ? 0 : 0x40) | (b ? 0 : 0x20) | map, w << 7 | last);
    }
  }

  private void putEvex(Op op, int reg, int vvvv, Operand rm, int bytes, Mask mask) {
    boolean broadcast = rm instanceof Mem m && m.broadcast();
    if (op.form == Op.Form.VEX || broadcast && op.tuple != Op.Tuple.FULL) {
      throw new IllegalArgumentException(op + " has no form with these operands");
    }
    int index = rm instanceof Mem m ? indexNumber(m) : 0;
    boolean gather = rm instanceof Mem m && m.lanes() != null;
    boolean x = rm instanceof Vec v ? (v.number() & 16) != 0 : (index & 8) != 0;
    boolean b = (rmNumber(rm) & 8) != 0;
    int v4 = gather ? index & 16 : vvvv & 16;
    int l = bytes / 32;
    put(
        0x62,
        bit((reg & 8) == 0, 7) | bit(!x, 6) | bit(!b, 5) | bit((reg & 16) == 0, 4) | op.map,
        op.w << 7 | (~vvvv & 15) << 3 | 4 | op.prefix,
        bit(mask.zeroing(), 7) | l << 5 | bit(broadcast, 4) | bit(v4 == 0, 3) | mask.number());
    put(op.opcode);
    modRm(reg, rm, op.tuple.unit(bytes, broadcast));
  }

  private static int bit(boolean on, int position) {
    return on ? 1 << position : 0;
  }

  private static int rmNumber(Operand rm) {
    return switch (rm) {
      case Vec v -> v.number();
      case Mem m -> m.base().ordinal();
    };
  }

  private static int indexNumber(Mem m) {
    return m.lanes() != null ? m.lanes().number() : m.index() == null ? 0 : m.index().ordinal();
  }

  /** ModRM, SIB and displacement; {@code unit} scales a displacement of one byte. */
  private void modRm(int reg, Operand rm, int unit) {
    int field = (reg & 7) << 3;
    if (rm instanceof Vec v) {
      put(0xC0 | field | v.number() & 7);
      return;
    }
    Mem m = (Mem) rm;
    int base = m.base().ordinal() & 7;
    boolean small = m.disp() % unit == 0 && m.disp() / unit == (byte) (m.disp() / unit);
    int mod = m.disp() == 0 && base != 5 ? 0 : small ? 1 : 2;
    if (m.index() != null || m.lanes() != null) {
      if (m.index() == Gp.RSP) {
        throw new IllegalArgumentException("rsp is no index");
      }
      put(mod << 6 | field | 4);
      put(Integer.numberOfTrailingZeros(m.scale()) << 6 | (indexNumber(m) & 7) << 3 | base);
    } else if (base == 4) {
      put(mod << 6 | field | 4, 0x24);
    } else {
      put(mod << 6 | field | base);
    }
    if (mod == 1) {
      put(m.disp() / unit);
    } else if (mod == 2) {
      putInt(m.disp());
    }
  }

  // General instructions, all of 64 bits unless they say otherwise.

  /** {@code to = from}. */
  void mov(Gp to, Gp from) {
    general(0x89, from, to);
  }

  /** {@code to = value}. */
  void mov(Gp to, int value) {
    rex(true, 0, 0, to.ordinal());
    put(0xC7, 0xC0 | to.ordinal() & 7);
    putInt(value);
  }

  /** Loads 64 bits. */
  void load(Gp to, Mem from) {
    general(0x8B, to, from, true);
  }

  /** Stores 64 bits. */
  void store(Mem to, Gp from) {
    general(0x89, from, to, true);
  }

  /** Stores the low 32 bits. */
  void store32(Mem to, Gp from) {
    general(0x89, from, to, false);
  }

  /** Loads an address. */
  void lea(Gp to, Mem of) {
    general(0x8D, to, of, true);
  }

  /** Loads the address of a label. */
  void lea(Gp to, Label of) {
    rex(true, to.ordinal(), 0, 0);
    put(0x8D, (to.ordinal() & 7) << 3 | 5);
    target(of);
  }

  /** {@code to += from}. */
  void add(Gp to, Gp from) {
    general(0x01, from, to);
  }

  /** {@code to += value}. */
  void add(Gp to, int value) {
    immediate(0, to, value);
  }

  /** {@code to += memory}. */
  void add(Gp to, Mem from) {
    general(0x03, to, from, true);
  }

  /** {@code to -= from}. */
  void sub(Gp to, Gp from) {
    general(0x29, from, to);
  }

  /** {@code to -= value}, for a loop's count: sets the flags. */
  void sub(Gp to, int value) {
    immediate(5, to, value);
  }

  /** {@code to *= from}. */
  void imul(Gp to, Gp from) {
    rex(true, to.ordinal(), 0, from.ordinal());
    put(0x0F, 0xAF, 0xC0 | (to.ordinal() & 7) << 3 | from.ordinal() & 7);
  }

  /** {@code to <<= bits}. */
  void shl(Gp to, int bits) {
    rex(true, 0, 0, to.ordinal());
    put(0xC1, 0xE0 | to.ordinal() & 7, bits);
  }

  /** Compares for a jump. */
  void cmp(Gp a, Gp b) {
    general(0x39, b, a);
  }

  /** Compares for a jump. */
  void cmp(Gp a, int value) {
    immediate(7, a, value);
  }

  /** Jumps where the last comparison says so. */
  void jump(Condition condition, Label to) {
    put(0x0F, 0x80 | condition.code);
    target(to);
  }

  /** Jumps. */
  void jump(Label to) {
    put(0xE9);
    target(to);
  }

  /** The label is here. */
  void bind(Label label) {
    if (label.position >= 0) {
      throw new IllegalStateException("bound twice");
    }
    label.position = size;
    label.jumps.forEach(at -> patch(at, size));
  }

  /** Saves a register on the stack. */
  void push(Gp register) {
    rex(false, 0, 0, register.ordinal());
    put(0x50 | register.ordinal() & 7);
  }

  /** Takes it back. */
  void pop(Gp register) {
    rex(false, 0, 0, register.ordinal());
    put(0x58 | register.ordinal() & 7);
  }

  /** Asks for a cache line in the second-level cache ahead of its use ({@code prefetcht1}). */
  void prefetch(Mem at) {
    rex(false, 0, at.index() == null ? 0 : at.index().ordinal(), at.base().ordinal());
    put(0x0F, 0x18);
    modRm(2, at, 1);
  }

  /** What the processor is: leaf in eax and ecx, answer in eax, ebx, ecx, edx. */
  void cpuid() {
    put(0x0F, 0xA2);
  }

  /** Which registers the system saves: number in ecx, answer in edx and eax. */
  void xgetbv() {
    put(0x0F, 0x01, 0xD0);
  }

  /** Back to the caller. */
  void ret() {
    put(0xC3);
  }

  /** Fills up to a multiple of {@code unit} bytes. */
  void align(int unit) {
    while (size % unit != 0) {
      put(0xCC);
    }
  }

  /** Words of data. */
  void data(int[] words) {
    for (int word : words) {
      putInt(word);
    }
  }

  private void general(int opcode, Gp reg, Gp rm) {
    rex(true, reg.ordinal(), 0, rm.ordinal());
    put(opcode, 0xC0 | (reg.ordinal() & 7) << 3 | rm.ordinal() & 7);
  }

  private void general(int opcode, Gp reg, Mem m, boolean wide) {
    rex(wide, reg.ordinal(), m.index() == null ? 0 : m.index().ordinal(), m.base().ordinal());
    put(opcode);
    modRm(reg.ordinal(), m, 1);
  }

  private void immediate(int digit, Gp to, int value) {
    rex(true, 0, 0, to.ordinal());
    boolean small = value == (byte) value;
    if (!small && to == Gp.RAX) {
      put(digit << 3 | 5); // the accumulator has a form of its own
    } else {
      put(small ? 0x83 : 0x81, 0xC0 | digit << 3 | to.ordinal() & 7);
    }
    if (small) {
      put(value);
    } else {
      putInt(value);
    }
  }

  private void rex(boolean wide, int reg, int index, int rm) {
    int bits = bit(wide, 3) | bit(reg > 7, 2) | bit(index > 7, 1) | bit(rm > 7, 0);
    if (bits != 0) {
      put(0x40 | bits);
    }
  }

  private void target(Label to) {
    if (to.position >= 0) {
      putInt(to.position - (size + 4));
    } else {
      to.jumps.add(size);
      putInt(0);
    }
  }

  private void patch(int at, int to) {
    int distance = to - (at + 4);
    for (int i = 0; i < 4; i++) {
      code[at + i] = (byte) (distance >> 8 * i);
    }
  }

  private void putInt(int value) {
    put(value, value >> 8, value >> 16, value >> 24);
  }

  private void put(int... bytes) {
    for (int b : bytes) {
      if (size == code.length) {
        code = Arrays.copyOf(code, 2 * size);
      }
      code[size++] = (byte) b;
    }
  }
}
