// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.model.Model;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.AdapterExport;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.GgufImport;
import io.jishi.model.export.ModelSource;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.train.mpi.World;
import io.jishi.train.run.Plan;
import io.jishi.train.run.RecipeReader;
import io.jishi.train.run.RunListener;
import io.jishi.train.run.Training;
import io.jishi.train.run.TrainingRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * From a base and a file of examples to a model that does that one task: some examples are held
 * out, a recipe is written for the rest and run, the result becomes one model, and that model, as
 * it was written, answers the held-out examples.
 */
public final class Tuning {
  private final TuneOptions options;
  private final RunListener listener;
  private final Path work;

  private Tuning(TuneOptions options, RunListener listener, Path work) {
    this.options = options;
    this.listener = listener;
    this.work = work;
  }

  /**
   * Tunes.
   *
   * @param listener is told what happens
   * @param stop asked after each step; then nothing is written
   * @throws JishiException.BadFile where base or examples are missing or damaged, or {@code out}
   *     exists
   * @throws JishiException.BadRequest where the examples are too few or too long, or the loss
   *     breaks
   * @throws JishiException.Unsupported where the base is of a kind that cannot be trained
   */
  public static TuneResult run(TuneOptions options, RunListener listener, BooleanSupplier stop) {
    AtomicFiles.refuseExisting(options.out());
    List<Example> all = ExampleFile.read(options.data());
    Split split =
        options.test() == null
            ? Split.drawn(all, options.heldOut(), options.seed())
            : Split.of(all, ExampleFile.read(options.test()));
    Path work = workFolder(options.out());
    try {
      return new Tuning(options, listener, work).tune(split, stop);
    } finally {
      AtomicFiles.delete(work);
    }
  }

  /** Beside the result, so that there is room for it on the same disk. */
  private static Path workFolder(Path out) {
    Path parent = out.toAbsolutePath().normalize().getParent();
    try {
      Files.createDirectories(parent);
      return Files.createTempDirectory(parent, ".jishi-tune-");
    } catch (IOException e) {
      throw AtomicFiles.failed(out, e);
    }
  }

  private TuneResult tune(Split split, BooleanSupplier stop) {
    Path base = options.base();
    if (Files.isRegularFile(base)) {
      base = work.resolve("base");
      GgufImport.write(options.base(), base, Disk.LOCAL);
    }
    TunePlan plan;
    try (Model model = Model.open(base, Backend.cpu())) {
      plan = TunePlan.of(options, model, split.train());
    }
    long start = System.nanoTime();
    TrainingRun.Outcome outcome = train(recipe(base, plan, split.train()), stop);
    long nanos = System.nanoTime() - start;
    Score score = null;
    if (outcome.finished()) {
      write(base, plan);
      listener.note("asking the " + split.heldOut().size() + " examples that were held out");
      EngineOptions open = EngineOptions.DEFAULT.withThreads(options.threads());
      try (Engine engine = Engine.open(options.out(), open)) {
        score = Judge.score(engine, split.heldOut());
      }
    }
    return new TuneResult(
        outcome.finished() ? options.out() : null,
        plan.full(),
        plan.parameters(),
        split.train().size(),
        split.repeated(),
        split.contradictions(),
        outcome.steps(),
        nanos,
        score);
  }

