// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Kernel;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.RowCall;
import io.jishi.tensor.cpu.asm.RowMaps;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Rows by emitted kernels. What goes value by value takes any number of values; norms and gates of
 * rows that are no multiple of 16 floats go to plain Java.
 */
final class AsmRows implements RowOps, Team.Task {
  /** Floats below which a second thread takes longer to wake than to help. */
  private static final int CHUNK_FLOATS = 32 << 10;

  private enum Work {
    RMS_NORM,
    NORM,
    GATE,
    ADD,
    FLAT,
    ROW_FACTORS,
    SCATTER
  }

  private final Kernels kernels;
  private final RowMaps maps;
  private final RowOps scalar;
  private final Arena arena = Arena.ofShared();
  private final RowCall[] calls;
  private final PaddedCopies vectors = new PaddedCopies(arena);
  private Work work;
  private Kernel kernel;
  private Tensor x;
  private Tensor y;
  private Tensor out;
  private Norm norm;
  private MemorySegment gain;
  private MemorySegment bias;
  private float number;
  private int[] targets;
  private float[] factors;
  private long flatFloats;
  private int chunkRows;
  private int rowCount;

  AsmRows(Kernels kernels, RowOps scalar, int threads) {
    this.kernels = kernels;
    this.maps = kernels.maps();
    this.scalar = scalar;
    calls = new RowCall[threads];
    Arrays.setAll(calls, i -> new RowCall(arena));
  }

  @Override
  public void rmsNorm(Team team, int width, Tensor in, Weight factors, float epsilon, Tensor to) {
    if (in.cols() % RowCall.UNIT != 0) {
      scalar.rmsNorm(team, width, in, factors, epsilon, to);
      return;
    }
    gain = vectors.of(factors);
    number = epsilon;
    rows(Work.RMS_NORM, kernels.rmsNorm(), team, width, in, null, to, in.rows());
  }

  @Override
  public void norm(Team team, int width, Tensor in, Norm how, Tensor to) {
    if (in.cols() / how.groups() % RowCall.UNIT != 0) {
      scalar.norm(team, width, in, how, to);
      return;
    }
    norm = how;
    gain = vectors.of(how.gain());
    bias = how.bias() == null ? null : vectors.of(how.bias());
    Kernel code = maps.norm(how.kind() == Norm.Kind.LAYER, bias != null);
    rows(Work.NORM, code, team, width, in, null, to, in.rows());
  }

  @Override
  public void gate(Team team, int width, Tensor in, Activation activation, Tensor to) {
    if (to.cols() % RowCall.UNIT != 0) {
      scalar.gate(team, width, in, activation, to);
      return;
    }
    rows(Work.GATE, maps.gate(activation), team, width, in, null, to, in.rows());
  }

  @Override
  public void activate(Team team, int width, Tensor in, Activation activation, Tensor to) {
    flat(maps.activate(activation), team, width, in, null, 0, to);
  }

  @Override
  public void add(Team team, int width, Tensor left, Tensor right, Tensor to) {
    if (left.cols() % RowCall.UNIT != 0) {
      flat(maps.flat(RowMaps.Flat.ADD_SCALED), team, width, left, right, 1, to);
      return;
    }
    rows(Work.ADD, kernels.add(), team, width, left, right, to, left.rows());
  }

  @Override
  public void multiply(Team team, int width, Tensor left, Tensor right, Tensor to) {
    if (right.cols() == left.cols()) {
      flat(maps.flat(RowMaps.Flat.MULTIPLY), team, width, left, right, 0, to);
      return;
    }
    Kernel code = maps.flat(RowMaps.Flat.SCALE);
    rows(Work.ROW_FACTORS, code, team, width, left, right, to, left.rows());
  }

  @Override
  public void scale(Team team, int width, Tensor in, float factor, Tensor to) {
    flat(maps.flat(RowMaps.Flat.SCALE), team, width, in, null, factor, to);
  }

  @Override
  public void softCap(Team team, int width, Tensor in, float cap, Tensor to) {
    flat(maps.flat(RowMaps.Flat.SOFT_CAP), team, width, in, null, cap, to);
  }

  @Override
  public void addScaled(
      Team team, int width, Tensor in, int count, int[] places, float[] weights, Tensor to) {
    targets = places;
    factors = weights;
    Kernel code = maps.flat(RowMaps.Flat.ADD_SCALED);
    rows(Work.SCATTER, code, team, width, in, null, to, count);
  }

  /** All values as one run, cut anywhere. */
  private void flat(
      Kernel code, Team team, int width, Tensor left, Tensor right, float n, Tensor to) {
    work = Work.FLAT;
    kernel = code;
    x = left;
    y = right;
    number = n;
    out = to;
    flatFloats = (long) left.rows() * left.cols();
    team.run(Math.toIntExact((flatFloats + CHUNK_FLOATS - 1) / CHUNK_FLOATS), width, this);
  }

  private void rows(
      Work what,
      Kernel code,
      Team team,
      int width,
      Tensor left,
      Tensor right,
      Tensor to,
      int count) {
    work = what;
    kernel = code;
    x = left;
    y = right;
    out = to;
    rowCount = count;
    chunkRows = Math.max(1, CHUNK_FLOATS / left.cols());
    team.run((count + chunkRows - 1) / chunkRows, width, this);
  }

  @Override
  public void run(int chunk, int worker) {
    RowCall call = calls[worker];
    if (work == Work.FLAT) {
      long from = (long) chunk * CHUNK_FLOATS;
      long count = Math.min(CHUNK_FLOATS, flatFloats - from);
      call.flat(kernel, x.data(), y == null ? null : y.data(), number, out.data(), 4 * from, count);
      return;
    }
    int first = chunk * chunkRows;
    int count = Math.min(chunkRows, rowCount - first);
    int n = out.cols();
    switch (work) {
      case RMS_NORM -> call.rmsNorm(kernel, x.data(), gain, number, out.data(), n, first, count);
      case NORM -> norm(call, first, count);
      case GATE -> call.gate(kernel, x.data(), out.data(), n, first, count);
      case ADD ->
          call.add(kernel, x.data(), y.data(), out.data(), 4L * first * n, (long) count * n);
      case ROW_FACTORS -> rowFactors(call, first, count);
      case SCATTER -> scatter(call, first, count);
      case FLAT -> throw new IllegalStateException();
    }
  }

  /** Each group of columns, over all rows; one gain for all groups makes groups rows. */
  private void norm(RowCall call, int first, int count) {
    int cols = x.cols();
    int n = cols / norm.groups();
    boolean shared = norm.gain().cols() == n;
    int groups = shared ? 1 : norm.groups();
    long step = shared ? 4L * n : 4L * cols;
    int parts = shared ? count * norm.groups() : count;
    for (int g = 0; g < groups; g++) {
      long at = 4L * first * cols + 4L * g * n;
      call.norm(
          kernel, x.data(), gain, bias, 4L * g * n, norm.eps(), out.data(), n, at, step, parts);
    }
  }

  private void rowFactors(RowCall call, int first, int count) {
    int n = x.cols();
    for (int t = first; t < first + count; t++) {
      float factor = y.data().get(Floats.LAYOUT, 4L * t);
      call.flat(kernel, x.data(), null, factor, out.data(), 4L * t * n, n);
    }
  }

  private void scatter(RowCall call, int first, int count) {
    int n = x.cols();
    for (int i = first; i < first + count; i++) {
      call.addScaled(kernel, out.data(), 4L * targets[i] * n, x.data(), 4L * i * n, factors[i], n);
    }
  }

  @Override
  public void close() {
    arena.close();
    scalar.close();
  }
}
