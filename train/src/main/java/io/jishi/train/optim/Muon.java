// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

import io.jishi.train.tape.Machine;
import io.jishi.train.tape.Rows;
import io.jishi.train.tape.Trainable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Muon (Jordan et al. 2024): the Nesterov momentum of a matrix is made nearly orthogonal by five
 * Newton–Schulz steps {@code X ← a X + (b A + c A²) X}, {@code A = X Xᵀ}, and so all its directions
 * are learned at one pace. Of a tensor that stacks matrices (experts) each is made so on its own.
 * What is no matrix of a layer (tables, gains, biases, taps of a convolution) is AdamW's.
 */
public final class Muon implements Optimizer {
  private static final float A = 3.4445f;
  private static final float B = -4.7750f;
  private static final float C = 2.0315f;
  private static final int ITERATIONS = 5;
  private static final double NORM_EPS = 1e-7;

  /**
   * Its numbers.
   *
   * @param momentum share of the old mean
   * @param weightDecay of matrices, times the learning rate
   * @param adamRate AdamW's learning rate as a multiple of that of matrices
   * @param adam the rest of AdamW's numbers
   */
  public record Options(double momentum, double weightDecay, double adamRate, AdamW.Options adam) {
    /** 0.95 as published; a decay of 0.1; tables at 0.15 of a matrix's rate of 0.02. */
    public static final Options DEFAULT = new Options(0.95, 0.1, 0.15, AdamW.Options.DEFAULT);
  }

  /** A tensor whose matrices have so many rows each. */
  private record Slot(Trainable of, int rows, MemorySegment mean) {}

  private final List<Slot> slots = new ArrayList<>();
  private final Moments moments = new Moments();
  private final AdamW rest;
  private final Options options;
  private final Machine machine;
  private final MemorySegment x;
  private final MemorySegment next;
  private final MemorySegment square;
  private final MemorySegment polynomial;
  private long steps;

  /**
   * An optimiser at its start.
   *
   * @param other whether a matrix is AdamW's: an embedding, an output, taps, stacked biases
   */
  public Muon(
      List<Trainable> trained, Predicate<Trainable> other, Machine machine, Options options) {
    this.options = options;
    this.machine = machine;
    List<Trainable> others = new ArrayList<>();
    long most = 0;
    long side = 0;
    for (Trainable t : trained) {
      int rows = t.rows() / t.stacked();
      if (rows == 1 || t.cols() == 1 || other.test(t)) {
        others.add(t);
        continue;
      }
      slots.add(new Slot(t, rows, moments.add(t, "momentum")));
      most = Math.max(most, (long) rows * t.cols());
      side = Math.max(side, Math.min(rows, t.cols()));
    }
    rest = new AdamW(others, machine, options.adam);
    x = moments.scratch(most);
    next = moments.scratch(most);
    square = moments.scratch(side * side);
    polynomial = moments.scratch(side * side);
  }

  @Override
  public void step(double learningRate, double gradientScale) {
    steps++;
    rest.step(learningRate * options.adamRate, gradientScale);
    for (Slot s : slots) {
      int cols = s.of.cols();
      double shape = Math.sqrt(Math.max(1, (double) s.rows / cols));
      float decay = (float) (1 - learningRate * options.weightDecay);
      for (int first = 0; first < s.of.rows(); first += s.rows) {
        direction(s, first, (float) gradientScale);
        MemorySegment update = orthogonal(s.rows, cols);
        long bytes = 4L * s.rows * cols;
        MemorySegment weight = s.of.data().asSlice(4L * first * cols, bytes);
        add(weight, update, s.rows, cols, decay, (float) (-learningRate * shape));
      }
    }
  }

  /** {@code m = momentum · m + g} of one matrix; the direction {@code g + momentum · m} into x. */
  private void direction(Slot s, int first, float scale) {
    float momentum = (float) options.momentum;
    int n = s.of.cols();
    Rows.each(
        machine,
        s.rows,
        (from, to, lane) -> {
          lane.room(n, 0);
          for (int r = from; r < to; r++) {
            long at = (long) (first + r) * n;
            Rows.read(s.of.gradient(), at, lane.a, n);
            Rows.read(s.mean, at, lane.b, n);
            for (int i = 0; i < n; i++) {
              float g = lane.a[i] * scale;
              lane.b[i] = Math.fma(momentum, lane.b[i], g);
              lane.a[i] = Math.fma(momentum, lane.b[i], g);
            }
            Rows.write(lane.b, s.mean, at, n);
            Rows.write(lane.a, x, (long) r * n, n);
          }
        });
  }

  /** The matrix in x {@code [rows, cols]}, nearly orthogonal: x or next. */
  private MemorySegment orthogonal(int rows, int cols) {
    double norm = Math.sqrt(machine.rows().squaredNorm(x, (long) rows * cols));
    Rows.addScaled(machine, x, x, rows, cols, (float) (1 / (norm + NORM_EPS)), false);
    // The product is that of the shorter side: of rows, or, for a tall matrix, of columns.
    boolean tall = rows > cols;
    int side = Math.min(rows, cols);
    MemorySegment from = x;
    MemorySegment to = next;
    for (int i = 0; i < ITERATIONS; i++) {
      if (tall) {
        multiply(side, side, rows, from, 1, cols, from, cols, 1, square, side, false);
      } else {
        multiply(side, side, cols, from, cols, 1, from, 1, cols, square, side, false);
      }
      multiply(side, side, side, square, side, 1, square, side, 1, polynomial, side, false);
      Rows.addScaled(machine, polynomial, polynomial, side, side, C, false);
      Rows.addScaled(machine, square, polynomial, side, side, B, true);
      Rows.addScaled(machine, from, to, rows, cols, A, false);
      if (tall) {
        multiply(rows, cols, cols, from, cols, 1, polynomial, cols, 1, to, cols, true);
      } else {
        multiply(rows, cols, rows, polynomial, rows, 1, from, cols, 1, to, cols, true);
      }
      MemorySegment swap = from;
      from = to;
      to = swap;
    }
    return from;
  }

  private void multiply(
      int m,
      int n,
      int k,
      MemorySegment a,
      long aRow,
      long aCol,
      MemorySegment b,
      long bRow,
      long bCol,
      MemorySegment c,
      long cRow,
      boolean add) {
    machine.products().multiply(m, n, k, a, aRow, aCol, b, bRow, bCol, c, cRow, add);
  }

  private void add(
      MemorySegment weight, MemorySegment update, int rows, int cols, float decay, float factor) {
    Rows.addScaled(machine, weight, weight, rows, cols, decay, false);
    Rows.addScaled(machine, update, weight, rows, cols, factor, true);
  }

  @Override
  public long steps() {
    return steps;
  }

  @Override
  public void restore(long count) {
    steps = count;
    rest.restore(count);
  }

  @Override
  public List<StateBuffer> state() {
    List<StateBuffer> all = new ArrayList<>(moments.buffers());
    all.addAll(rest.state());
    return all;
  }

  @Override
  public long bytes() {
    return moments.bytes() + rest.bytes();
  }

  @Override
  public void close() {
    moments.close();
    rest.close();
  }
}
