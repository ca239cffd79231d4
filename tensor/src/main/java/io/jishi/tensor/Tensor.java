// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Activations {@code [rows, cols]}: FP32, contiguous, row-major, off-heap. Rows are tokens. The
 * memory belongs to the {@link Ops} that made it and is valid until that is told to {@link
 * Ops#release} it or begins its next step.
 */
public final class Tensor {
  private final MemorySegment data;
  private final int rows;
  private final int cols;

  /**
   * Wraps memory of exactly {@code rows · cols} floats.
   *
   * @throws IllegalArgumentException where the memory has another size
   */
  public Tensor(MemorySegment data, int rows, int cols) {
    if (data.byteSize() != bytes(rows, cols)) {
      throw new IllegalArgumentException(
          "[" + rows + ", " + cols + "] floats do not fill " + data.byteSize() + " bytes");
    }
    this.data = data;
    this.rows = rows;
    this.cols = cols;
  }

  private Tensor(int rows, int cols) {
    this.data = MemorySegment.NULL;
    this.rows = rows;
    this.cols = cols;
  }

  /**
   * A tensor of which only the shape is known: it stands for a value while a computation is
   * recorded before memory is planned, and holds nothing to read or write.
   */
  public static Tensor ofShape(int rows, int cols) {
    bytes(rows, cols);
    return new Tensor(rows, cols);
  }

  /** Bytes of {@code [rows, cols]} floats. */
  public static long bytes(int rows, int cols) {
    return Math.multiplyExact((long) rows * Float.BYTES, (long) cols);
  }

  /** Number of rows (tokens). */
  public int rows() {
    return rows;
  }

  /** Number of columns (features). */
  public int cols() {
    return cols;
  }

  /** The memory, {@code rows · cols} floats in native order. */
  public MemorySegment data() {
    return data;
  }

  /** Copies {@code count} values from row {@code row}, column {@code col} on. */
  public void read(int row, int col, float[] out, int offset, int count) {
    MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, at(row, col, count), out, offset, count);
  }

  /** Writes {@code count} values to row {@code row} from column {@code col} on. */
  public void write(int row, int col, float[] in, int offset, int count) {
    MemorySegment.copy(in, offset, data, ValueLayout.JAVA_FLOAT, at(row, col, count), count);
  }

  /** A copy of one row. */
  public float[] row(int row) {
    float[] out = new float[cols];
    read(row, 0, out, 0, cols);
    return out;
  }

  private long at(int row, int col, int count) {
    Objects.checkIndex(row, rows);
    Objects.checkFromIndexSize(col, count, cols);
    return ((long) row * cols + col) * Float.BYTES;
  }
}
