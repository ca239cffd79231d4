// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.model.LayerObserver;
import io.jishi.model.Model;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where the arithmetic of a tiny random model of each family runs. */
class ProfileTest {
  /** An operation with less of a model's work than this is not hot. */
  private static final double HOT = 0.02;

  static Stream<String> families() {
    return TinyFamilies.names();
  }

  static Stream<String> encoders() {
    return TinyFamilies.encoders();
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void noHotOperationOfAnEncoderRunsInPlainJava(String name) {
    Assumptions.assumeFalse(
        Backend.cpu().description().startsWith("scalar"), "this level is plain Java");
    try (Model model = TinyFamilies.open(name);
        Ops ops = Backend.cpu().ops(1)) {
      assertThat(model.decoder().plainAttention(Backend.cpu())).isEmpty();
      ProfilingOps watched = new ProfilingOps(ops);
      Batch batch = new Batch();
      batch.addSpan(new int[90], 0, 90, 90);
      batch.addSpan(new int[40], 0, 40, 40);
      model.decoder().hidden(watched, batch, Precision.FAST, LayerObserver.NONE);
      assertNothingHotInJava(watched, name);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void noHotOperationRunsInPlainJavaUnseen(String name) {
    Assumptions.assumeFalse(
        Backend.cpu().description().startsWith("scalar"), "this level is plain Java");
    try (Model model = TinyFamilies.open(name);
        Ops ops = Backend.cpu().ops(1);
        Workload prefill = new Workload.Prefill(model.decoder(), DType.F16, 40);
        Workload decode = new Workload.Decode(model.decoder(), DType.F16, 4, 2)) {
      for (Workload workload : List.of(prefill, decode)) {
        ProfilingOps watched = new ProfilingOps(ops);
        workload.run(watched, () -> {});
        assertNothingHotInJava(watched, name);
      }
    }
  }

  private static void assertNothingHotInJava(ProfilingOps watched, String name) {
    double all = 0;
    for (Profile.Operation operation : watched.operations(0)) {
      all += operation.work().emitted() + operation.work().java();
    }
    assertThat(all).isPositive();
    for (Profile.Operation operation : watched.operations(0)) {
      assertThat(operation.work().java() / all)
          .as("%s of %s: %s", operation.name(), name, operation.reason())
          .isLessThan(HOT);
    }
  }
}
