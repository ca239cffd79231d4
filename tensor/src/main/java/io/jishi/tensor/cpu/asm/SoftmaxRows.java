// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.RowArguments.BLOCK;

import java.util.Arrays;

/**
 * Emits the running softmax of a tile's scores, scaled, then capped, then with slopes as the shape
 * says (Milakov and Gimelshein 2018): {@code m' = max(m, max s)}, {@code rescale = e^(m − m')},
 * {@code p = e^(s − m')}, {@code sum = sum · rescale + p}, the sum in {@link RowArguments#LANES}
 * parts. Probabilities take the place of the scores.
 *
 * <p>Scores of keys that a row does not see become −∞ by a minimum with the bounds, whatever they
 * were, a NaN too; a NaN of a key that it sees becomes +∞ there and a NaN again in the exponential.
 */
final class SoftmaxRows {
  private static final int RIGHT_BOUNDS = 2 * BLOCK * 4;
  private static final int LEFT_BOUNDS = BLOCK * 4;
  private static final Gp PLACE = Gp.RBP;
  private static final Gp KEYS = Gp.RCX;

  private final Code code;
  private final Assembler asm;
  private final int rows;
  private final int vectors;
  private final Vec max;
  private final Vec p;
  private final Exponential exponential;
  private final AttentionShape shape;

  SoftmaxRows(Code code, AttentionShape shape, int rows) {
    this.code = code;
    this.shape = shape;
    this.asm = code.asm;
    this.rows = rows;
    this.vectors = 4 * BLOCK / code.bytes;
    int sums = 4 * RowArguments.LANES / code.bytes;
    this.max = code.v(vectors + sums);
    this.p = code.v(vectors + sums + 1);
    this.exponential = new Exponential(code, vectors + sums + 2);
  }

  /** Registers that a row takes with vectors of {@code bytes} bytes. */
  static int registers(int bytes) {
    return 4 * (BLOCK + RowArguments.LANES) / bytes + 2 + Exponential.REGISTERS;
  }

  /** Where behind the scores of {@code rows} rows the factor of row {@code r} lies. */
  static int rescale(int rows, int r) {
    return 4 * (rows * BLOCK + r);
  }

  void emit() {
    for (int r = 0; r < rows; r++) {
      load(r);
      largest(r);
      weights(r);
    }
  }

  private void load(int r) {
    Vec scale = max;
    asm.op(Op.VBROADCASTSS, scale, Mem.at(Gp.RDI, 8 * RowArguments.SCALE));
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VMULPS, code.v(v), scale, score(r, v));
    }
    if (shape.capped()) {
      cap();
    }
    if (shape.sloped()) {
      slope(r);
    }
    bound(r, RowArguments.FROM, LEFT_BOUNDS);
    bound(r, RowArguments.END, RIGHT_BOUNDS);
  }

  private void cap() {
    Vec cap = max;
    asm.op(Op.VBROADCASTSS, cap, Mem.at(Gp.RDI, 8 * RowArguments.CAP));
    int first = p.number() + 1;
    Vec old = code.v(vectors);
    SoftCap made = new SoftCap(code, old, code.v(first), code.v(first + 1), code.v(first + 2), p);
    for (int v = 0; v < vectors; v++) {
      made.emit(code.v(v), cap);
    }
  }

  /** Distances are whole numbers below 2^24: floats hold them and their sums exactly. */
  private void slope(int r) {
    Mem range = Mem.at(AttentionBlock.RANGES, r * RowArguments.RANGE_BYTES);
    Vec slope = max;
    Vec distance = p;
    asm.op(Op.VBROADCASTSS, slope, range.plus(RowArguments.SLOPE));
    asm.op(Op.VBROADCASTSS, distance, range.plus(RowArguments.DISTANCE));
    int lanes = code.bytes / 4;
    int[] steps = new int[lanes];
    Arrays.setAll(steps, i -> Float.floatToRawIntBits(i));
    asm.op(Op.VADDPS, distance, distance, code.constant(steps));
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VFMADD231PS, code.v(v), slope, distance);
      if (v + 1 < vectors) {
        asm.op(Op.VADDPS, distance, distance, code.all(Float.floatToRawIntBits(lanes)));
      }
    }
  }

  private void bound(int r, int mark, int place) {
    asm.load(KEYS, Mem.at(AttentionBlock.RANGES, r * RowArguments.RANGE_BYTES + mark));
    asm.shl(KEYS, 2);
    code.argument(PLACE, RowArguments.BOUNDS);
    asm.sub(PLACE, KEYS);
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VMINPS, code.v(v), code.v(v), Mem.at(PLACE, place + v * code.bytes));
    }
  }

  /** Leaves the new maximum in all lanes of {@link #max}, the rescaling factor in {@link #p}. */
  private void largest(int r) {
    Vec t = p;
    asm.op(Op.VMAXPS, max, code.v(0), code.v(1));
    for (int v = 2; v < vectors; v++) {
      asm.op(Op.VMAXPS, max, max, code.v(v));
    }
    Fold.lanes(asm, Op.VMAXPS, max, t);
    Vec old = code.v(vectors);
    asm.op(Op.VBROADCASTSS, max, max.as(16));
    asm.op(Op.VBROADCASTSS, old, Mem.at(AttentionBlock.MAX, 4 * r));
    asm.op(Op.VMAXPS, max, max, old);
    asm.op(Op.VMOVSS_STORE, max.as(16), Mem.at(AttentionBlock.MAX, 4 * r));
    asm.op(Op.VSUBPS, old, old, max);
    exponential.emit(p, old);
    asm.op(Op.VMOVSS_STORE, p.as(16), Mem.at(AttentionBlock.SCORES, rescale(rows, r)));
  }

  private void weights(int r) {
    int sums = max.number() - vectors;
    for (int i = 0; i < sums; i++) {
      asm.op(Op.VMULPS, code.v(vectors + i), p, sum(r, i));
    }
    for (int v = 0; v < vectors; v++) {
      asm.op(Op.VSUBPS, code.v(v), code.v(v), max);
      exponential.emit(p, code.v(v));
      asm.op(Op.VMOVUPS_STORE, p, score(r, v));
      Vec sum = code.v(vectors + v % sums);
      asm.op(Op.VADDPS, sum, sum, p);
    }
    for (int i = 0; i < sums; i++) {
      asm.op(Op.VMOVUPS_STORE, code.v(vectors + i), sum(r, i));
    }
  }

  private Mem score(int r, int v) {
    return Mem.at(AttentionBlock.SCORES, 4 * r * BLOCK + v * code.bytes);
  }

  private Mem sum(int r, int i) {
    return Mem.at(AttentionBlock.SUMS, 4 * r * RowArguments.LANES + i * code.bytes);
  }
}
