// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import java.util.function.Supplier;

/**
 * The kernels of attention of one shape, each emitted when it is first asked for. For all threads.
 *
 * @see AttentionRows
 * @see TokenCall
 */
public final class AttentionKernels {
  /** Most rows of a tile: what the registers hold. */
  static final int MOST_ROWS = 6;

  private static final int TYPES = DType.values().length;

  private final Level level;
  private final AttentionShape shape;
  private final Kernel[][] blocks = new Kernel[TYPES][MOST_ROWS + 1];
  private final Kernel[] heads = new Kernel[2];
  private final Kernel[] keys = new Kernel[TYPES];
  private final Kernel[] values = new Kernel[TYPES];
  private final Kernel[] widen = new Kernel[TYPES];
  private final Kernel[] rows = new Kernel[TYPES];
  private final Kernel[] scaledKeys = new Kernel[Integer.SIZE];
  private final Kernel[] scaledRows = new Kernel[Integer.SIZE];
  private final Kernel[] turned = new Kernel[1];

  final Kernel start;
  final Kernel finish;

  AttentionKernels(Level level, AttentionShape shape) {
    if (!shape.supported()) {
      throw new IllegalArgumentException("no kernels for " + shape);
    }
    this.level = level;
    this.shape = shape;
    int width = shape.valueWidth();
    start = Kernels.load("start of rows", RowEnds.start(level, width));
    finish = Kernels.load("end of rows", RowEnds.finish(level, shape.valueDim(), width));
  }

  /** What they are made for. */
  public AttentionShape shape() {
    return shape;
  }

  /** One block's attention for tiles of {@code rows} rows. */
  Kernel block(DType type, int count) {
    Kernel kernel = blocks[type.ordinal()][count];
    if (kernel != null) {
      return kernel;
    }
    String name = "attention of " + shape + " over " + type + ", " + count + " rows";
    return made(
        blocks[type.ordinal()], count, name, () -> AttentionBlock.make(level, type, shape, count));
  }

  /** Rotation of heads, with a norm or without. */
  Kernel heads(boolean norm) {
    Kernel kernel = heads[norm ? 1 : 0];
    return kernel != null
        ? kernel
        : made(heads, norm ? 1 : 0, "heads", () -> HeadWriter.make(level, shape, norm));
  }

  /** Writes a token's keys. */
  Kernel keys(DType type) {
    Kernel kernel = keys[type.ordinal()];
    return kernel != null
        ? kernel
        : made(keys, type.ordinal(), type + " keys", () -> CacheWriter.keys(level, type));
  }

  /** Writes a token's values. */
  Kernel values(DType type) {
    Kernel kernel = values[type.ordinal()];
    return kernel != null
        ? kernel
        : made(
            values,
            type.ordinal(),
            type + " values",
            () -> CacheWriter.values(level, type, shape.valueDim()));
  }

  /** {@link CacheReader#widen}. */
  Kernel widen(DType type) {
    Kernel kernel = widen[type.ordinal()];
    return kernel != null
        ? kernel
        : made(widen, type.ordinal(), "widening", () -> CacheReader.widen(level, type));
  }

  /** {@link CacheReader#rows}. */
  Kernel rows(DType type) {
    Kernel kernel = rows[type.ordinal()];
    return kernel != null
        ? kernel
        : made(
            rows,
            type.ordinal(),
            "rows of " + type,
            () -> CacheReader.rows(level, type, shape.valueDim(), shape.valueWidth()));
  }

  /** {@link CacheReader#scaledKeys}. */
  Kernel scaledKeys(int group) {
    int index = Integer.numberOfTrailingZeros(group);
    Kernel kernel = scaledKeys[index];
    return kernel != null
        ? kernel
        : made(scaledKeys, index, "scaled keys", () -> CacheReader.scaledKeys(level, group));
  }

  /** {@link CacheReader#scaledRows}. */
  Kernel scaledRows(int group) {
    int index = Integer.numberOfTrailingZeros(group);
    Kernel kernel = scaledRows[index];
    return kernel != null
        ? kernel
        : made(
            scaledRows,
            index,
            "scaled rows",
            () -> CacheReader.scaledRows(level, shape.valueDim(), group, shape.valueWidth()));
  }

  /** {@link CacheReader#turned}. */
  Kernel turned() {
    Kernel kernel = turned[0];
    return kernel != null
        ? kernel
        : made(turned, 0, "turned", () -> CacheReader.turned(level, shape.valueWidth()));
  }

  private synchronized Kernel made(Kernel[] table, int index, String name, Supplier<byte[]> maker) {
    if (table[index] == null) {
      table[index] = Kernels.load(name, maker.get());
    }
    return table[index];
  }
}
