// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * How a weight of a decoder comes out of a stored tensor where it is not that tensor itself, but a
 * part of it or a changed copy: what a trainer needs to bring values forward and gradients back.
 *
 * <p>The weight is rows of {@code width} floats. Its row r is {@code change} of the {@code count}
 * stored values at {@code offset + order[r] · rowStride + i · colStride}; rows beyond {@code order}
 * and columns that the change does not write are constants. A vector is rows of one value.
 *
 * @param tensor the stored tensor's name
 */
public record Origin(
    String tensor,
    int width,
    int count,
    long offset,
    int[] order,
    long rowStride,
    long colStride,
    Change change) {

  /** What becomes of the stored values of a row. */
  public enum Change {
    /** Nothing. */
    NONE,
    /** {@code v + 1}: gains that are stored less 1. */
    PLUS_ONE,
    /** {@code −e^v}: decays that are stored as logarithms. */
    MINUS_EXP,
    /** {@code 1 − v} and {@code v}: the taps of a mix with the token before. */
    MIX,
    /** The row divided by its length, in FP32 as the reference computes it. */
    UNIT;

    private static final double LEAST_LENGTH = 1e-12;

    /** Values that come out of {@code count}. */
    int width(int count) {
      return this == MIX ? 2 * count : count;
    }

    void forward(float[] in, int n, float[] out) {
      double length = this == UNIT ? length(in, n) : 1;
      for (int i = 0; i < n; i++) {
        switch (this) {
          case NONE -> out[i] = in[i];
          case PLUS_ONE -> out[i] = in[i] + 1;
          case MINUS_EXP -> out[i] = (float) -Math.exp(in[i]);
          case MIX -> {
            out[2 * i] = 1 - in[i];
            out[2 * i + 1] = in[i];
          }
          case UNIT -> out[i] = (float) (in[i] / length);
        }
      }
    }

    /** The gradient of the stored values, from that of the row. */
    void backward(float[] in, int n, float[] dOut, float[] dIn) {
      double length = this == UNIT ? length(in, n) : 1;
      double along = 0;
      for (int i = 0; this == UNIT && i < n; i++) {
        along += in[i] / length * dOut[i];
      }
      for (int i = 0; i < n; i++) {
        dIn[i] =
            switch (this) {
              case NONE, PLUS_ONE -> dOut[i];
              case MINUS_EXP -> (float) -Math.exp(in[i]) * dOut[i];
              case MIX -> dOut[2 * i + 1] - dOut[2 * i];
              case UNIT -> (float) ((dOut[i] - along * (in[i] / length)) / length);
            };
      }
    }

    private static double length(float[] in, int n) {
      double sum = 0;
      for (int i = 0; i < n; i++) {
        sum += (double) in[i] * in[i];
      }
      return Math.max(Math.sqrt(sum), LEAST_LENGTH);
    }
  }

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** A matrix within a tensor, from value {@code offset} on. */
  public static Origin matrix(String tensor, long offset, int rows, int cols) {
    int[] order = IntStream.range(0, rows).toArray();
    return new Origin(tensor, cols, cols, offset, order, cols, 1, Change.NONE);
  }

  /** A vector within a tensor. */
  static Origin vector(String tensor, long offset, int size) {
    return matrix(tensor, offset, size, 1);
  }

  /** Some of the rows. */
  Origin rows(int[] picked) {
    int[] rows = IntStream.of(picked).map(i -> order[i]).toArray();
    return new Origin(tensor, width, count, offset, rows, rowStride, colStride, change);
  }

  /** The matrix transposed; its rows stand one after another. */
  Origin transposed() {
    int[] rows = IntStream.range(0, count).toArray();
    long from = offset + order[0] * rowStride;
    return new Origin(
        tensor, order.length, order.length, from, rows, colStride, rowStride, Change.NONE);
  }

  /** Changed, in rows of {@code wide} values of which it fills the first. */
  Origin changed(Change other, int wide) {
    return new Origin(tensor, wide, count, offset, order, rowStride, colStride, other);
  }

  /** Whether the weight is a piece of the tensor's own memory, from {@link #first} on. */
  public boolean view() {
    boolean run = change == Change.NONE && width == count && colStride == 1 && rowStride == width;
    for (int r = 1; run && r < order.length; r++) {
      run = order[r] == order[r - 1] + 1;
    }
    return run;
  }

  /** How many values of the weight come out of the tensor. */
  public long values() {
    return (long) order.length * change.width(count);
  }

  /** The number of the first stored value. */
  public long first() {
    return offset + order[0] * rowStride;
  }

  /** Makes the weight out of the stored floats. */
  public void forward(MemorySegment stored, MemorySegment weight) {
    float[] in = new float[count];
    float[] out = new float[change.width(count)];
    for (int r = 0; r < order.length; r++) {
      read(stored, r, in);
      change.forward(in, count, out);
      MemorySegment.copy(out, 0, weight, FLOAT, 4L * r * width, out.length);
    }
  }

  /**
   * Adds to the gradient of the stored floats what follows from that of the weight.
   *
   * @param stored the values of now
   */
  public void backward(MemorySegment stored, MemorySegment dWeight, MemorySegment dStored) {
    float[] in = new float[count];
    float[] dIn = new float[count];
    float[] dOut = new float[change.width(count)];
    for (int r = 0; r < order.length; r++) {
      read(stored, r, in);
      MemorySegment.copy(dWeight, FLOAT, 4L * r * width, dOut, 0, dOut.length);
      change.backward(in, count, dOut, dIn);
      long at = 4 * (offset + order[r] * rowStride);
      for (int i = 0; i < count; i++) {
        long place = at + 4 * i * colStride;
        dStored.set(FLOAT, place, dStored.get(FLOAT, place) + dIn[i]);
      }
    }
  }

  private void read(MemorySegment stored, int row, float[] in) {
    long at = 4 * (offset + order[row] * rowStride);
    if (colStride == 1) {
      MemorySegment.copy(stored, FLOAT, at, in, 0, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      in[i] = stored.get(FLOAT, at + 4 * i * colStride);
    }
  }
}