  /** JSON is YAML, and its quoting is safe for any path. */
  private Path recipe(Path base, TunePlan plan, List<Example> train) {
    Map<String, Object> tune = new LinkedHashMap<>();
    tune.put("base", base.toAbsolutePath().toString());
    tune.put("method", plan.full() ? "full" : "lora");
    tune.put("rank", options.rank());
    Map<String, Object> steps = new LinkedHashMap<>();
    steps.put("steps", plan.steps());
    steps.put("batch", plan.rows());
    steps.put("learning_rate", plan.rate());
    Map<String, Object> recipe = new LinkedHashMap<>();
    recipe.put("name", "tune");
    recipe.put("seed", options.seed());
    recipe.put("data", List.of(Map.of("path", "train.jsonl", "format", "chat")));
    recipe.put("model", Map.of("context", plan.context()));
    recipe.put("finetune", tune);
    recipe.put("train", steps);
    recipe.put("evaluate", Map.of("held_out", 0, "every", plan.steps()));
    recipe.put("sample", Map.of("every", plan.steps(), "tokens", 1));
    recipe.put("checkpoint", Map.of("every", plan.steps(), "keep", 1));
    StringBuilder lines = new StringBuilder();
    for (Example example : train) {
      lines.append(Json.write(Map.of("messages", example.messages()))).append('\n');
    }
    Path file = work.resolve("recipe.yaml");
    try {
      Files.writeString(work.resolve("train.jsonl"), lines);
      return Files.writeString(file, Json.write(recipe));
    } catch (IOException e) {
      throw AtomicFiles.failed(work, e);
    }
  }

  private TrainingRun.Outcome train(Path recipe, BooleanSupplier stop) {
    try {
      return Training.run(
          RecipeReader.read(recipe),
          new Training.Options(run(), options.threads(), World.ALONE, quiet(), stop));
    } catch (JishiException.BadRequest e) {
      if (!"train.learning_rate".equals(e.field())) {
        throw e;
      }
      throw new JishiException.BadRequest(
          "rate", "the loss broke off while learning: give a smaller rate, a third of it or less");
    }
  }

  private Path run() {
    return work.resolve("run");
  }

  /** Steps and notes, without samples of a few tokens. */
  private RunListener quiet() {
    return new RunListener() {
      @Override
      public void started(Plan plan, long done) {
        listener.started(plan, done);
      }

      @Override
      public void step(Plan plan, Progress progress) {
        listener.step(plan, progress);
      }
    };
  }

  private void write(Path base, TunePlan plan) {
    Path made = run().resolve("model");
    if (plan.full()) {
      try (ModelSource source = ModelSource.open(made)) {
        write(source);
      }
      return;
    }
    Adapter adapter = AdapterFiles.read(made);
    try (ModelSource source = ModelSource.open(base)) {
      write(AdapterExport.merged(adapter, source));
    }
  }

  private void write(ModelSource source) {
    Path out = options.out();
    String name = out.toAbsolutePath().normalize().getFileName().toString();
    boolean gguf = name.endsWith(".gguf");
    // A GGUF file is named after the folder that it was made from.
    String stem = gguf ? name.substring(0, name.length() - ".gguf".length()) : name;
    Path folder = work.resolve("named").resolve(stem.isEmpty() ? "model" : stem);
    FolderExport.write(source, folder, gguf ? DType.F32 : DType.F16, Disk.LOCAL);
    takeLikeliest(folder);
    AtomicFiles.refuseExisting(out);
    if (gguf) {
      try (ModelSource written = ModelSource.open(folder)) {
        GgufExport.write(written, out, DType.Q8_0, Disk.LOCAL);
      }
      return;
    }
    try {
      Files.move(folder, out, StandardCopyOption.ATOMIC_MOVE);
      AtomicFiles.sync(out.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw AtomicFiles.failed(out, e);
    }
  }

  /** Narrow tasks have one right answer: the model is to be run without sampling. */
  private static void takeLikeliest(Path folder) {
    Path file = folder.resolve("generation_config.json");
    Map<String, Object> config = new LinkedHashMap<>();
    if (Files.exists(file)) {
      config.putAll(Json.parseObject(file).fields());
    }
    List.of("temperature", "top_k", "top_p", "min_p").forEach(config::remove);
    config.put("do_sample", false);
    byte[] json = Json.write(config).getBytes(StandardCharsets.UTF_8);
    AtomicFiles.replace(file, Disk.LOCAL, to -> to.write(json));
  }
}
