// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.lang.foreign.MemorySegment;

/**
 * What happens to a tile of scores beside the scale: a soft cap, then slopes by distance; and the
 * gradient of both.
 *
 * @param p the tile
 * @param slopes receives the derivative of the soft cap; null without one
 */
record ScoreTile(
    AttentionTiles.Shape shape, Machine.Lane lane, MemorySegment p, MemorySegment slopes) {

  /**
   * Products become scores.
   *
   * @param ahead how far the first query stands behind the first key
   */
  void change(int head, int ahead, int rows, int n, int stride) {
    float cap = shape.scores().softCap();
    float[] byHead = shape.scores().slopes();
    float slope = byHead == null ? 0 : byHead[head];
    lane.room(n, 0);
    for (int r = 0; r < rows; r++) {
      Rows.read(p, (long) r * stride, lane.a, n);
      for (int c = 0; c < n; c++) {
        lane.a[c] *= shape.scale();
      }
      if (cap != 0) {
        for (int c = 0; c < n; c++) {
          double t = Math.tanh(lane.a[c] / cap);
          lane.a[c] = (float) (cap * t);
          lane.b[c] = (float) (shape.scale() * (1 - t * t));
        }
        Rows.write(lane.b, slopes, (long) r * stride, n);
      }
      if (slope != 0) {
        for (int c = 0; c < n; c++) {
          lane.a[c] = Math.fma(slope, c - (ahead + r), lane.a[c]);
        }
      }
      Rows.write(lane.a, p, (long) r * stride, n);
    }
  }

  /** The gradient of probabilities, less {@code delta}, times what products change scores by. */
  void gradient(MemorySegment d, float[] delta, int rows, int n, int stride) {
    lane.room(n, 0);
    for (int r = 0; r < rows; r++) {
      Rows.read(d, (long) r * stride, lane.a, n);
      if (slopes == null) {
        for (int c = 0; c < n; c++) {
          lane.a[c] = (lane.a[c] - delta[r]) * shape.scale();
        }
      } else {
        Rows.read(slopes, (long) r * stride, lane.b, n);
        for (int c = 0; c < n; c++) {
          lane.a[c] = (lane.a[c] - delta[r]) * lane.b[c];
        }
      }
      Rows.write(lane.a, d, (long) r * stride, n);
    }
  }
}
