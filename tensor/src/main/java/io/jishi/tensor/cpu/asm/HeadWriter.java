// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.Rope;

/**
 * Emits what makes queries and keys of one token ready: RMSNorm of each head (Zhang and Sennrich
 * 2019), where asked for, and rotary embedding (Su et al. 2021), in the shape's order, the
 * operations of the scalar ones one for one. Heads lie side by side in the input; in the output
 * groups of them are a stride apart. Vectors of 256 bits on every level.
 *
 * <p>Angles of a token are its cosines, then its sines. For pairs side by side each stands twice,
 * the first of the two sines negated.
 */
final class HeadWriter {
  /** The token's heads. */
  static final int IN = 0;

  /** Where they go. */
  static final int OUT = 1;

  /** Groups of heads, at least one. */
  static final int GROUPS = 2;

  /** Heads of a group, at least one. */
  static final int GROUP = 3;

  /** Bytes from the end of one group to the next one. */
  static final int GAP = 4;

  /** The gain of the norm, one head's floats. */
  static final int GAIN = 5;

  /** What the norm adds under the root, a float. */
  static final int EPS = 6;

  /** The token's angles. */
  static final int ANGLES = 7;

  private static final Gp FROM = Gp.RAX;
  private static final Gp TO = Gp.RCX;
  private static final Gp FACTORS = Gp.RDX;
  private static final Gp TABLE = Gp.R9;
  private static final Gp OUTER = Gp.RBX;
  private static final Gp INNER = Gp.R8;
  private static final int BYTES = 32;
  private static final int USED = 6;

  private final Code code;
  private final Assembler asm;
  private final AttentionShape shape;

  private HeadWriter(Code code, AttentionShape shape) {
    this.code = code;
    this.asm = code.asm;
    this.shape = shape;
  }

  static byte[] make(Level level, AttentionShape shape, boolean norm) {
    return Code.make(level, BYTES, USED, code -> new HeadWriter(code, shape).heads(norm));
  }

  private void heads(boolean norm) {
    code.argument(FROM, IN);
    code.argument(TO, OUT);
    code.argument(FACTORS, GAIN);
    code.argument(TABLE, ANGLES);
    code.argument(OUTER, GROUPS);
    code.loop(
        OUTER,
        () -> {
          code.argument(INNER, GROUP);
          code.loop(INNER, () -> head(norm));
          asm.add(TO, Mem.at(Gp.RDI, 8 * GAP));
        });
  }

  private void head(boolean norm) {
    boolean first = norm && !shape.normLast();
    if (first) {
      norm(FROM);
    }
    Gp from = first ? TO : FROM;
    if (shape.style() == Rope.Style.HALVES) {
      halves(from);
    } else if (shape.style() == Rope.Style.PAIRS) {
      pairs(from);
    }
    for (int at = 4 * shape.rotated(); at < 4 * shape.keyDim() && !first; at += BYTES) {
      asm.op(Op.VMOVUPS, code.v(0), Mem.at(FROM, at));
      asm.op(Op.VMOVUPS_STORE, code.v(0), Mem.at(TO, at));
    }
    if (norm && shape.normLast()) {
      norm(TO);
    }
    asm.add(FROM, 4 * shape.keyDim());
    asm.add(TO, 4 * shape.keyDim());
  }

  private void norm(Gp from) {
    Vec sum = Vec.xmm(0);
    Vec t = Vec.xmm(1);
    asm.op(Op.VPXOR, sum, sum, sum);
    for (int at = 0; at < 4 * shape.keyDim(); at += 16) {
      asm.op(Op.VMOVUPS, t, Mem.at(from, at));
      asm.op(Op.VFMADD231PS, sum, t, t);
    }
    asm.op(Op.VPSHUFD, t, sum, 0xB1); // neighbours first, as the scalar norm adds them
    asm.op(Op.VADDPS, sum, sum, t);
    asm.op(Op.VPSHUFD, t, sum, 0x4E);
    asm.op(Op.VADDPS, sum, sum, t);
    asm.op(Op.VDIVPS, sum, sum, code.all(Float.floatToRawIntBits(shape.keyDim())));
    asm.op(Op.VBROADCASTSS, t, Mem.at(Gp.RDI, 8 * EPS));
    asm.op(Op.VADDPS, sum, sum, t);
    asm.op(Op.VCVTSS2SD, sum, sum, sum);
    asm.op(Op.VSQRTSD, sum, sum, sum);
    long one = Double.doubleToRawLongBits(1);
    asm.op(Op.VMOVUPS, t, code.constant((int) one, (int) (one >>> 32)));
    asm.op(Op.VDIVSD, sum, t, sum);
    asm.op(Op.VCVTSD2SS, sum, sum, sum);
    Vec factor = code.v(0);
    Vec x = code.v(1);
    asm.op(Op.VBROADCASTSS, factor, sum);
    for (int at = 0; at < 4 * shape.keyDim(); at += BYTES) {
      asm.op(Op.VMULPS, x, factor, Mem.at(from, at));
      asm.op(Op.VMULPS, x, x, Mem.at(FACTORS, at));
      asm.op(Op.VMOVUPS_STORE, x, Mem.at(TO, at));
    }
  }

  private void halves(Gp from) {
    Vec low = code.v(0);
    Vec high = code.v(1);
    Vec cos = code.v(2);
    Vec sin = code.v(3);
    Vec a = code.v(4);
    Vec b = code.v(5);
    int half = 2 * shape.rotated();
    for (int at = 0; at < half; at += BYTES) {
      asm.op(Op.VMOVUPS, low, Mem.at(from, at));
      asm.op(Op.VMOVUPS, high, Mem.at(from, at + half));
      asm.op(Op.VMOVUPS, cos, Mem.at(TABLE, at));
      asm.op(Op.VMOVUPS, sin, Mem.at(TABLE, at + 4 * shape.angles()));
      asm.op(Op.VMULPS, a, low, cos);
      asm.op(Op.VMULPS, b, high, sin);
      asm.op(Op.VSUBPS, a, a, b);
      asm.op(Op.VMOVUPS_STORE, a, Mem.at(TO, at));
      asm.op(Op.VMULPS, a, high, cos);
      asm.op(Op.VMULPS, b, low, sin);
      asm.op(Op.VADDPS, a, a, b);
      asm.op(Op.VMOVUPS_STORE, a, Mem.at(TO, at + half));
    }
  }

  private void pairs(Gp from) {
    Vec x = code.v(0);
    Vec swapped = code.v(1);
    for (int at = 0; at < 4 * shape.rotated(); at += BYTES) {
      asm.op(Op.VMOVUPS, x, Mem.at(from, at));
      asm.op(Op.VPSHUFD, swapped, x, 0xB1);
      asm.op(Op.VMULPS, x, x, Mem.at(TABLE, at));
      asm.op(Op.VMULPS, swapped, swapped, Mem.at(TABLE, at + 4 * shape.angles()));
      asm.op(Op.VADDPS, x, x, swapped);
      asm.op(Op.VMOVUPS_STORE, x, Mem.at(TO, at));
    }
  }
}
