// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.model.adapter.AdapterExport;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.SafetensorsWriter;
import io.jishi.tensor.Backend;
import io.jishi.train.loss.TokenLoss;
import io.jishi.train.optim.AdamW;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Trainer;
import io.jishi.train.tape.TrainerOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which matrices of a family get adapters: those that can learn and that the engine can load. */
class AdapterTargetsTest {
  private static final Path OWN = Path.of("../model/src/test/resources/goldens");

  @TempDir Path temp;

  private static Recipe.FineTune fineTune(Path base, List<String> targets) {
    return new Recipe.FineTune(
        base, Recipe.Method.LORA, Recipe.Objective.SFT, 2, 4, targets, 0.1, 8);
  }

  /**
   * Mixtures, latent attention, norms and biases: none is refused, none trains what cannot load.
   */
  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gpt_oss", "glm4_moe", "kimi_k2", "gemma2", "cohere"})
  void whatIsTrainedByDefaultLearnsAndLoads(String family) throws IOException {
    Path base = OWN.resolve(family);
    List<String> notes = new ArrayList<>();
    try (TrainedWeights weights = new TrainedWeights(fineTune(base, Recipe.FineTune.ALL), base, 1);
        Model model = Model.open(base, Backend.cpu(), weights::place)) {
      weights.adapt(model, notes::add);
      assertThat(weights.adapters()).isNotEmpty();
      try (Trainer trainer =
          new Trainer(
              model.decoder(),
              weights.parameters(),
              weights.adapters(),
              TokenLoss.plain(),
              (list, m) -> new AdamW(list, m, AdamW.Options.DEFAULT),
              Backend.cpu(),
              TrainerOptions.DEFAULT)) {
        int[] tokens = {3, 1, 4, 1, 5, 9, 2, 6};
        Examples examples = Examples.of(tokens, new int[] {0, tokens.length}, tokens);
        double first = trainer.evaluate(examples);
        for (int s = 0; s < 10; s++) {
          trainer.step(examples, 1e-2);
        }
        assertThat(trainer.evaluate(examples)).isLessThan(first);
        Path saved = saved(weights, trainer);
        assertThat(AdapterFiles.read(saved).forModel(model).keySet())
            .isEqualTo(weights.adapters().keySet());
      }
      assertThat(notes.toString().contains("get no adapter"))
          .isEqualTo(List.of("glm4_moe", "kimi_k2").contains(family));
    }
  }

  private Path saved(TrainedWeights weights, Trainer trainer) throws IOException {
    Path folder = Files.createDirectory(temp.resolve("adapter"));
    var tensors = trainer.trained().stream().map(t -> weights.stored(t).output()).toList();
    try (OutputStream out = Files.newOutputStream(folder.resolve(weights.weightsFile()))) {
      new SafetensorsWriter(Map.of(), tensors).writeTo(out);
    }
    List<String> stems =
        weights.adapters().keySet().stream().map(n -> n.replace(".weight", "")).toList();
    AdapterExport.write(
        folder.resolve(AdapterFiles.CONFIG), AdapterExport.config("base", 2, 4, stems), Disk.LOCAL);
    return folder;
  }

  @Test
  void aNamedMatrixThatCanHaveNoneIsRefusedWithTheReason() {
    Path base = OWN.resolve("kimi_k2");
    try (TrainedWeights weights =
            new TrainedWeights(fineTune(base, List.of("o_proj", "v_proj")), base, 1);
        Model model = Model.open(base, Backend.cpu(), weights::place)) {
      assertThatThrownBy(() -> weights.adapt(model, _ -> {}))
          .isInstanceOf(JishiException.Unsupported.class)
          .hasMessageContaining("v_proj")
          .hasMessageNotContaining("o_proj,");
    }
  }
}
