// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a recipe leaves open. */
class PlanTest {
  private static final int CONTEXT = 256;

  @TempDir Path folder;

  private Plan plan(String training, String more, int tokens, int processes) throws IOException {
    Files.writeString(folder.resolve("my.txt"), "text");
    String text = "data: my.txt\nmodel: {context: 256}\ntrain: {" + training + "}\n" + more;
    Recipe recipe = RecipeReader.parse("r.yaml", "r", folder, text);
    return Plan.of(recipe, 3_000_000, 2_500_000, 6, 192, tokens, processes);
  }

  /** Batches of the dial are of all sizes, primes among them, and shared by any processes. */
  @Test
  void aBatchThatIsLeftOpenBecomesWholeParts() throws IOException {
    for (int micro = 0; micro < 20; micro++) {
      for (int processes = 1; processes <= 4; processes++) {
        String training = micro == 0 ? "steps: 10" : "steps: 10, micro_batch: " + micro;
        for (int tokens = 200_000; tokens < 4_000_000; tokens += 330_000) {
          Plan one = plan("steps: 10, micro_batch: 1", "", tokens, 1);
          Plan plan = plan(training, "", tokens, processes);
          int own = plan.batch() / processes;
          assertThat(plan.batch() % processes).isZero();
          assertThat(own % plan.micro()).as("%s of %s", plan.micro(), own).isZero();
          assertThat(plan.micro()).isLessThanOrEqualTo(micro == 0 ? 4096 / CONTEXT : micro);
          int parts = own / plan.micro();
          assertThat(plan.batch())
              .as("at most a sequence more a part and process")
              .isBetween(one.batch(), one.batch() + processes * (parts + 1));
          if (micro > 0 && micro <= own / 2) {
            assertThat(plan.micro()).as("parts are not small").isGreaterThan(micro / 2);
          }
        }
      }
    }
  }

  @Test
  void aBatchThatIsSetStaysAndItsPartsAreEven() throws IOException {
    assertThat(plan("batch: 12, micro_batch: 4", "", 1_000_000, 1).micro()).isEqualTo(4);
    Plan two = plan("batch: 12, micro_batch: 4", "", 1_000_000, 2);
    assertThat(two.batch()).isEqualTo(12);
    assertThat(two.micro()).as("of 6").isEqualTo(3);
    assertThat(plan("batch: 8, micro_batch: 8", "", 1_000_000, 4).micro()).isEqualTo(2);
    assertThat(plan("batch: 53", "", 1_000_000, 1).micro()).isEqualTo(1);
  }
}
