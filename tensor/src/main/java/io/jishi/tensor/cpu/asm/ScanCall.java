// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The border of every call of a {@link ScanKernels recurrent kernel}: a run of 16 channels or more,
 * through a sequence's tokens. One for each thread. Offsets and steps are bytes.
 */
public final class ScanCall {
  /** Channels of a run. */
  public static final int RUN = 16;

  private static final int RUN_BYTES = 4 * RUN;

  private final CallArguments scan;
  private final CallArguments delta;

  /** A caller whose arguments live as long as {@code arena}. */
  public ScanCall(Arena arena) {
    scan = new CallArguments(arena, ScanKernels.ARGUMENTS);
    delta = new CallArguments(arena, DeltaKernel.ARGUMENTS);
  }

  /**
   * A convolution of channels {@code channel … channel + 16 · runs}.
   *
   * @param channels of all, so floats of a row of everything
   */
  public void convolution(
      Kernel kernel,
      int taps,
      MemorySegment x,
      MemorySegment weights,
      MemorySegment bias,
      MemorySegment state,
      MemorySegment out,
      int channels,
      int channel,
      int runs,
      int first,
      int tokens) {
    long row = 4L * channels;
    long at = 4L * channel;
    through(x, row, out, row, at, runs, first, tokens);
    scan.set(ScanKernels.ROW_STEP, row);
    scan.set(ScanKernels.B, weights, at, CallArguments.extent(taps, row, bytes(runs)));
    scan.set(ScanKernels.C, bias, at, bytes(runs));
    scan.set(ScanKernels.STATE, state, at, CallArguments.extent(taps - 1, row, bytes(runs)));
    scan.call(kernel);
  }

  /** A weighted mean of channels {@code channel … channel + 16 · runs}. */
  public void mean(
      Kernel kernel,
      MemorySegment keys,
      MemorySegment values,
      MemorySegment bonus,
      MemorySegment decay,
      MemorySegment state,
      MemorySegment out,
      int channels,
      int channel,
      int runs,
      int first,
      int tokens) {
    long row = 4L * channels;
    long at = 4L * channel;
    through(keys, row, out, row, at, runs, first, tokens);
    long all = CallArguments.extent(tokens, row, bytes(runs));
    scan.set(ScanKernels.B, values, first * row + at, all);
    scan.set(ScanKernels.C, bonus, at, bytes(runs));
    scan.set(ScanKernels.DECAY, decay, at, bytes(runs));
    scan.set(ScanKernels.ROW_STEP, row);
    scan.set(ScanKernels.STATE, state, at, CallArguments.extent(3, row, bytes(runs)));
    scan.call(kernel);
  }

  /**
   * A state space of channels {@code channel … channel + 16 · runs}, all of one group.
   *
   * @param each whether δ, D and decays lie channel by channel, else there is one of each
   * @param xRow floats of a row of {@code x}
   * @param b where B begins in such a row; C is at {@code c}
   * @param steps δ, {@code stepRow} floats a row, from {@code step} on
   * @param decayAt floats from the start of the decays
   */
  public void stateSpace(
      Kernel kernel,
      boolean each,
      MemorySegment x,
      int xRow,
      int b,
      int c,
      MemorySegment steps,
      int stepRow,
      int step,
      MemorySegment decay,
      long decayAt,
      MemorySegment skip,
      MemorySegment state,
      int n,
      MemorySegment out,
      int channels,
      int channel,
      int runs,
      int first,
      int tokens) {
    long row = 4L * xRow;
    through(x, row, out, 4L * channels, 4L * channel, runs, first, tokens);
    long shared = CallArguments.extent(tokens, row, 4L * n);
    scan.set(ScanKernels.B, x, first * row + 4L * b, shared);
    scan.set(ScanKernels.C, x, first * row + 4L * c, shared);
    long stepBytes = each ? bytes(runs) : 4;
    long from = 4L * ((long) first * stepRow + step);
    scan.set(ScanKernels.STEP, steps, from, CallArguments.extent(tokens, 4L * stepRow, stepBytes));
    scan.set(ScanKernels.STEP_STEP, 4L * stepRow);
    scan.set(ScanKernels.SKIP, skip, 4L * step, stepBytes);
    scan.set(ScanKernels.DECAY, decay, 4 * decayAt, each ? n * bytes(runs) : 4);
    scan.set(ScanKernels.STATE, state, 4L * channel * n, n * bytes(runs));
    scan.count(ScanKernels.PAIRS, n / 2);
    scan.call(kernel);
  }

  private void through(
      MemorySegment x,
      long row,
      MemorySegment out,
      long outRow,
      long at,
      int runs,
      int first,
      int tokens) {
    scan.set(ScanKernels.X, x, first * row + at, CallArguments.extent(tokens, row, bytes(runs)));
    scan.set(ScanKernels.X_STEP, row);
    long all = CallArguments.extent(tokens, outRow, bytes(runs));
    scan.set(ScanKernels.OUT, out, first * outRow + at, all);
    scan.set(ScanKernels.OUT_STEP, outRow);
    scan.count(ScanKernels.COUNT, runs);
    scan.count(ScanKernels.TOKENS, tokens);
  }

  private static long bytes(int runs) {
    return (long) runs * RUN_BYTES;
  }

  /** Queries, keys and values of a head for {@link #delta}: where the first token's begin. */
  public ScanCall queries(
      MemorySegment units, long query, long key, long step, int keyDim, int tokens) {
    long all = CallArguments.extent(tokens, step, 4L * keyDim);
    delta.set(DeltaKernel.Q, units, query, all);
    delta.set(DeltaKernel.K, units, key, all);
    delta.set(DeltaKernel.Q_STEP, step);
    delta.count(DeltaKernel.KEYS, keyDim);
    delta.count(DeltaKernel.TOKENS, tokens);
    return this;
  }

  /** What remains of the state and the rate of change. */
  public ScanCall rates(
      MemorySegment fades,
      long fade,
      long fadeStep,
      int fadeCount,
      MemorySegment rates,
      long rate,
      long rateStep,
      int tokens) {
    delta.set(
        DeltaKernel.FADES, fades, fade, CallArguments.extent(tokens, fadeStep, 4L * fadeCount));
    delta.set(DeltaKernel.FADE_STEP, fadeStep);
    delta.set(DeltaKernel.RATES, rates, rate, CallArguments.extent(tokens, rateStep, 4));
    delta.set(DeltaKernel.RATE_STEP, rateStep);
    return this;
  }

  /**
   * The delta rule of one head, after {@link #queries} and {@link #rates}.
   *
   * @param valueDim values of a row of the state, a multiple of 16
   */
  public void delta(
      ScanSet set,
      boolean rows,
      MemorySegment values,
      long value,
      long valueStep,
      MemorySegment state,
      long stateAt,
      int keyDim,
      int valueDim,
      MemorySegment out,
      long outAt,
      long outStep,
      int tokens) {
    long width = 4L * valueDim;
    delta.set(DeltaKernel.V, values, value, CallArguments.extent(tokens, valueStep, width));
    delta.set(DeltaKernel.V_STEP, valueStep);
    delta.set(DeltaKernel.STATE, state, stateAt, keyDim * width);
    delta.set(DeltaKernel.STATE_STEP, width);
    delta.set(DeltaKernel.OUT, out, outAt, CallArguments.extent(tokens, outStep, width));
    delta.set(DeltaKernel.OUT_STEP, outStep);
    delta.count(DeltaKernel.STRIPS, (int) (width / set.stripBytes(valueDim)));
    delta.call(set.delta(valueDim, rows));
  }
}
