// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.model.Model;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import java.lang.management.ManagementFactory;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a decode step of each family leaves on the Java heap. */
class StepAllocationTest {
  /** What it may (design, contracts). */
  private static final long STEP_BYTES = 4096;

  private static final int STEPS = 30;

  static Stream<String> families() {
    return TinyFamilies.names();
  }

  @ParameterizedTest
  @MethodSource("families")
  void aDecodeStepOfAnyFamilyAllocatesNextToNothing(String name) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Model model = TinyFamilies.open(name);
        Ops ops = Backend.cpu().ops(1);
        StatePool pool = new StatePool(model.decoder().stateSpec(DType.F16), 128);
        SequenceState one = pool.newState();
        SequenceState two = pool.newState()) {
      Batch batch = new Batch();
      int[] token = {7};
      long least = Long.MAX_VALUE;
      for (int step = 0; step < STEPS; step++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        batch.clear();
        batch.add(one, token, 0, 1, 1);
        batch.add(two, token, 0, 1, 1);
        model.decoder().forward(ops, batch, Precision.FAST);
        // Compilation may still be under way in some steps: the least of many counts.
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertThat(least).as(name).isLessThanOrEqualTo(STEP_BYTES);
    }
  }
}
