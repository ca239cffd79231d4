// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import static io.jishi.tensor.cpu.asm.RowArguments.BLOCK;

import io.jishi.tensor.DType;

/**
 * Emits one block's part of attention for tiles of a fixed number of rows: {@code s = q · kᵀ}, the
 * running softmax of s ({@link SoftmaxRows}), {@code acc = acc · rescale + p · v}. Both products
 * are the same loop: lanes are keys, then dimensions; a lane's sum runs over dimensions, then keys,
 * in ascending order, one fused multiply-add each, whatever the number of rows.
 *
 * <p>Rows of a tile may see different keys. Values of keys that a row does not see are never
 * multiplied, not even by zero: they may be infinite. So keys that all rows see are taken together,
 * those before and behind by each row alone.
 *
 * <p>Registers: sums of rows × vectors, then the smaller one of a row's factor for each row or a
 * vector of the right side for each vector, then one for the other. Arguments: {@link
 * RowArguments}.
 */
final class AttentionBlock {
  private static final Gp LEFT = Gp.RAX;
  private static final Gp RIGHT = Gp.RDX;
  private static final Gp STEPS = Gp.RCX;
  private static final Gp KEY = Gp.RBP;
  private static final Gp TILES = Gp.RBX;
  static final Gp QUERIES = Gp.R8;
  static final Gp ACC = Gp.R9;
  static final Gp SUMS = Gp.R10;
  static final Gp MAX = Gp.R11;
  static final Gp RANGES = Gp.R12;
  static final Gp KEYS = Gp.R13;
  static final Gp VALUES = Gp.R14;
  static final Gp SCORES = Gp.R15;

  private static final int SCORE_STRIDE = 4 * BLOCK;

  private final Code code;
  private final Assembler asm;
  private final DType type;
  private final AttentionShape shape;

  /** Floats of a row's sums: the width of values. */
  private final int dim;

  private final int rows;

  /** Vectors of a row's sums at a time. */
  private final int vectors;

  private final int lanes;

  private AttentionBlock(Code code, DType type, AttentionShape shape, int rows, int vectors) {
    this.code = code;
    this.asm = code.asm;
    this.type = type;
    this.shape = shape;
    this.dim = shape.valueWidth();
    this.rows = rows;
    this.vectors = vectors;
    this.lanes = code.bytes / 4;
  }

  /** The machine code for tiles of {@code rows} rows over keys and values of {@code type}. */
  static byte[] make(Level level, DType type, AttentionShape shape, int rows) {
    int vectors = level.bytes() == 64 ? 4 : rows == 1 ? 8 : rows <= 3 ? 4 : 2;
    int used = rows * vectors + Math.min(rows, vectors) + 1;
    return Code.make(
        level,
        level.bytes(),
        Math.max(used, SoftmaxRows.registers(level.bytes())),
        code -> new AttentionBlock(code, type, shape, rows, vectors).tiles());
  }

  private void tiles() {
    code.argument(QUERIES, RowArguments.QUERIES);
    code.argument(KEYS, RowArguments.KEYS);
    code.argument(VALUES, RowArguments.VALUES);
    code.argument(ACC, RowArguments.ACC);
    code.argument(SUMS, RowArguments.SUMS);
    code.argument(MAX, RowArguments.MAX);
    code.argument(SCORES, RowArguments.SCORES);
    code.argument(RANGES, RowArguments.RANGES);
    code.argument(TILES, RowArguments.TILES);
    SoftmaxRows softmax = new SoftmaxRows(code, shape, rows);
    code.loop(
        TILES,
        () -> {
          scores();
          softmax.emit();
          values();
          asm.add(QUERIES, rows * shape.keyDim() * 4);
          asm.add(ACC, rows * dim * 4);
          asm.add(SUMS, rows * RowArguments.LANES * 4);
          asm.add(MAX, rows * 4);
          asm.add(RANGES, rows * RowArguments.RANGE_BYTES);
        });
  }

