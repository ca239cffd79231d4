// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Weight;
import java.util.IdentityHashMap;
import java.util.Map;

/** Small weights as floats on the heap, row after row; copied again where training changed one. */
final class FloatCopies {
  private final Map<Weight, Copy> copies = new IdentityHashMap<>();

  private static final class Copy {
    private final float[] values;
    private long version;

    private Copy(int size, long version) {
      this.values = new float[size];
      this.version = version;
    }
  }

  /** All values; the caller does not change them. */
  float[] of(Weight weight) {
    Copy copy = copies.get(weight);
    if (copy == null) {
      copy = new Copy(Math.multiplyExact(weight.rows(), weight.cols()), weight.version());
      fill(weight, copy.values);
      copies.put(weight, copy);
    } else if (copy.version != weight.version()) {
      copy.version = weight.version();
      fill(weight, copy.values);
    }
    return copy.values;
  }

  private static void fill(Weight weight, float[] to) {
    int cols = weight.cols();
    float[] row = new float[cols];
    byte[] stored = new byte[Math.toIntExact(weight.type().rowBytes(cols))];
    for (int r = 0; r < weight.rows(); r++) {
      weight.row(r, stored, row);
      System.arraycopy(row, 0, to, r * cols, cols);
    }
  }
}
