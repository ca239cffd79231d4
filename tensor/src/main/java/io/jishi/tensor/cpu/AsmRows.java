// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.RowCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Rows by emitted kernels; rows that are no multiple of 16 floats go to plain Java, and so do gates
 * by anything but SiLU.
 */
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
  private final PaddedCopies gains = new PaddedCopies(arena);
  private Work work;
  private Tensor x;
  private Tensor y;
  private Tensor out;
  private MemorySegment gain;
  private float eps;
  private int rowsPerChunk;

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
    gain = gains.of(factors);
    eps = epsilon;
    start(Work.NORM, team, width, in, null, to);
  }

  @Override
  public void gate(Team team, int width, Tensor in, Activation activation, Tensor to) {
    if (to.cols() % RowCall.UNIT != 0 || activation != Activation.SILU) {
      scalar.gate(team, width, in, activation, to);
      return;
    }
    start(Work.GATE, team, width, in, null, to);
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
