// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.model.DecoderSpec;
import io.jishi.model.Model;
import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufImport;
import io.jishi.tensor.Backend;
import io.jishi.tensor.MatrixProducts;
import io.jishi.text.HuggingFaceTokenizer;
import io.jishi.text.Tokenizer;
import io.jishi.text.template.ChatTemplate;
import io.jishi.train.data.BatchSource;
import io.jishi.train.data.PairRows;
import io.jishi.train.mpi.World;
import io.jishi.train.optim.Average;
import io.jishi.train.tape.Examples;
import io.jishi.train.tape.MemoryPlan;
import io.jishi.train.tape.Trainer;
import io.jishi.train.tape.TrainerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.LongToDoubleFunction;

/** Lays out what a run needs: tokenizer, data, model, trainer; each is made once in its folder. */
final class Workbench implements AutoCloseable {
  private final Plan plan;
  private final Learner learner;
  private final LongToDoubleFunction rates;
  private final RunData data;
  private final TrainedWeights weights;

  private Workbench(
      Plan plan,
      Learner learner,
      LongToDoubleFunction rates,
      RunData data,
      TrainedWeights weights) {
    this.plan = plan;
    this.learner = learner;
    this.rates = rates;
    this.data = data;
    this.weights = weights;
  }

  /** Opens or makes all parts. */
  static Workbench open(Recipe recipe, Training.Options options) {
    World world = options.world();
    if (world.first()) {
      prepareModel(recipe, options);
    }
    world.barrier();
    Path start = start(recipe, options);
    requireTrainable(start);
    TrainedWeights weights =
        new TrainedWeights(recipe.fineTune().orElse(null), start, recipe.seed());
    Model model = null;
    RunData data = null;
    try {
      model = Model.open(start, Backend.cpu(), weights::place);
      requireMixture(recipe, model.decoder().spec());
      Objectives.require(recipe, model.decoder());
      weights.adapt(model);
      data = data(recipe, options, model);
      Plan plan = plan(recipe, model, data, world.size());
      BatchSource source = data.batches(plan.context(), recipe.seed());
      notePairs(recipe, data, options, plan);
      Objective objective = Objectives.of(recipe, model, data, plan);
      Trainer trainer = trainer(recipe, options, model, weights, objective);
      Average average = average(recipe, trainer);
      TapeLearner learner =
          new TapeLearner(
              new TapeLearner.Parts(model, trainer, source, objective, weights, world, average),
              plan,
              options.threads());
      options.listener().note(memory(trainer, plan, average));
      if (objective instanceof PreferenceObjective preferences) {
        reference(preferences, trainer, options);
      }
      return new Workbench(plan, learner, Schedules.of(recipe, plan), data, weights);
    } catch (RuntimeException | Error e) {
      if (data != null) {
        data.close();
      }
      if (model != null) {
        model.close();
      }
      weights.close();
      throw e;
    }
  }

  private static void requireTrainable(Path start) {
    if (!Files.isRegularFile(start) && !Files.exists(start.resolve("config.json"))) {
      throw new JishiException.BadFile(
          start + ": holds no config.json: a base is a folder with safetensors, or a GGUF file");
    }
  }

  /** Refuses what balances experts where there are none, rather than doing nothing. */
  private static void requireMixture(Recipe recipe, DecoderSpec spec) {
    List<DecoderSpec.Mixture> mixtures =
        spec.layers().stream()
            .flatMap(layer -> layer.parts().stream())
            .filter(DecoderSpec.Mixture.class::isInstance)
            .map(DecoderSpec.Mixture.class::cast)
            .toList();
    if (recipe.gradients().balance() > 0 && mixtures.isEmpty()) {
      throw new JishiException.BadRequest(
          "train.balance", "train.balance: the model is no mixture of experts, nothing to balance");
    }
    boolean frozen =
        recipe.fineTune().map(f -> f.method() != Recipe.Method.FULL).orElse(false)
            || mixtures.stream().noneMatch(DecoderSpec.Mixture::choiceBias);
    if (recipe.gradients().balanceBias() > 0 && frozen) {
      throw new JishiException.BadRequest(
          "train.balance_bias",
          "train.balance_bias: the choice of experts has no bias that learns here; train.balance"
              + " balances by a loss");
    }
  }

  /** What learning starts from: the base, or what {@link #prepareModel} made. */
  private static Path start(Recipe recipe, Training.Options options) {
    return recipe
        .fineTune()
        .filter(tuned -> !unpacks(tuned))
        .map(Recipe.FineTune::base)
        .orElse(options.folder().resolve("start"));
  }

  /** Whether all weights of a GGUF file learn: they are floats then, whatever the file holds. */
  private static boolean unpacks(Recipe.FineTune tuned) {
    return tuned.method() == Recipe.Method.FULL && Files.isRegularFile(tuned.base());
  }

  /**
   * The tokenizer, and a model that has learned nothing, where the run makes a new one; the weights
   * of a GGUF file as floats.
   */
  private static void prepareModel(Recipe recipe, Training.Options options) {
    Path start = start(recipe, options);
    if (Files.exists(start)) {
      return;
    }
    if (recipe.fineTune().isPresent()) {
      recipe
          .fineTune()
          .filter(Workbench::unpacks)
          .ifPresent(
              tuned -> {
                options.listener().note("unpacking " + tuned.base() + " to floats");
                GgufImport.write(tuned.base(), start, Disk.LOCAL);
              });
      return;
    }
    Path tokenizer =
        switch (recipe.vocabulary()) {
          case Recipe.Existing existing -> existing.folder();
          case Recipe.Learned learned -> {
            Path folder = options.folder().resolve("tokenizer");
            if (!Files.exists(folder)) {
              options.listener().note("learning a vocabulary of " + learned.size() + " tokens");
              Vocabularies.learn(recipe, learned.size(), folder);
            }
            yield folder;
          }
        };
    Tokenizer read = HuggingFaceTokenizer.read(tokenizer);
    NewModel.write(recipe.shape(), recipe.seed(), tokenizer, read, start, Disk.LOCAL);
  }

