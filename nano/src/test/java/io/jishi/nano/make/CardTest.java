// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.make;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CardTest {
  private static final List<RunRecord> RUNS =
      List.of(
          new RunRecord("first", 1, 400, 30, 12_000_000, 8, "1.0"),
          new RunRecord("second", 7, 200, 20, 300_000, 2, "1.1"));

  @Test
  void theCostIsAddedUpFromTheRuns(@TempDir Path run) throws IOException {
    Files.writeString(
        run.resolve("metrics.jsonl"),
        """
        {"step": 1, "loss": 2.0, "tokens": 3000, "tokensPerSecond": 500.0}
        {"step": 1, "evaluationLoss": 2.0}
        {"step": 2, "loss": 2.0, "tokens": 3000, "tokensPerSecond": 1000.0}
        """);
    Path kept = run.resolve("runs.jsonl");
    RunRecord record = RunRecord.of(new Size.Part("a", 10, 3), run, 4, "1.0");
    record.keep(kept);
    RunRecord.of(new Size.Part("b", 20, 4), run, 2, "1.1").keep(kept);
    record.keep(kept);
    assertThat(RunRecord.read(kept))
        .containsExactly(
            new RunRecord("a", 3, 10, 2, 6000, 0.01, "1.0"),
            new RunRecord("b", 4, 20, 2, 6000, 0.01, "1.1"));
    assertThat(record.coreHours()).isCloseTo(4 * 9 / 3600.0, within(1e-12));
  }

  @Test
  void aRecordThatLacksSomethingIsRefused(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("runs.jsonl"), "{\"part\": \"a\", \"seed\": 1}\n");
    assertThatThrownBy(() -> RunRecord.read(file))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("conversations");
    assertThatThrownBy(() -> RunRecord.read(folder.resolve("none")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("none");
  }

  @Test
  void thePageHoldsTheTableOfTheModelAloneAndItsCost() {
    String evaluation =
        "# How good?\n\n## Exact answers, per cent\n\n| kind | en |\n|---|--:|\n| sums | 97 |\n\n"
            + "## Beside others\n\n| other |\n";
    String page = new Card(6_200_000, 7_100_000, RUNS, 0.05, evaluation).page();
    assertThat(page)
        .contains("6.2 million", "7.1 MB", "12.3 million tokens", "10.0 core-hours", "0.50 US")
        .contains("| `second` | 7 | 200 | 20 | 0.3 million | 2.0 | 1.1 |")
        .contains("| sums | 97 |")
        .doesNotContain("Beside others");
    assertThatThrownBy(() -> new Card(1, 1, RUNS, 0.05, "nothing").page())
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("jishi nano eval");
  }
}
