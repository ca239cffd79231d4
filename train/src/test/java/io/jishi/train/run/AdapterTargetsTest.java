// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.adapter.AdapterOps;
import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.model.export.SafetensorsWriter;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.testkit.Shared;
import io.jishi.train.loss.TokenLoss;
import io.jishi.train.optim.AdamW;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.Passes;
import io.jishi.train.tape.Trainer;
import io.jishi.train.tape.TrainerOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which matrices of a family get adapters: those that can learn and that the engine can load. */
class AdapterTargetsTest {
  private static final Path OWN = Path.of("../model/src/test/resources/goldens");

  /** Sums of both passes are in other orders. */
  private static final double SAME = 2e-4;

  @TempDir Path temp;

  private static Recipe.FineTune fineTune(Path base, List<String> targets) {
    return new Recipe.FineTune(
        base, Recipe.Method.LORA, Recipe.Objective.SFT, 2, 4, targets, 0.1, 8);
  }

  /**
   * Packed, turned, grouped and stacked matrices, experts, latent attention, recurrent mixers: what
   * was trained is what the engine computes with the saved adapter.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "qwen3", "gpt_oss", "glm4_moe", "kimi_k2", "gemma2", "cohere", "falcon_7b_style", "lfm2",
        "mamba2", "gpt2", "gpt_neox", "internlm2", "phi3", "mixtral", "bloom", "qwen3_next"
      })
  void whatIsTrainedByDefaultLearnsAndLoads(String family) throws IOException {
    Path own = OWN.resolve(family);
    Path base = Files.isDirectory(own) ? own : Shared.require("goldens/" + family);
    int[] tokens = {3, 1, 4, 1, 5, 9, 2, 6};
    Examples examples = Examples.of(tokens, new int[] {0, tokens.length}, tokens);
    Path saved;
    double last;
    try (TrainedWeights weights = new TrainedWeights(fineTune(base, Recipe.FineTune.ALL), base, 1);
        Model model = Model.open(base, Backend.cpu(), weights::place)) {
      weights.adapt(model);
      try (Trainer trainer =
          new Trainer(
              model.decoder(),
              weights.parameters(),
              weights.adapters(),
              TokenLoss.plain(),
              (list, m) -> new AdamW(list, m, AdamW.Options.DEFAULT),
              Backend.cpu(),
              TrainerOptions.DEFAULT)) {
        double first = trainer.evaluate(examples);
        for (int s = 0; s < 10; s++) {
          trainer.step(examples, 1e-2);
        }
        last = trainer.evaluate(examples);
        assertThat(last).isLessThan(first);
        saved = saved(weights, trainer);
        try (Ops ops = weights.ops(Backend.cpu(), trainer.trained(), 1)) {
          assertThat(Passes.engineLoss(model, examples, ops)).isCloseTo(last, within(SAME));
        }
      }
    }
    Adapter adapter = AdapterFiles.read(saved);
    try (Model model = Model.open(base, Backend.cpu());
        Ops ops = new AdapterOps(Backend.cpu().ops(1), adapter, adapter.forModel(model))) {
      assertThat(Passes.engineLoss(model, examples, ops)).isCloseTo(last, within(SAME));
    }
  }

  private Path saved(TrainedWeights weights, Trainer trainer) throws IOException {
    Path folder = Files.createDirectory(temp.resolve("adapter"));
    var tensors = trainer.trained().stream().map(t -> weights.stored(t).output()).toList();
    try (OutputStream out = Files.newOutputStream(folder.resolve(weights.weightsFile()))) {
      new SafetensorsWriter(Map.of(), tensors).writeTo(out);
    }
    weights.writeCompanions(folder, Disk.LOCAL);
    return folder;
  }

  @Test
  void aNamedMatrixThatIsNotThereIsRefusedWithThoseThatAre() {
    Path base = OWN.resolve("kimi_k2");
    try (TrainedWeights weights =
            new TrainedWeights(fineTune(base, List.of("o_proj", "v_proj")), base, 1);
        Model model = Model.open(base, Backend.cpu(), weights::place)) {
      assertThatThrownBy(() -> weights.adapt(model))
          .isInstanceOf(JishiException.Unsupported.class)
          .hasMessageContaining("multiplies by v_proj;")
          .hasMessageContaining("kv_b_proj");
    }
  }

  @Test
  void aPackedMatrixOfAGgufFileIsRefusedByNameUnlessOthersAreAskedFor() {
    Path base = temp.resolve("phi3.gguf");
    try (ModelSource model = ModelSource.open(Shared.require("goldens/phi3"))) {
      GgufExport.write(model, base, DType.F32, Disk.LOCAL);
    }
    try (TrainedWeights weights = new TrainedWeights(fineTune(base, Recipe.FineTune.ALL), base, 1);
        Model model = Model.open(base, Backend.cpu(), weights::place)) {
      assertThatThrownBy(() -> weights.adapt(model))
          .isInstanceOf(JishiException.Unsupported.class)
          .hasMessageContaining("attn_qkv")
          .hasMessageContaining("jishi convert");
    }
    try (TrainedWeights weights =
            new TrainedWeights(fineTune(base, List.of("o_proj", "down_proj")), base, 1);
        Model model = Model.open(base, Backend.cpu(), weights::place)) {
      weights.adapt(model);
      assertThat(weights.adapters()).hasSize(4);
    }
  }
}
