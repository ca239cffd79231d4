// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.train.data.TemplateFile;
import io.jishi.train.mpi.Mpi;
import io.jishi.train.mpi.World;
import io.jishi.train.run.Recipe;
import io.jishi.train.run.RecipeReader;
import io.jishi.train.run.RunListener;
import io.jishi.train.run.Training;
import io.jishi.train.run.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains a model by a recipe; a run that was cut off goes on. */
@Command(
    name = "train",
    description = {
      "Trains a model by a recipe. The same command again goes on with a run that was cut off;",
      "Ctrl-C ends it after the step, with a checkpoint."
    },
    footer = {
      "",
      "Examples:",
      "  jishi train recipe.yaml",
      "  jishi train recipe.yaml --out runs/a",
      "  mpirun -n 4 jishi train recipe.yaml",
      "",
      "A recipe can be one line, 'data: my.txt'; processes that mpirun starts share each batch."
    })
final class TrainCommand extends ModelCommand {
  /** How long the end of the process waits for a step and a checkpoint. */
  private static final int PATIENCE_SECONDS = 600;

  @Parameters(paramLabel = "RECIPE", description = "a file of YAML; see docs/TRAIN.md")
  private Path recipe;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FOLDER",
      description = "folder of the run (default: runs/ and the name of the recipe)")
  private Path out;

  @Option(
      names = "--mpi",
      description = "insist on several processes: an error where MPI did not start this one")
  private boolean mpi;

  TrainCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void work(int threads) {
    Recipe read = RecipeReader.read(recipe);
    Path folder = out != null ? out : Path.of("runs", read.name());
    boolean several = mpi || Mpi.started(shell.environment());
    World world = several ? Mpi.connect(shell.environment()) : World.ALONE;
    // Not closed where training fails: a process that ends with an error makes mpirun end all.
    train(read, folder, threads, world);
    world.close();
  }

  private void train(Recipe read, Path folder, int threads, World world) {
    RunListener view =
        world.first() ? new TrainingView(shell, peak(read, threads)) : RunListener.NONE;
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook = new Thread(() -> stopAndWait(stop, ended), "jishi-end");
    Runtime.getRuntime().addShutdownHook(hook);
    TrainingRun.Outcome outcome;
    try {
      outcome = Training.run(read, new Training.Options(folder, threads, world, view, stop::get));
    } finally {
      ended.countDown();
    }
    if (!stop.get()) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
    if (world.first()) {
      report(read, outcome, folder);
    }
  }

  private static void stopAndWait(AtomicBoolean stop, CountDownLatch ended) {
    stop.set(true);
    try {
      ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void report(Recipe recipe, TrainingRun.Outcome outcome, Path folder) {
    if (!outcome.finished()) {
      shell.note("stopped after step " + outcome.steps() + "; the same command goes on from there");
      return;
    }
    String bits =
        Double.isNaN(outcome.bits())
            ? ""
            : String.format(Locale.ROOT, ", %.3f bits", outcome.bits());
    shell.note("done after " + outcome.steps() + " steps" + bits + "; " + next(recipe, folder));
  }

  /** What to do with it. */
  private static String next(Recipe recipe, Path folder) {
    return switch (recipe.objective()) {
      case CLASSIFY, REGRESS -> "ask it: jishi classify -m " + folder + " \"…\"";
      case MASKED -> "vectors by it: jishi embed -m " + folder.resolve("model") + " \"…\"";
      case SFT, DPO -> "talk to it: " + talk(recipe, folder);
    };
  }

  /** The command that runs what was trained: an adapter beside its base, a chat model as one. */
  private static String talk(Recipe recipe, Path folder) {
    Path model = folder.resolve("model");
    Recipe.FineTune tuned = recipe.fineTune().orElse(null);
    boolean whole = tuned == null || tuned.method() == Recipe.Method.FULL;
    Path base = whole ? model : tuned.base();
    boolean plain = Files.isDirectory(base) && TemplateFile.find(base) == null;
    String raw = plain ? " --raw" : "";
    String adapter = whole ? "" : " --adapter " + model;
    return "jishi run -m " + base + adapter + raw + " \"…\"";
  }

  /** What the products of this machine can do, beside which the speed is shown. */
  private static double peak(Recipe recipe, int threads) {
    Backend backend = Backend.cpu();
    int all = threads == 0 ? backend.threads() : Math.min(threads, backend.threads());
    DType type = recipe.training().precision() == Recipe.Precision.BF16 ? DType.BF16 : DType.F32;
    Precision precision =
        recipe.training().precision() == Recipe.Precision.BF16 ? Precision.FAST : Precision.EXACT;
    return backend.measureProducts(type, precision, all);
  }
}