  private void scores() {
    int size = type.blockBytes();
    for (int first = 0; first < BLOCK / lanes; first += vectors) {
      for (int i = 0; i < rows * vectors; i++) {
        asm.op(Op.VPXOR, code.v(i), code.v(i), code.v(i));
      }
      asm.mov(LEFT, QUERIES);
      asm.lea(RIGHT, Mem.at(KEYS, first * lanes * size));
      asm.mov(STEPS, shape.keyDim());
      int stride = 4 * shape.keyDim();
      code.loop(STEPS, () -> step(0, rows, vectors, stride, BLOCK * size));
      for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
          Mem out = Mem.at(SCORES, r * SCORE_STRIDE + (first + v) * code.bytes);
          asm.op(Op.VMOVUPS_STORE, sum(r, v), out);
        }
      }
    }
  }

  private void values() {
    int all = dim / lanes;
    int passes = (all + vectors - 1) / vectors;
    int first = 0;
    for (int pass = 0; pass < passes; pass++) {
      int count = all / passes + (pass < all % passes ? 1 : 0);
      values(first, count);
      first += count;
    }
  }

  private void values(int first, int count) {
    for (int r = 0; r < rows; r++) {
      asm.op(Op.VBROADCASTSS, helper(0), Mem.at(SCORES, SoftmaxRows.rescale(rows, r)));
      for (int v = 0; v < count; v++) {
        asm.op(Op.VMULPS, sum(r, v), helper(0), acc(r, first + v));
      }
    }
    for (int r = 0; r < rows; r++) {
      keys(first, count, r, 1, RowArguments.FROM, RowArguments.EARLY_END);
    }
    keys(first, count, 0, rows, RowArguments.COMMON_FROM, RowArguments.COMMON_END);
    for (int r = 0; r < rows; r++) {
      keys(first, count, r, 1, RowArguments.COMMON_END, RowArguments.END);
    }
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < count; v++) {
        asm.op(Op.VMOVUPS_STORE, sum(r, v), acc(r, first + v));
      }
    }
  }

  private Mem acc(int r, int v) {
    return Mem.at(ACC, 4 * r * dim + v * code.bytes);
  }

  /** Keys between two marks of row {@code r}'s range, for {@code some} rows from it on. */
  private void keys(int first, int count, int r, int some, int from, int to) {
    int stride = dim * type.blockBytes();
    Label none = new Label();
    Mem range = Mem.at(RANGES, r * RowArguments.RANGE_BYTES);
    asm.load(STEPS, range.plus(to));
    asm.load(KEY, range.plus(from));
    asm.sub(STEPS, KEY);
    asm.jump(Assembler.Condition.LESS_OR_EQUAL, none);
    asm.lea(LEFT, Mem.at(SCORES, KEY, 4, 0));
    asm.mov(RIGHT, stride);
    asm.imul(RIGHT, KEY);
    asm.add(RIGHT, VALUES);
    asm.add(RIGHT, first * lanes * type.blockBytes());
    code.loop(STEPS, () -> step(r, some, count, SCORE_STRIDE, stride));
    asm.bind(none);
  }

  /** One factor of each of {@code some} rows from {@code r} on times one row of the right side. */
  private void step(int r, int some, int count, int leftStride, int rightStride) {
    if (some <= count) {
      for (int i = 0; i < some; i++) {
        asm.op(Op.VBROADCASTSS, helper(i), Mem.at(LEFT, (r + i) * leftStride));
      }
      for (int v = 0; v < count; v++) {
        load(helper(some), v);
        for (int i = 0; i < some; i++) {
          asm.op(Op.VFMADD231PS, sum(r + i, v), helper(some), helper(i));
        }
      }
    } else {
      for (int v = 0; v < count; v++) {
        load(helper(v), v);
      }
      for (int i = 0; i < some; i++) {
        asm.op(Op.VBROADCASTSS, helper(count), Mem.at(LEFT, (r + i) * leftStride));
        for (int v = 0; v < count; v++) {
          asm.op(Op.VFMADD231PS, sum(r + i, v), helper(v), helper(count));
        }
      }
    }
    asm.add(LEFT, 4);
    asm.add(RIGHT, rightStride);
  }

  private void load(Vec to, int v) {
    CacheReader.load(code, type, to, Mem.at(RIGHT, v * lanes * type.blockBytes()));
  }

  private Vec sum(int r, int v) {
    return code.v(r * vectors + v);
  }

  private Vec helper(int i) {
    return code.v(rows * vectors + i);
  }
}