  private static RunData data(Recipe recipe, Training.Options options, Model model) {
    String template = model.chatTemplate();
    Path folder = options.folder().resolve("data");
    boolean first = options.world().first();
    if (first && !Files.exists(folder)) {
      options.listener().note("reading the data");
    }
    if (first) {
      RunData.open(
              recipe, folder, model.tokenizer(), compiled(template), true, options.listener()::note)
          .close();
    }
    options.world().barrier();
    return RunData.open(
        recipe, folder, model.tokenizer(), compiled(template), false, options.listener()::note);
  }

  private static ChatTemplate compiled(String template) {
    return template == null ? null : ChatTemplate.compile(template);
  }

  private static Plan plan(Recipe recipe, Model model, RunData data, int processes) {
    DecoderSpec spec = model.decoder().spec();
    long parameters =
        model.tensors().entrySet().stream()
            .filter(t -> !(spec.tiedOutput() && t.getKey().equals("lm_head.weight")))
            .mapToLong(t -> t.getValue().elements())
            .sum();
    boolean one = spec.tiedOutput() || model.decoder().output() == null;
    long tables = (one ? 1L : 2L) * spec.vocabulary() * spec.width();
    if (recipe.shape().context() > spec.context()) {
      throw new JishiException.BadRequest(
          "model.context",
          "a context of "
              + recipe.shape().context()
              + " is more than the "
              + spec.context()
              + " that the base model was made for");
    }
    return Plan.of(
        recipe,
        parameters,
        parameters - tables,
        spec.layers().size(),
        spec.width(),
        data.tokens(recipe.shape().context()),
        processes);
  }

  private static void notePairs(Recipe recipe, RunData data, Training.Options options, Plan plan) {
    int left =
        recipe.prefers()
            ? data.pairs(plan.context()).stream().mapToInt(PairRows::tooLong).sum()
            : 0;
    if (left > 0) {
      options
          .listener()
          .note(left + " pairs are left out: longer than a context of " + plan.context());
    }
  }

  /** What the model says before it has learned anything: adapters are zero, weights the base's. */
  private static void reference(
      PreferenceObjective preferences, Trainer trainer, Training.Options options) {
    Path file = options.folder().resolve("reference.safetensors");
    if (options.world().first() && !Files.exists(file)) {
      options.listener().note("asking the base model what it says of each answer");
      preferences.score(trainer, file);
    }
    options.world().barrier();
    preferences.read(file);
  }

  private static Trainer trainer(
      Recipe recipe,
      Training.Options options,
      Model model,
      TrainedWeights weights,
      Objective objective) {
    Recipe.Training t = recipe.training();
    Recipe.Gradients g = recipe.gradients();
    MatrixProducts.Inputs inputs =
        t.precision() == Recipe.Precision.BF16
            ? MatrixProducts.Inputs.BF16
            : MatrixProducts.Inputs.FP32;
    return new Trainer(
        model.decoder(),
        weights.parameters(),
        weights.adapters(),
        objective.loss(),
        (trained, machine) -> Optimizers.of(t, trained, machine),
        Backend.cpu(),
        new TrainerOptions(
            options.threads(), inputs, g.checkpointing(), t.clip(), g.balance(), g.balanceBias()));
  }

  private static Average average(Recipe recipe, Trainer trainer) {
    double decay = recipe.training().average();
    return decay == 0 ? null : new Average(trainer.trained(), trainer.machine(), decay);
  }

  /** What a step takes, and what the process will come to; weights and the like are there now. */
  private static String memory(Trainer trainer, Plan plan, Average average) {
    int tokens = plan.micro() * plan.context();
    int[] bounds = new int[plan.micro() + 1];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = i * plan.context();
    }
    MemoryPlan memory = trainer.plan(Examples.of(new int[tokens], bounds, new int[tokens]));
    long averages =
        average == null ? 0 : average.state().stream().mapToLong(b -> b.data().byteSize()).sum();
    OptionalLong process = ProcessMemory.planned(memory.activations() + memory.workspace());
    return String.format(
        Locale.ROOT,
        "memory of a step: %.0f MiB (weights %.0f, gradients %.0f, optimiser %.0f%s, activations"
            + " %.0f, workspace %.0f)%s",
        mebibytes(memory.total() + averages),
        mebibytes(memory.weights()),
        mebibytes(memory.gradients()),
        mebibytes(memory.optimizer()),
        average == null ? "" : String.format(Locale.ROOT, ", average %.0f", mebibytes(averages)),
        mebibytes(memory.activations()),
        mebibytes(memory.workspace()),
        process.isEmpty()
            ? ""
            : String.format(
                Locale.ROOT,
                "; of the process, with Java itself and mapped files: %.0f MiB",
                mebibytes(process.getAsLong())));
  }

  private static double mebibytes(long bytes) {
    return bytes / 0x1p20;
  }

  Plan plan() {
    return plan;
  }

  Learner learner() {
    return learner;
  }

  LongToDoubleFunction rates() {
    return rates;
  }

  @Override
  public void close() {
    learner.close();
    data.close();
    weights.close();
  }
}
