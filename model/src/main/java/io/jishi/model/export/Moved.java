// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * A tensor of a GGUF file made of rows of published tensors. It says both ways: what is written,
 * and where each published row is found again.
 *
 * @param name in the GGUF file
 * @param shape there
 * @param from the published tensors, whose rows count on from one to the next
 * @param order the published row of each row here; null where they are the same
 * @param block rows of the matrices that are turned after their rows were gathered, 0 for none
 * @param change of each value
 * @param scale by which rows are multiplied, or null
 */
record Moved(
    String name,
    List<Long> shape,
    List<Published> from,
    LongUnaryOperator order,
    int block,
    Change change,
    Scale scale) {

  /** What happens to values on their way. */
  enum Change {
    /** Nothing. */
    NONE,
    /** Gains are whole in GGUF files. */
    PLUS_ONE,
    /** Decays are there, not the logarithms of their negatives. */
    MINUS_EXP,
    /** Rows are divided by their lengths. */
    UNIT;

    /** Changes a row. */
    void apply(float[] row) {
      switch (this) {
        case NONE -> {}
        case PLUS_ONE -> {
          for (int i = 0; i < row.length; i++) {
            row[i]++;
          }
        }
        case MINUS_EXP -> {
          for (int i = 0; i < row.length; i++) {
            row[i] = (float) -Math.exp(row[i]);
          }
        }
        case UNIT -> unit(row);
      }
    }

    /** Takes the change back; a row's length is gone, and 1 is as good. */
    void undo(float[] row) {
      for (int i = 0; i < row.length; i++) {
        row[i] =
            switch (this) {
              case NONE, UNIT -> row[i];
              case PLUS_ONE -> row[i] - 1;
              case MINUS_EXP -> (float) Math.log(-row[i]);
            };
      }
    }

    private static void unit(float[] row) {
      double sum = 0;
      for (float value : row) {
        sum += (double) value * value;
      }
      float length = (float) Math.max(Math.sqrt(sum), Float.MIN_NORMAL);
      for (int i = 0; i < row.length; i++) {
        row[i] /= length;
      }
    }
  }

  /** A multiplier of rows. */
  @FunctionalInterface
  interface Scale {
    /** That of the row. */
    float at(long row);
  }

  /** Whether the bytes of the one published tensor are those of this one. */
  boolean same() {
    return from.size() == 1 && order == null && block == 0 && plain() && !from.getFirst().turned();
  }

  /** Whether values stay as they are. */
  boolean plain() {
    return change == Change.NONE && scale == null;
  }

  /** Values of a row. */
  int columns() {
    return from.getFirst().columns();
  }

  /** Rows before they are turned. */
  long rows() {
    return shape.stream().reduce(1L, Math::multiplyExact) / columns();
  }

  /** The published row of a row. */
  long source(long row) {
    return order == null ? row : order.applyAsLong(row);
  }
}
