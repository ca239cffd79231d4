// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import java.lang.ref.SoftReference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Rows of floats that are read when their turn comes; several threads may read at a time. */
sealed interface RowSource {

  /** Values of a row. */
  int columns();

  /** Fills {@code out} with a row. */
  void read(long row, float[] out);

  /** A tensor's rows, or its values one by one. */
  static RowSource of(OutputTensor tensor, int columns) {
    return columns == tensor.columns() ? new Stored(tensor) : new Cut(new Stored(tensor), columns);
  }

  /** Rows as the tensor has them. */
  record Stored(OutputTensor tensor) implements RowSource {
    @Override
    public int columns() {
      return tensor.columns();
    }

    @Override
    public void read(long row, float[] out) {
      tensor.rows().read(row, out);
    }
  }

  /** The same values in rows of another length, of which one is a multiple of the other. */
  final class Cut implements RowSource {
    private final RowSource from;
    private final int columns;
    private final Blocks held;

    Cut(RowSource from, int columns) {
      if (from.columns() % columns != 0 && columns % from.columns() != 0) {
        throw new IllegalArgumentException(from.columns() + " values do not make " + columns);
      }
      this.from = from;
      this.columns = columns;
      this.held = new Blocks(from, 1);
    }

    @Override
    public int columns() {
      return columns;
    }

    @Override
    public void read(long row, float[] out) {
      int width = from.columns();
      if (columns >= width) {
        float[] part = new float[width];
        for (int p = 0; p < columns / width; p++) {
          from.read(row * (columns / width) + p, part);
          System.arraycopy(part, 0, out, p * width, width);
        }
        return;
      }
      int parts = width / columns;
      float[] whole = held.block(row / parts);
      System.arraycopy(whole, (int) (row % parts) * columns, out, 0, columns);
    }
  }

  /** Matrices of {@code rows} rows each, turned one by one. */
  final class Turned implements RowSource {
    private final int rows;
    private final int width;
    private final Blocks held;

    Turned(RowSource from, int rows) {
      this.rows = rows;
      this.width = from.columns();
      this.held = new Blocks(from, rows);
    }

    @Override
    public int columns() {
      return rows;
    }

    @Override
    public void read(long row, float[] out) {
      float[] matrix = held.block(row / width);
      int column = (int) (row % width);
      for (int r = 0; r < rows; r++) {
        out[r] = matrix[r * width + column];
      }
    }
  }

  /** One source after another. */
  record Joined(List<RowSource> parts, List<Long> counts) implements RowSource {
    @Override
    public int columns() {
      return parts.getFirst().columns();
    }

    @Override
    public void read(long row, float[] out) {
      long left = row;
      int part = 0;
      while (left >= counts.get(part)) {
        left -= counts.get(part++);
      }
      parts.get(part).read(left, out);
    }
  }

  /** Rows chosen one by one, and changed. */
  record Picked(int columns, Pick pick) implements RowSource {
    /** Reads a row from wherever it is. */
    @FunctionalInterface
    interface Pick {
      /** Fills {@code out}. */
      void read(long row, float[] out);
    }

    @Override
    public void read(long row, float[] out) {
      pick.read(row, out);
    }
  }

  /** Runs of rows, each read at once and kept until memory is wanted for something else. */
  final class Blocks {
    private final RowSource from;
    private final int rows;
    private final Map<Long, SoftReference<float[]>> kept = new ConcurrentHashMap<>();

    Blocks(RowSource from, int rows) {
      this.from = from;
      this.rows = rows;
    }

    float[] block(long index) {
      SoftReference<float[]> there = kept.get(index);
      float[] values = there == null ? null : there.get();
      if (values == null) {
        int width = from.columns();
        values = new float[Math.multiplyExact(rows, width)];
        float[] row = new float[width];
        for (int r = 0; r < rows; r++) {
          from.read(index * rows + r, row);
          System.arraycopy(row, 0, values, r * width, width);
        }
        kept.put(index, new SoftReference<>(values));
      }
      return values;
    }
  }
}
