// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.TileProducts;
import java.lang.foreign.MemorySegment;

/** One worker's work on rows of a head of any size: emitted where it is whole units. */
record HeadRows(Machine.Lane lane) {
  /** Rows times their factors to another place, or added to what is there; strides in floats. */
  void scale(
      MemorySegment x,
      int xStride,
      MemorySegment y,
      int yStride,
      int rows,
      int n,
      float[] by,
      boolean add) {
    if (n % TileProducts.UNIT == 0) {
      lane.tiles.scale(x, xStride, by, y, yStride, rows, n, add);
      return;
    }
    lane.room(n, 0);
    for (int r = 0; r < rows; r++) {
      Rows.read(x, (long) r * xStride, lane.a, n);
      for (int i = 0; i < n; i++) {
        lane.a[i] *= by[r];
      }
      Rows.put(lane, y, (long) r * yStride, n, add);
    }
  }

  /** Products of a head's rows at two places, each row summed into {@code sums}. */
  void dots(HeadPlaces x, HeadPlaces y, int first, int head, int rows, float[] sums) {
    MemorySegment a = x.at(first, head);
    MemorySegment b = y.at(first, head);
    int n = x.dim();
    if (n % TileProducts.UNIT == 0) {
      lane.rows.rowDots(a, x.stride(), b, y.stride(), rows, n, sums);
      return;
    }
    lane.room(n, 0);
    for (int r = 0; r < rows; r++) {
      Rows.read(a, (long) r * x.stride(), lane.a, n);
      Rows.read(b, (long) r * y.stride(), lane.b, n);
      float sum = 0;
      for (int i = 0; i < n; i++) {
        sum = Math.fma(lane.a[i], lane.b[i], sum);
      }
      sums[r] = sum;
    }
  }
}
