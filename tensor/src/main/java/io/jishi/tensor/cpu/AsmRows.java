// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.RowCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/** Rows by emitted kernels; rows that are no multiple of 16 floats go to plain Java. */
final class AsmRows implements RowOps, Team.Task {
  /** Floats below which a second thread takes longer to wake than to help. */
  private static final long CHUNK_FLOATS = 32 << 10;

  private enum Work {
    NORM,
    GATE,
    ADD
  }

  private final Kernels kernels;
  private final RowOps scalar;
  private final Arena arena = Arena.ofShared();
  private final RowCall[] calls;
  private final Map<Weight, Gain> gains = new IdentityHashMap<>();
  private Work work;
  private Tensor x;
  private Tensor y;
  private Tensor out;
  private MemorySegment gain;
  private float eps;
  private int rowsPerChunk;

  /** A padded copy of a gain and the version that it was made from. */
  private static final class Gain {
    private final MemorySegment memory;
    private long version;

    private Gain(MemorySegment memory) {
      this.memory = memory;
    }
  }

  AsmRows(Kernels kernels, RowOps scalar, int threads) {
    this.kernels = kernels;
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
    gain = gain(factors);
    eps = epsilon;
    start(Work.NORM, team, width, in, null, to);
  }

  /** A copy of a gain, made anew where training has changed it. */
  private MemorySegment gain(Weight factors) {
    Gain copy = gains.get(factors);
    if (copy == null) {
      copy = new Gain(AsmWorker.padded(arena, factors));
      copy.version = factors.version();
      gains.put(factors, copy);
    } else if (copy.version != factors.version()) {
      float[] values = new float[factors.cols()];
      factors.vector(values);
      MemorySegment.copy(values, 0, copy.memory, ValueLayout.JAVA_FLOAT, 0, values.length);
      copy.version = factors.version();
    }
    return copy.memory;
  }

  @Override
  public void gate(Team team, int width, Tensor in, Activation activation, Tensor to) {
    if (to.cols() % RowCall.UNIT != 0) {
      scalar.gate(team, width, in, activation, to);
      return;
    }
    switch (activation) {
      case SILU -> start(Work.GATE, team, width, in, null, to);
    }
  }

  @Override
  public void add(Team team, int width, Tensor left, Tensor right, Tensor to) {
    if (left.cols() % RowCall.UNIT != 0) {
      scalar.add(team, width, left, right, to);
      return;
    }
    start(Work.ADD, team, width, left, right, to);
  }

  private void start(Work what, Team team, int width, Tensor left, Tensor right, Tensor to) {
    work = what;
    x = left;
    y = right;
    out = to;
    rowsPerChunk = (int) Math.max(1, CHUNK_FLOATS / left.cols());
    team.run((left.rows() + rowsPerChunk - 1) / rowsPerChunk, width, this);
  }

  @Override
  public void run(int chunk, int worker) {
    int first = chunk * rowsPerChunk;
    int rows = Math.min(rowsPerChunk, x.rows() - first);
    int n = out.cols();
    RowCall call = calls[worker];
    switch (work) {
      case NORM -> call.rmsNorm(kernels.rmsNorm(), x.data(), gain, eps, out.data(), n, first, rows);
      case GATE -> call.gate(kernels.silu(), x.data(), out.data(), n, first, rows);
      case ADD ->
          call.add(kernels.add(), x.data(), y.data(), out.data(), 4L * first * n, (long) rows * n);
    }
  }

  @Override
  public void close() {
    arena.close();
    scalar.close();
  }
}
