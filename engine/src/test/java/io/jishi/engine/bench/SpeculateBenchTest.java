// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.engine.Speculation;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpeculateBenchTest {
  @TempDir Path temp;

  @Test
  void bothTextsAreMeasuredWithAndWithoutGuessesAndAnswersAreTheSame() {
    Path file = temp.resolve("tiny.gguf");
    // The texts are some hundred byte tokens.
    RandomModel.write(file, new RandomModel.Shape(1, 64, 64, 4, 2, 320, 1024, BlockType.Q8_0, 1));
    BenchOptions options =
        new BenchOptions(List.of(8), 12, List.of(1, 3), 1, 1, Duration.ZERO, true, false, null);
    List<String> progress = new ArrayList<>();
    SpeculateReport report = SpeculateBench.run(file, options, Speculation.LOOKUP, progress::add);
    assertThat(report.how()).isEqualTo("lookup");
    assertThat(report.runs()).hasSize(4).hasSameSizeAs(progress);
    for (SpeculateReport.Run run : report.runs()) {
      assertThat(run.same()).isTrue();
      assertThat(run.without()).isPositive();
      assertThat(run.with()).isPositive();
      assertThat(run.accepted()).isLessThanOrEqualTo(run.guessed());
    }
    assertThat(Json.write(report.toJson())).contains("tokensPerSecondWith", "sameAnswers");
  }
}
