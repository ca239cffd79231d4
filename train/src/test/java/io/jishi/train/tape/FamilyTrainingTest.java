// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.Model;

import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.OutputTensor;
import io.jishi.tensor.Backend;
import io.jishi.tensor.MatrixProducts;
import io.jishi.testkit.Shared;
import io.jishi.train.loss.TokenLoss;
import io.jishi.train.optim.AdamW;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every decoder family learns a batch by heart; the engine's own pass then gives the loss that the
 * tape gives; and so does the model that is written in the family's published layout and opened
 * again, so that no tensor stayed as it was where a copy of it learned.
 */
class FamilyTrainingTest {
  /** One pass by other kernels in another order, and a cache. */
  private static final double PASSES_DIFFER = 2e-3;

  private static final int STEPS = 12;
  private static final double RATE = 1e-2;
  private static final int SPAN = 14;

  /** Two spans, the one longer than the windows of these models. */
  private static final int TOKENS = 2 * SPAN;

  /** Not causal, or of another shape: other tests have them. */
  private static final List<String> OTHERS = List.of("bert", "xlm_roberta", "nomic", "vlm", "train_");

  @TempDir Path temp;

  /** The folders of the reference data with a causal model, or the one that every build has. */
  static Stream<Path> families() throws IOException {
    List<Path> folders = new ArrayList<>(List.of(Golden.folder()));
    if (Shared.has("goldens")) {
      try (Stream<Path> all = Files.list(Shared.require("goldens"))) {
        all.filter(f -> Files.exists(f.resolve("model.safetensors")))
            .filter(f -> Files.exists(f.resolve("config.json")))
            .filter(f -> OTHERS.stream().noneMatch(f.getFileName().toString()::contains))
            .filter(f -> !f.toString().endsWith("_reranker") && !f.toString().endsWith("bed"))
            .sorted()
            .forEach(folders::add);
      }
    }
    return folders.stream();
  }

  @ParameterizedTest
  @MethodSource("families")
  void aFamilyLearnsABatchByHeartAndWhatItLearnedIsExported(Path folder) {
    Map<String, List<Long>> shapes = new HashMap<>();
    try (Parameters parameters = new Parameters(_ -> true);
        Model model =
            Model.open(
                folder,
                Backend.cpu(),
                t -> {
                  shapes.put(t.name(), t.shape());
                  return parameters.place(t);
                });
        Trainer trainer = trainer(model, parameters)) {
      Examples examples = examples(model.decoder().spec().vocabulary());
      double first = trainer.evaluate(examples);
      assertThat(Passes.engineLoss(model, examples)).isCloseTo(first, within(PASSES_DIFFER));
      allLearn(parameters, trainer, examples);
      for (int s = 0; s < STEPS; s++) {
        trainer.step(examples, RATE);
      }
      double last = trainer.evaluate(examples);
      assertThat(last).isLessThan(0.8 * first);
      assertThat(Passes.engineLoss(model, examples)).isCloseTo(last, within(PASSES_DIFFER));
      Path written = export(folder, parameters, shapes);
      try (Model read = Model.open(written, Backend.cpu())) {
        assertThat(Passes.engineLoss(read, examples)).isCloseTo(last, within(PASSES_DIFFER));
      }
    }
  }

  /** No tensor that the model reads is without a gradient, but the bias of a choice. */
  private static void allLearn(Parameters parameters, Trainer trainer, Examples examples) {
    trainer.accumulate(examples, trainer.total(examples));
    TreeSet<String> still = new TreeSet<>();
    for (Trainable t : parameters.list()) {
      boolean moves = false;
      for (float g : t.summed().toArray(ValueLayout.JAVA_FLOAT)) {
        moves |= g != 0;
      }
      if (!moves) {
        still.add(t.name());
      }
    }
    trainer.clear();
    // Experts that no token of a small batch chose have none either.
    still.removeIf(
        n ->
            n.endsWith("e_score_correction_bias")
                || n.endsWith("moe_statics.e_score_correction_bias")
                || n.contains(".experts."));
    assertThat(still).isEmpty();
  }

  private Path export(Path from, Parameters parameters, Map<String, List<Long>> shapes) {
    try {
      Path folder = Files.createDirectory(temp.resolve("written"));
      JsonObject config = Json.parseObject(from.resolve("config.json"));
      List<OutputTensor> tensors = new ArrayList<>();
      for (Trainable t : parameters.list()) {
        tensors.add(OutputTensor.of(t.name(), shapes.get(t.name()), t.data()));
      }
      FolderExport.write(config.fields(), tensors, folder, Disk.LOCAL);
      return folder;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static Trainer trainer(Model model, Parameters parameters) {
    return new Trainer(
        model.decoder(),
        parameters,
        Map.of(),
        TokenLoss.plain(),
        (list, m) -> new AdamW(list, m, AdamW.Options.DEFAULT),
        Backend.cpu(),
        new TrainerOptions(0, MatrixProducts.Inputs.FP32, true, 1, 0.01));
  }

  static Examples examples(int vocabulary) {
    SplittableRandom random = new SplittableRandom(5);
    int[] tokens = random.ints(TOKENS, 0, vocabulary).toArray();
    int[] labels = new int[TOKENS];
    for (int t = 0; t < TOKENS; t++) {
      labels[t] = (t + 1) % SPAN == 0 ? Targets.IGNORE : tokens[t + 1];
    }
    return Examples.of(tokens, new int[] {0, SPAN, TOKENS}, labels);
  }
}
