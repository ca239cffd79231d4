// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.model.Model;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
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
  }
}
