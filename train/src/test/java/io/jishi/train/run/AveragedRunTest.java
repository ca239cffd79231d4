// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.model.export.ModelSource;
import io.jishi.model.export.OutputTensor;
import io.jishi.train.mpi.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that keeps an average of its weights: the average is its model. */
class AveragedRunTest {
  private static final int STEPS = 12;
  private static final double DECAY = 0.75;

  /** Sums of a few floats below 1, rounded at each of the steps. */
  private static final double ROUNDING = 1e-6;

  @TempDir Path temp;
  private Path plain;
  private Path averaged;

  @BeforeEach
  void recipes() throws IOException {
    Path folder = Files.createDirectories(temp.resolve("recipes"));
    String train = "train: {steps: %d, batch: 2, learning_rate: 1e-2, warmup: 0, average: %s}\n";
    Path recipe = RealRun.recipe(folder, train.formatted(STEPS, DECAY));
    averaged = every(recipe, "averaged.yaml", Files.readString(recipe));
    plain =
        every(
            recipe,
            "plain.yaml",
            Files.readString(recipe).replace("average: " + DECAY, "average: 0"));
  }

  private static Path every(Path recipe, String name, String text) throws IOException {
    return Files.writeString(
        recipe.resolveSibling(name),
        text.replace("checkpoint: {every: 10}", "checkpoint: {every: 1, keep: 100}"));
  }

  private Path run(Path recipe, String folder) {
    RealRun.run(recipe, temp.resolve(folder), World.ALONE, RunListener.NONE);
    return temp.resolve(folder);
  }

  private static Path checkpoint(Path run, int step) {
    return run.resolve("checkpoints/step-%08d".formatted(step));
  }

  private static Map<String, float[]> weights(Path folder) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    try (ModelSource source = ModelSource.open(folder)) {
      for (OutputTensor tensor : source.tensors()) {
        List<float[]> rows = new ArrayList<>();
        for (long r = 0; r < tensor.rowCount(); r++) {
          float[] row = new float[tensor.columns()];
          tensor.rows().read(r, row);
          rows.add(row);
        }
        float[] all = new float[rows.size() * tensor.columns()];
        for (int r = 0; r < rows.size(); r++) {
          System.arraycopy(rows.get(r), 0, all, r * tensor.columns(), tensor.columns());
        }
        weights.put(tensor.name(), all);
      }
    }
    return weights;
  }

  @Test
  void theModelIsTheAverageOfTheWeightsThatATrainingWithoutItPassesThrough() throws IOException {
    Path without = run(plain, "without");
    Path with = run(averaged, "with");
    Map<String, float[]> expected = weights(checkpoint(without, 0));
    for (int step = 1; step <= STEPS; step++) {
      Map<String, float[]> now = weights(checkpoint(without, step));
      expected.forEach(
          (name, values) -> {
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) (DECAY * values[i] + (1 - DECAY) * now.get(name)[i]);
            }
          });
    }
    Map<String, float[]> actual = weights(checkpoint(with, STEPS));
    Map<String, float[]> last = weights(checkpoint(without, STEPS));
    double away = 0;
    for (Map.Entry<String, float[]> tensor : expected.entrySet()) {
      float[] values = actual.get(tensor.getKey());
      for (int i = 0; i < values.length; i++) {
        assertThat((double) values[i]).isCloseTo(tensor.getValue()[i], within(ROUNDING));
        away = Math.max(away, Math.abs(values[i] - last.get(tensor.getKey())[i]));
      }
    }
    assertThat(away).as("the average is not the last weights").isGreaterThan(1e-3);
    // The best checkpoint is the last one here, and export takes what it left.
    assertThat(with.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(checkpoint(with, STEPS).resolve("model.safetensors"));
  }

  @Test
  void aRunThatWasCutOffGoesOnToTheBitWithItsAverage() throws IOException {
    Path whole = run(averaged, "whole");
    Path cut = temp.resolve("cut");
    for (int stops = 0; stops < 2; stops++) {
      AtomicInteger left = new AtomicInteger(5);
      Training.Options options =
          new Training.Options(
              cut, 1, World.ALONE, RunListener.NONE, () -> left.decrementAndGet() == 0);
      assertThat(Training.run(RecipeReader.read(averaged), options).finished()).isFalse();
    }
    run(averaged, "cut");
    assertThat(TrainingRunTest.trace(cut)).isEqualTo(TrainingRunTest.trace(whole));
    for (String file : List.of("model.safetensors", "state/optimizer.safetensors")) {
      assertThat(checkpoint(cut, STEPS).resolve(file))
          .hasSameBinaryContentAs(checkpoint(whole, STEPS).resolve(file));
    }
  }
}
