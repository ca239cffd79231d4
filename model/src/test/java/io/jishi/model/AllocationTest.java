// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllocationTest {
  /** What a decode step may allocate on the heap (design, contracts). */
  private static final long STEP_BYTES = 4096;

  @TempDir Path temp;

  @Test
  void aDecodeStepAllocatesNextToNothing() {
    for (BlockType type : new BlockType[] {BlockType.Q8_0, BlockType.F16, BlockType.Q4_K}) {
      Path file = temp.resolve(type + ".gguf");
      RandomModel.write(file, RandomModel.Shape.tiny(type));
      for (int size : new int[] {1, 8}) {
        assertThat(bytesPerStep(file, size))
            .as("%s, %d at a time", type, size)
            .isLessThanOrEqualTo(STEP_BYTES);
      }
    }
  }

  private static long bytesPerStep(Path file, int size) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Model model = Model.open(file, Backend.cpu());
        Ops ops = Backend.cpu().ops(1);
        StatePool pool = new StatePool(model.decoder().stateSpec(DType.F16), 64L * size)) {
      SequenceState[] states = new SequenceState[size];
      for (int s = 0; s < size; s++) {
        states[s] = pool.newState();
      }
      Batch batch = new Batch();
      int[] token = {7};
      long least = Long.MAX_VALUE;
      for (int step = 0; step < 60; step++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        batch.clear();
        for (SequenceState state : states) {
          batch.add(state, token, 0, 1, 1);
        }
        model.decoder().forward(ops, batch, Precision.FAST);
        // Compilation may still be under way in some steps: the least of many counts.
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      return least;
    }
  }
}
