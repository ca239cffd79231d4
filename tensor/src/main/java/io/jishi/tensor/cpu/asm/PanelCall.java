// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The border of every call of {@link TileKernels}. One for each thread. */
public final class PanelCall {
  private final TileKernels kernels;
  private final CallArguments product;
  private final CallArguments writer;

  /** A caller whose arguments live as long as {@code arena}. */
  public PanelCall(TileKernels kernels, Arena arena) {
    this.kernels = kernels;
    product = new CallArguments(arena, TileProduct.COUNT);
    writer = new CallArguments(arena, PanelWriter.COUNT);
  }

  /**
   * Packs rows of successive p, {@code inStep} bytes apart, whose floats lie side by side: {@code
   * units} times {@link TileKernels#unit} floats of each.
   *
   * @param depth successive p, a multiple of {@link TileKernels#stepDepth}
   * @param outAt place of the first unit in bytes; units {@code unitStep} bytes apart
   */
  public void along(
      boolean ofA,
      MemorySegment in,
      long inAt,
      long inStep,
      int depth,
      int units,
      MemorySegment out,
      long outAt,
      long unitStep) {
    TileKernels.Side side = kernels.side(ofA);
    multiple(depth, kernels.stepDepth());
    int steps = depth / kernels.depth() / side.run();
    long unit = 4L * side.unit();
    writer.count(PanelWriter.STEPS, steps);
    writer.count(PanelWriter.UNITS, units);
    writer.set(PanelWriter.IN, in, inAt, CallArguments.extent(depth, inStep, units * unit));
    writer.set(PanelWriter.IN_STEP, inStep);
    long row = CallArguments.extent(units, unitStep, unit * side.run());
    writer.set(PanelWriter.OUT, out, outAt, CallArguments.extent(steps, side.runBytes(), row));
    writer.set(PanelWriter.OUT_STEP, side.runBytes());
    writer.set(PanelWriter.UNIT_STEP, unitStep);
    writer.call(side.along());
  }

  /**
   * Packs {@code groups} times {@link TileKernels#group} rows, {@code inStep} bytes apart, whose
   * successive p lie side by side, into one panel.
   *
   * @param depth successive p, a multiple of {@link TileKernels#blockDepth}
   */
  public void across(
      boolean ofA,
      MemorySegment in,
      long inAt,
      long inStep,
      int depth,
      int groups,
      MemorySegment out,
      long outAt) {
    TileKernels.Side side = kernels.side(ofA);
    multiple(depth, kernels.blockDepth());
    int rows = Math.multiplyExact(groups, PanelWriter.GROUP);
    if (rows > side.width()) {
      throw new IndexOutOfBoundsException(rows + " rows in a panel of " + side.width());
    }
    int words = depth / kernels.depth();
    writer.count(PanelWriter.STEPS, words / side.acrossWords());
    writer.count(PanelWriter.UNITS, groups);
    writer.set(PanelWriter.IN, in, inAt, CallArguments.extent(rows, inStep, 4L * depth));
    writer.set(PanelWriter.IN_STEP, inStep);
    long last = groups * side.groupBytes();
    long bytes = CallArguments.extent(words / side.run(), side.runBytes(), last);
    writer.set(PanelWriter.OUT, out, outAt, bytes);
    writer.call(side.across());
  }

  /**
   * {@code C (+)= A · B} for panels of A, {@code aStep} bytes apart, and one of B.
   *
   * @param depth successive p of both
   * @param vectors of columns
   * @param cAt the place of the first element of C in bytes, rows {@code cStride} bytes apart
   */
  public void product(
      MemorySegment a,
      long aAt,
      long aStep,
      int panels,
      MemorySegment b,
      long bAt,
      int depth,
      int vectors,
      MemorySegment c,
      long cAt,
      long cStride,
      boolean add) {
    TileShape shape = kernels.shape();
    int words = kernels.words(depth);
    if (vectors < 1 || vectors > shape.vectors() || words < 1) {
      throw new IndexOutOfBoundsException(vectors + " vectors, " + words + " words");
    }
    product.count(TileProduct.PANELS, panels);
    long panel = 4L * words * shape.rows();
    product.set(TileProduct.A, a, aAt, CallArguments.extent(panels, aStep, panel));
    product.set(TileProduct.A_STEP, aStep);
    product.set(TileProduct.B, b, bAt, 4L * words * shape.cols());
    long rows = (long) panels * shape.rows();
    long row = 4L * vectors * shape.lanes();
    product.set(TileProduct.C, c, cAt, CallArguments.extent(rows, cStride, row));
    product.set(TileProduct.C_STRIDE, cStride);
    product.set(TileProduct.STEPS, words / kernels.round());
    product.set(TileProduct.REST, words % kernels.round());
    product.set(TileProduct.ADD, add ? 1 : 0);
    product.call(kernels.product(vectors));
  }

  private static void multiple(int depth, int of) {
    if (depth % of != 0) {
      throw new IndexOutOfBoundsException("a depth of " + depth + " is no multiple of " + of);
    }
  }
}
