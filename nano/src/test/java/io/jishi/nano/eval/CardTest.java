// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.eval;

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
  private static final Card.Cost COST = new Card.Cost(1, 12_300_000, 10, 0.05);

  @Test
  void theCostIsAddedUpFromTheRuns(@TempDir Path run) throws IOException {
    Files.writeString(
        run.resolve("metrics.jsonl"),
        """
        {"step": 1, "loss": 2.0, "tokens": 3000, "tokensPerSecond": 500.0}
        {"step": 1, "evaluationLoss": 2.0}
        {"step": 2, "loss": 2.0, "tokens": 3000, "tokensPerSecond": 1000.0}
        """);
    Card.Cost cost = Card.cost(List.of(run, run), 4, 0.5);
    assertThat(cost.steps()).isEqualTo(4);
    assertThat(cost.tokens()).isEqualTo(12_000);
    assertThat(cost.coreHours()).isCloseTo(4 * 18 / 3600.0, within(1e-12));
    assertThat(cost.dollars()).isCloseTo(2 * 18 / 3600.0, within(1e-12));
    assertThatThrownBy(() -> Card.cost(List.of(run.resolve("none")), 1, 1))
        .isInstanceOf(JishiException.BadFile.class);
  }

  @Test
  void thePageHoldsTheTableOfTheModelAloneAndItsCost() {
    String evaluation =
        "# How good?\n\n## Exact answers, per cent\n\n| kind | en |\n|---|--:|\n| sums | 97 |\n\n"
            + "## Beside others\n\n| other |\n";
    String page = new Card(6_200_000, 7_100_000, COST, evaluation).page();
    assertThat(page)
        .contains("6.2 million", "7.1 MB", "12.3 million tokens", "10.0 core-hours", "0.50 US")
        .contains("| sums | 97 |")
        .doesNotContain("Beside others");
    assertThatThrownBy(() -> new Card(1, 1, COST, "nothing").page())
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("jishi nano eval");
  }
}
