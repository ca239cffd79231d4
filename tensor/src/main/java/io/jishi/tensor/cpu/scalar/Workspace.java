// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.base.JishiException;
import io.jishi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of one step's results. Released tensors are handed out again for the same shape, so
 * that a step like the one before allocates nothing; a step of another number of tokens starts over
 * on the same memory.
 */
final class Workspace implements AutoCloseable {
  private static final long SLAB = 1 << 20;
  private static final int ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> slabs = new ArrayList<>();
  private final List<Tensor> free = new ArrayList<>();
  private final List<Tensor> used = new ArrayList<>();
  private int slab;
  private long position;
  private int tokens = -1;
  private int outputs = -1;

  /** All tensors of the step before are gone. */
  void begin(int stepTokens, int stepOutputs) {
    if (stepTokens == tokens && stepOutputs == outputs) {
      free.addAll(used);
    } else {
      free.clear();
      slab = 0;
      position = 0;
      tokens = stepTokens;
      outputs = stepOutputs;
    }
    used.clear();
  }

  Tensor take(int rows, int cols) {
    for (int i = free.size() - 1; i >= 0; i--) {
      Tensor tensor = free.get(i);
      if (tensor.rows() == rows && tensor.cols() == cols) {
        free.remove(i);
        used.add(tensor);
        return tensor;
      }
    }
    Tensor tensor = new Tensor(allocate(Tensor.bytes(rows, cols)), rows, cols);
    used.add(tensor);
    return tensor;
  }

  void release(Tensor tensor) {
    for (int i = used.size() - 1; i >= 0; i--) {
      if (used.get(i) == tensor) {
        used.remove(i);
        free.add(tensor);
        return;
      }
    }
    throw new IllegalArgumentException("not a result of this step, or released twice");
  }

  long bytes() {
    return slabs.stream().mapToLong(MemorySegment::byteSize).sum();
  }

  @Override
  public void close() {
    arena.close();
  }

  private MemorySegment allocate(long bytes) {
    long size = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    while (slab < slabs.size() && position + size > slabs.get(slab).byteSize()) {
      slab++;
      position = 0;
    }
    if (slab == slabs.size()) {
      try {
        slabs.add(arena.allocate(Math.max(SLAB, size), ALIGNMENT));
      } catch (OutOfMemoryError e) {
        throw new JishiException.OutOfResources(
            "no memory for a workspace of " + (bytes() + size) + " bytes", e);
      }
    }
    MemorySegment memory = slabs.get(slab).asSlice(position, bytes);
    position += size;
    return memory;
  }
}
