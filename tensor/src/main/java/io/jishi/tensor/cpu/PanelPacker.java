// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.cpu.asm.PanelCall;
import io.jishi.tensor.cpu.asm.TileKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Packs parts of a factor into panels. What the kernels do not take (rows or depths that are no
 * multiple of theirs) is first copied behind zeros. One for each thread.
 */
final class PanelPacker {
  private final TileKernels kernels;
  private final PanelCall call;
  private final Arena arena;
  private MemorySegment scratch = MemorySegment.NULL;

  /**
   * A factor, seen from its panels.
   *
   * @param ofA which of the two
   * @param panelStride floats from one element of a panel's row to the next
   * @param depthStride floats from p to p + 1
   * @param width elements of a panel's row
   */
  record Side(boolean ofA, MemorySegment data, long panelStride, long depthStride, int width) {
    boolean along() {
      return panelStride == 1;
    }

    /** The place of an element in bytes. */
    long at(long element, long p) {
      return 4 * (element * panelStride + p * depthStride);
    }
  }

  PanelPacker(TileKernels kernels, PanelCall call, Arena arena) {
    this.kernels = kernels;
    this.call = call;
    this.arena = arena;
  }

  /**
   * Packs elements {@code first … first + count} of {@code depth} successive p from {@code p} on
   * into panels one after another.
   */
  void pack(Side side, int first, int count, int p, int depth, MemorySegment out, long outAt) {
    int width = side.width();
    long step = kernels.panelBytes(side.ofA(), depth);
    int done = 0;
    boolean oneUnit = kernels.unit(side.ofA()) == width;
    if (side.along() && oneUnit && depth % kernels.stepDepth() == 0 && count >= width) {
      int panels = count / width;
      long from = side.at(first, p);
      long inStep = 4 * side.depthStride();
      call.along(side.ofA(), side.data(), from, inStep, depth, panels, out, outAt, step);
      done = panels * width;
    }
    for (; done < count; done += width) {
      int valid = Math.min(width, count - done);
      panel(side, first + done, valid, p, depth, out, outAt + done / width * step);
    }
  }

  private void panel(
      Side side, int first, int valid, int p, int depth, MemorySegment out, long outAt) {
    boolean ofA = side.ofA();
    long from = side.at(first, p);
    if (side.along()) {
      int unit = kernels.unit(ofA);
      if (valid % unit == 0 && depth % kernels.stepDepth() == 0) {
        long step = 4 * side.depthStride();
        call.along(
            ofA, side.data(), from, step, depth, valid / unit, out, outAt, kernels.unitBytes(ofA));
        return;
      }
      int units = Math.ceilDiv(valid, unit);
      int padded = Math.ceilDiv(depth, kernels.stepDepth()) * kernels.stepDepth();
      long row = 4L * units * unit;
      copy(side, from, 4 * side.depthStride(), depth, 4L * valid, row, padded);
      call.along(ofA, scratch, 0, row, padded, units, out, outAt, kernels.unitBytes(ofA));
    } else {
      int group = kernels.group();
      if (valid % group == 0 && depth % kernels.blockDepth() == 0) {
        long step = 4 * side.panelStride();
        call.across(ofA, side.data(), from, step, depth, valid / group, out, outAt);
        return;
      }
      int groups = Math.ceilDiv(valid, group);
      int padded = Math.ceilDiv(depth, kernels.blockDepth()) * kernels.blockDepth();
      long row = 4L * padded;
      copy(side, from, 4 * side.panelStride(), valid, 4L * depth, row, groups * group);
      call.across(ofA, scratch, 0, row, padded, groups, out, outAt);
    }
  }

  /**
   * {@code rows} rows of {@code bytes} bytes into {@code padded} rows of {@code row}, zeros behind.
   */
  private void copy(Side side, long from, long step, int rows, long bytes, long row, int padded) {
    if (scratch.byteSize() < row * padded) {
      scratch = arena.allocate(2 * row * padded, 64); // twice, so that it seldom grows
    }
    scratch.asSlice(0, row * padded).fill((byte) 0);
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(side.data(), from + r * step, scratch, r * row, bytes);
    }
  }
}
