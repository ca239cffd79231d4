// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * The border of every call of a product: what native code will touch is checked against the memory
 * that it lies in. One for each thread; nothing is allocated by a call.
 */
public final class ProductCall {
  private final MemorySegment arguments;
  private MemorySegment weights;
  private long weightsOffset;
  private long weightsStep;
  private MemorySegment x;
  private long xOffset;
  private MemorySegment init;
  private long initOffset;
  private long initStride;
  private long initStep;
  private MemorySegment y;
  private long yOffset;
  private long yStride;

  /** A caller whose arguments live as long as {@code arena}. */
  public ProductCall(Arena arena) {
    arguments = arena.allocate(8L * Arguments.COUNT, 64);
    MemorySegment scratch = arena.allocate(AmxPanels.SCRATCH_BYTES, 64);
    set(Arguments.SCRATCH, scratch, 0, scratch.byteSize());
  }

  /** Packed tiles: where the first block of the first one begins, and the bytes to the next one. */
  public ProductCall weights(MemorySegment memory, long offset, long step) {
    weights = memory;
    weightsOffset = offset;
    weightsStep = step;
    return this;
  }

  /** The lines of the activations. */
  public ProductCall x(MemorySegment memory, long offset) {
    x = memory;
    xOffset = offset;
    return this;
  }

  /** Where sums start from; the next token's {@code stride}, the next tile's {@code step} later. */
  public ProductCall start(MemorySegment memory, long offset, long stride, long step) {
    init = memory;
    initOffset = offset;
    initStride = stride;
    initStep = step;
    return this;
  }

  /** Where sums go; the next token's {@code stride} later, the next tile's 64 bytes. */
  public ProductCall y(MemorySegment memory, long offset, long stride) {
    y = memory;
    yOffset = offset;
    yStride = stride;
    return this;
  }

  /**
   * Runs a product over {@code blocks} blocks of {@code tiles} tiles.
   *
   * @throws IndexOutOfBoundsException where anything lies outside of its memory
   */
  public void run(ProductKernel kernel, int blocks, int tiles) {
    positive(blocks, tiles);
    int tokens = kernel.tokens();
    setWeights(kernel, blocks, tiles);
    long lines = (long) tokens * blocks * kernel.lines();
    set(Arguments.X, x, xOffset, lines * Lines.BYTES);
    set(Arguments.INIT, init, initOffset, extent(tokens, initStride, extent(tiles, initStep, 64)));
    set(Arguments.Y, y, yOffset, extent(tokens, yStride, extent(tiles, 64, 64)));
    set(Arguments.INIT_STRIDE, initStride);
    set(Arguments.INIT_STEP, initStep);
    set(Arguments.Y_STRIDE, yStride);
    set(Arguments.BLOCKS, blocks);
    set(Arguments.TILES, tiles);
    kernel.code().call(arguments);
  }

  /** Decodes {@code blocks} blocks of {@code tiles} tiles into panels at {@code y}. */
  public void expand(ProductKernel kernel, int blocks, int tiles, int panelBytes) {
    positive(blocks, tiles);
    setWeights(kernel, blocks, tiles);
    set(Arguments.Y, y, yOffset, (long) tiles * blocks * panelBytes);
    set(Arguments.BLOCKS, blocks);
    set(Arguments.TILES, tiles);
    kernel.code().call(arguments);
  }

  /** Turns {@code count} lines' worth of floats of one token into lines, {@code stride} apart. */
  public void lines(
      Kernel kernel,
      MemorySegment floats,
      long offset,
      int bytesPerLine,
      MemorySegment out,
      long outOffset,
      int count,
      long stride) {
    positive(count, 1);
    set(0, floats, offset, (long) count * bytesPerLine);
    set(1, out, outOffset, extent(count, stride, Lines.BYTES));
    set(2, count);
    set(3, stride);
    kernel.call(arguments);
  }

  /**
   * Packs 16 stored rows into a tile.
   *
   * @return false where the rows lie too far apart
   */
  public boolean pack(
      Kernel kernel, Weight stored, int firstRow, MemorySegment target, long offset) {
    DType type = stored.type();
    long row = type.rowBytes(stored.cols());
    if (row > Pack.MOST_STRIDE || stored.layout() != Weight.Layout.STORED) {
      return false;
    }
    int blocks = Packing.blocks(type, stored.cols());
    positive(blocks, 1);
    Objects.checkFromIndexSize(firstRow, 16, stored.rows());
    set(Arguments.X, stored.data(), firstRow * row, 16 * row);
    set(Arguments.Y_STRIDE, row);
    set(Arguments.BLOCKS, blocks);
    set(Arguments.WEIGHTS, target, offset, Packing.tileBytes(type, stored.cols(), 16));
    kernel.call(arguments);
    return true;
  }

  private void setWeights(ProductKernel kernel, int blocks, int tiles) {
    long bytes = extent(tiles, weightsStep, (long) blocks * kernel.blockBytes());
    set(Arguments.WEIGHTS, weights, weightsOffset, bytes);
    set(Arguments.WEIGHTS_STEP, weightsStep);
  }

  private static void positive(int a, int b) {
    if (a <= 0 || b <= 0) {
      throw new IndexOutOfBoundsException("nothing to do: " + a + ", " + b);
    }
  }

  private static long extent(long count, long step, long last) {
    if (step < 0) {
      throw new IndexOutOfBoundsException("a step of " + step + " bytes");
    }
    return Math.addExact(Math.multiplyExact(count - 1, step), last);
  }

  private void set(int index, MemorySegment memory, long offset, long bytes) {
    Objects.checkFromIndexSize(offset, bytes, memory.byteSize());
    set(index, memory.address() + offset);
  }

  private void set(int index, long value) {
    arguments.set(ValueLayout.JAVA_LONG, 8L * index, value);
  }
}
