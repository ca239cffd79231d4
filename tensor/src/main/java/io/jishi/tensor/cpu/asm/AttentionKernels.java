// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;

/**
 * The kernels of attention of one shape. For all threads.
 *
 * @see AttentionRows
 * @see TokenCall
 */
public final class AttentionKernels {
  /** Most rows of a tile: what the registers hold. */
  static final int MOST_ROWS = 6;

  private final Level level;
  private final AttentionShape shape;
  private final Kernel[] blocks = new Kernel[MOST_ROWS + 1];
  private final Kernel[] halfBlocks = new Kernel[MOST_ROWS + 1];

  final Kernel heads;
  final Kernel normedHeads;
  final Kernel keys;
  final Kernel halfKeys;
  final Kernel values;
  final Kernel halfValues;
  final Kernel widen;
  final Kernel start;
  final Kernel finish;

  AttentionKernels(Level level, AttentionShape shape) {
    if (!shape.supported()) {
      throw new IllegalArgumentException("no kernels for " + shape);
    }
    this.level = level;
    this.shape = shape;
    int dim = shape.headDim();
    heads = Kernels.load("heads", HeadWriter.make(level, shape, false));
    normedHeads = Kernels.load("normed heads", HeadWriter.make(level, shape, true));
    keys = Kernels.load("F32 keys", CacheWriter.keys(level, DType.F32));
    halfKeys = Kernels.load("F16 keys", CacheWriter.keys(level, DType.F16));
    values = Kernels.load("F32 values", CacheWriter.values(level, DType.F32, dim));
    halfValues = Kernels.load("F16 values", CacheWriter.values(level, DType.F16, dim));
    widen = Kernels.load("widening", CacheWriter.widen(level));
    start = Kernels.load("start of rows", RowEnds.start(level, dim));
    finish = Kernels.load("end of rows", RowEnds.finish(level, dim));
  }

  /** What they are made for. */
  public AttentionShape shape() {
    return shape;
  }

  /** One block's attention for tiles of {@code rows} rows. */
  Kernel block(DType type, int rows) {
    Kernel[] table = type == DType.F16 ? halfBlocks : blocks;
    Kernel kernel = table[rows];
    return kernel != null ? kernel : makeBlock(table, type, rows);
  }

  private synchronized Kernel makeBlock(Kernel[] table, DType type, int rows) {
    String name = "attention of " + shape + " over " + type + ", " + rows + " rows";
    byte[] code = AttentionBlock.make(level, type, shape.headDim(), rows);
    return table[rows] = Kernels.load(name, code);
  }
}
