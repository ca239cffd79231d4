// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.model.adapter.AdapterExport;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.tensor.DType;
import io.jishi.train.mpi.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters over a GGUF file of Llama, whose query and key rows stand in another order. */
class GgufBaseTest {
  /** Single precision, the same products summed in another order. */
  private static final float ROUNDING = 2e-4f;

  private static final int[] TOKENS = {65, 66, 67, 70, 72};

  private static final String RECIPE =
      """
      data: other.txt
      model: {context: 32}
      finetune: {base: %s, method: %s, rank: 4}
      train: {steps: 16, batch: 4, learning_rate: 1e-2}
      evaluate: {every: 100}
      sample: {every: 100, tokens: 4}
      checkpoint: {every: 6}
      """;

  @TempDir static Path temp;

  @BeforeAll
  static void aModelInAllForms() throws IOException {
    Path recipe = RealRun.recipe(temp, "train: {steps: 20, batch: 4}\n");
    RealRun.run(recipe, temp.resolve("base"), World.ALONE, RunListener.NONE);
    for (DType type : List.of(DType.F32, DType.Q8_0)) {
      try (ModelSource source = ModelSource.open(temp.resolve("base/model"))) {
        GgufExport.write(source, temp.resolve(type + ".gguf"), type, Disk.LOCAL);
      }
    }
    Files.writeString(temp.resolve("other.txt"), "another text of other words\n".repeat(600));
  }

  private static Path run(String base, String method, String name) throws IOException {
    Path recipe = Files.writeString(temp.resolve(name + ".yaml"), RECIPE.formatted(base, method));
    RealRun.run(recipe, temp.resolve(name), World.ALONE, RunListener.NONE);
    return temp.resolve(name);
  }

  private static float[] logits(Path model, Path adapter) {
    try (Engine engine = Engine.open(model, EngineOptions.DEFAULT.withAdapter(adapter))) {
      return engine.logits(TOKENS, false)[0];
    }
  }

  private static void close(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(ROUNDING));
    }
  }

  private static List<Double> losses(Path run) throws IOException {
    List<Double> losses = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonObject.of("metrics", Json.parse("metrics", line)).number("loss").ifPresent(losses::add);
    }
    return losses;
  }

  @Test
  void anAdapterOverTheFileIsTheOneOverTheFolder() throws IOException {
    Path adapter = run("F32.gguf", "lora", "over-file").resolve("model");
    assertThat(losses(temp.resolve("over-file")).getLast())
        .isLessThan(losses(temp.resolve("over-file")).getFirst() - 0.5);
    // PEFT's order of rows, whatever the base was: both forms of the base agree.
    float[] overFile = logits(temp.resolve("F32.gguf"), adapter);
    close(logits(temp.resolve("base/model"), adapter), overFile);
    assertThat(overFile).isNotEqualTo(logits(temp.resolve("F32.gguf"), null));
  }

  @Test
  void aMergedModelIsBaseAndAdapter() throws IOException {
    Path adapter = run("base/model", "lora", "to-merge").resolve("model");
    Path merged = temp.resolve("merged");
    var read = AdapterFiles.read(adapter);
    try (ModelSource source = ModelSource.open(temp.resolve("base/model"))) {
      ModelSource changed = AdapterExport.merged(read, source);
      FolderExport.write(changed, merged, DType.F32, Disk.LOCAL);
    }
    close(logits(merged, null), logits(temp.resolve("base/model"), adapter));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora", "qlora"})
  void quantisedFilesLearnToo(String method) throws IOException {
    Path run = run("Q8_0.gguf", method, "q8-" + method);
    assertThat(losses(run).getLast()).isLessThan(losses(run).getFirst() - 0.5);
    assertThat(logits(temp.resolve("Q8_0.gguf"), run.resolve("model")))
        .isNotEqualTo(logits(temp.resolve("Q8_0.gguf"), null));
  }

  @Test
  void aRunThatWasCutOffGoesOnToTheBit() throws IOException {
    Path whole = run("F32.gguf", "lora", "whole");
    AtomicInteger left = new AtomicInteger(7);
    Training.run(
        RecipeReader.read(temp.resolve("whole.yaml")),
        new Training.Options(
            temp.resolve("cut"),
            1,
            World.ALONE,
            RunListener.NONE,
            () -> left.decrementAndGet() == 0));
    Path recipe = temp.resolve("whole.yaml");
    RealRun.run(recipe, temp.resolve("cut"), World.ALONE, RunListener.NONE);
    assertThat(TrainingRunTest.trace(temp.resolve("cut"))).isEqualTo(TrainingRunTest.trace(whole));
  }

  /** All weights of a file learn as those of the folder do that it was made from. */
  @Test
  void allWeightsOfAFileLearnAsThoseOfTheFolder() throws IOException {
    Path file = run("F32.gguf", "full", "full-file");
    Path folder = run("base/model", "full", "full-folder");
    assertThat(losses(file)).isEqualTo(losses(folder));
    assertThat(losses(file).getLast()).isLessThan(losses(file).getFirst() - 0.5);
    close(logits(file.resolve("model"), null), logits(folder.resolve("model"), null));
    Path quantised = run("Q8_0.gguf", "full", "full-q8");
    assertThat(losses(quantised).getLast()).isLessThan(losses(quantised).getFirst() - 0.5);
    Path again = temp.resolve("again.gguf");
    try (ModelSource source = ModelSource.open(file.resolve("model"))) {
      GgufExport.write(source, again, DType.F32, Disk.LOCAL);
    }
    close(logits(again, null), logits(file.resolve("model"), null));
  }

  @Test
  void aBaseThatIsNoModelIsRefused() {
    assertThatThrownBy(() -> run("base", "lora", "none"))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("config.json");
  }
}
