// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Small work on rows of floats, cut into chunks that do not depend on the number of threads. */
public final class Rows {
  /** A float on any place. */
  public static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** Rows of a chunk. */
  public static final int CHUNK = 64;

  /** Columns of a chunk of a column sum. */
  private static final int COLUMNS = 64;

  private Rows() {}

  /** Work on rows {@code from … to - 1}. */
  @FunctionalInterface
  public interface Range {
    /** Does them, with the worker's own arrays. */
    void run(int from, int to, Machine.Lane lane);
  }

  /** Does all rows. */
  public static void each(Machine m, int rows, Range work) {
    m.rows()
        .parallel(
            Math.ceilDiv(rows, CHUNK),
            (chunk, worker) ->
                work.run(chunk * CHUNK, Math.min(rows, (chunk + 1) * CHUNK), m.lane(worker)));
  }

  /** Copies n floats from float {@code at} on. */
  public static void read(MemorySegment from, long at, float[] to, int n) {
    MemorySegment.copy(from, FLOAT, 4 * at, to, 0, n);
  }

  /** Copies n floats to float {@code at} and after. */
  public static void write(float[] from, MemorySegment to, long at, int n) {
    MemorySegment.copy(from, 0, to, FLOAT, 4 * at, n);
  }

  /** Writes the first n floats of {@code lane.a} or adds them to what is there. */
  static void put(Machine.Lane lane, MemorySegment to, long at, int n, boolean add) {
    put(lane.a, lane.b, to, at, n, add);
  }

  /** Writes n floats or adds them to what is there, by way of {@code spare}. */
  static void put(float[] from, float[] spare, MemorySegment to, long at, int n, boolean add) {
    if (add) {
      read(to, at, spare, n);
      for (int i = 0; i < n; i++) {
        spare[i] += from[i];
      }
      write(spare, to, at, n);
    } else {
      write(from, to, at, n);
    }
  }

  /**
   * Where gradients of a value are to be added, zero where nothing was added yet; of one that does
   * not learn, scratch memory ({@link #spareBytes}) that nobody reads.
   */
  static MemorySegment sums(Machine m, Value v, long scratchAt) {
    if (!v.learns) {
      return m.scratch(scratchAt, v.bytes());
    }
    if (!v.fill()) {
      v.gradient().fill((byte) 0);
    }
    return v.gradient();
  }

  /** Scratch memory that {@link #sums} takes. */
  static long spareBytes(Value v) {
    return v.learns ? 0 : v.bytes();
  }

  /** {@code y (+)= factor · x} over n floats. */
  public static void addScaled(
      Machine m, MemorySegment x, MemorySegment y, int rows, int cols, float factor, boolean add) {
    each(
        m,
        rows,
        (from, to, lane) -> {
          lane.room(cols, 0);
          for (int r = from; r < to; r++) {
            read(x, (long) r * cols, lane.a, cols);
            if (add) {
              read(y, (long) r * cols, lane.b, cols);
              for (int i = 0; i < cols; i++) {
                lane.b[i] = Math.fma(lane.a[i], factor, lane.b[i]);
              }
            } else {
              for (int i = 0; i < cols; i++) {
                lane.b[i] = lane.a[i] * factor;
              }
            }
            write(lane.b, y, (long) r * cols, cols);
          }
        });
  }

  /** {@code sums[c] += Σ_r x[r, from + c]}, rows in ascending order. */
  public static void columnSums(
      Machine m, MemorySegment x, int rows, int stride, int from, int cols, MemorySegment sums) {
    m.rows()
        .parallel(
            Math.ceilDiv(cols, COLUMNS),
            (chunk, worker) -> {
              Machine.Lane lane = m.lane(worker);
              lane.room(COLUMNS, 0);
              int first = chunk * COLUMNS;
              int n = Math.min(COLUMNS, cols - first);
              read(sums, first, lane.b, n);
              for (int r = 0; r < rows; r++) {
                read(x, (long) r * stride + from + first, lane.a, n);
                for (int i = 0; i < n; i++) {
                  lane.b[i] += lane.a[i];
                }
              }
              write(lane.b, sums, first, n);
            });
  }
}
