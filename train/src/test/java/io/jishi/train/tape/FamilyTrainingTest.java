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
import io.jishi.tensor.Ops;
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
 * Every decoder family learns a batch by heart, in the memory that was planned. Its gradients are
 * the slope of the loss, and the same bits where layers are computed twice. The engine's own pass
 * then gives the loss that the tape gives; and so does the model that is written in the family's
 * published layout and opened again, so that no tensor stayed as it was where a copy of it learned.
 */
class FamilyTrainingTest {
  /** One pass by other kernels in another order, and a cache. */
  private static final double PASSES_DIFFER = 2e-3;

  private static final int STEPS = 12;
  private static final double RATE = 1e-2;
  private static final double BY_HEART = 0.1;

  private static final int SPAN = 14;
  private static final int TOKENS = 2 * SPAN;

  /** How far all weights together are moved along their gradient. */
  private static final double STEP = 3e-4;

  /** Of the slope there: single precision over so small a step, and curvature. */
  private static final double SLOPE_ERROR = 2e-2;

  /** Not causal, or of another shape: other tests have them. */
  private static final List<String> OTHERS =
      List.of("bert", "roberta", "embed", "reranker", "vlm", "train_");

  /** Some families that every checkout has; all are among the reference data. */
  private static final Path OWN = Path.of("../model/src/test/resources/goldens");

  @TempDir Path temp;

  static Stream<Path> families() throws IOException {
    Path root = Shared.has("goldens") ? Shared.require("goldens") : OWN;
    List<Path> folders = new ArrayList<>(List.of(Golden.folder()));
    try (Stream<Path> all = Files.list(root)) {
      all.filter(f -> Files.exists(f.resolve("model.safetensors")))
          .filter(f -> Files.exists(f.resolve("config.json")))
          .filter(f -> OTHERS.stream().noneMatch(f.getFileName().toString()::contains))
          .sorted()
          .forEach(folders::add);
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
                })) {
      Examples examples = examples(model.decoder().spec().vocabulary());
      Map<String, float[]> gradients = gradients(model, parameters, examples);
      try (Trainer trainer = trainer(model, parameters, true);
          Ops ops = Backend.cpu().ops(0)) { // what it keeps of weights must not outlive a step
        long planned = trainer.plan(examples).total();
        double first = trainer.evaluate(examples);
        assertThat(Passes.engineLoss(model, examples, ops)).isCloseTo(first, within(PASSES_DIFFER));
        trainer.accumulate(examples, trainer.total(examples));
        parameters
            .list()
            .forEach(t -> assertThat(floats(t)).as(t.name()).isEqualTo(gradients.get(t.name())));
        allLearn(parameters);
        if (trainer.imbalance() == 0) { // a choice of experts jumps
          slope(parameters, trainer, examples);
        }
        trainer.clear();
        for (int s = 0; s < STEPS; s++) {
          trainer.step(examples, RATE);
        }
        assertThat(trainer.heldBytes()).isEqualTo(planned);
        double last = trainer.evaluate(examples);
        assertThat(last).isLessThan(BY_HEART);
        assertThat(Passes.engineLoss(model, examples, ops)).isCloseTo(last, within(PASSES_DIFFER));
        Path written = export(folder, parameters, shapes);
        try (Model read = Model.open(written, Backend.cpu())) {
          assertThat(Passes.engineLoss(read, examples)).isCloseTo(last, within(PASSES_DIFFER));
        }
      }
    }
  }

  /** The gradients where nothing is computed twice. */
  private static Map<String, float[]> gradients(
      Model model, Parameters parameters, Examples examples) {
    try (Trainer trainer = trainer(model, parameters, false)) {
      trainer.accumulate(examples, trainer.total(examples));
      Map<String, float[]> gradients = new HashMap<>();
      parameters.list().forEach(t -> gradients.put(t.name(), floats(t)));
      trainer.clear();
      return gradients;
    }
  }

  private static float[] floats(Trainable t) {
    return t.summed().toArray(ValueLayout.JAVA_FLOAT);
  }

  /**
   * No tensor that the model reads is without a gradient, but the bias of a choice, and experts
   * that no token of a small batch chose.
   */
  private static void allLearn(Parameters parameters) {
    TreeSet<String> still = new TreeSet<>();
    for (Trainable t : parameters.list()) {
      boolean moves = false;
      for (float g : floats(t)) {
        moves |= g != 0;
      }
      if (!moves && !t.name().contains("correction_bias") && !t.name().contains(".experts.")) {
        still.add(t.name());
      }
    }
    assertThat(still).isEmpty();
  }

  /** Along all gradients together the loss rises by their norm. */
  private static void slope(Parameters parameters, Trainer trainer, Examples examples) {
    double norm = trainer.gradientNorm();
    along(parameters, STEP / norm);
    double up = trainer.evaluate(examples);
    along(parameters, -2 * STEP / norm);
    double down = trainer.evaluate(examples);
    along(parameters, STEP / norm);
    assertThat((up - down) / (2 * STEP * norm)).isCloseTo(1, within(SLOPE_ERROR));
  }

  /** Moves all along their gradients. */
  private static void along(Parameters parameters, double factor) {
    for (Trainable t : parameters.list()) {
      float[] w = t.data().toArray(ValueLayout.JAVA_FLOAT);
      float[] g = t.summed().toArray(ValueLayout.JAVA_FLOAT);
      for (int i = 0; i < w.length; i++) {
        w[i] += (float) (factor * g[i]);
      }
      Rows.write(w, t.data(), 0, w.length);
      t.changed();
    }
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

  static Trainer trainer(Model model, Parameters parameters, boolean checkpointing) {
    return trainer(
        model,
        parameters,
        TokenLoss.plain(),
        new TrainerOptions(0, MatrixProducts.Inputs.FP32, checkpointing, 1));
  }

  /** All of a model learns, by AdamW. */
  static Trainer trainer(Model model, Parameters parameters, Loss loss, TrainerOptions options) {
    return new Trainer(
        model.decoder(),
        parameters,
        Map.of(),
        loss,
        (list, m) -> new AdamW(list, m, AdamW.Options.DEFAULT),
        Backend.cpu(),
        options);
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
