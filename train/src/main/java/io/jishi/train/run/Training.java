// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import io.jishi.train.mpi.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A recipe from beginning to end: tokenizer, data, model, the run, and the model that it leaves.
 */
public final class Training {
  private Training() {}

  /**
   * How a recipe is to be run.
   *
   * @param folder of the run; what is there is gone on with
   * @param threads processors to use, 0 for all
   * @param world the processes that train together
   * @param listener is told what happens
   * @param stop asked after each step
   */
  public record Options(
      Path folder, int threads, World world, RunListener listener, BooleanSupplier stop) {}

  /**
   * Trains.
   *
   * @return where the run stands, and its best checkpoint; if it is finished, the folder {@code
   *     model} of the run holds that model
   */
  public static TrainingRun.Outcome run(Recipe recipe, Options options) {
    try (RunLock _ = options.world.first() ? RunLock.take(options.folder) : null;
        Workbench bench = Workbench.open(recipe, options)) {
      TrainingRun.Outcome outcome;
      try (TrainingRun run =
          new TrainingRun(
              recipe,
              bench.plan(),
              bench.learner(),
              bench.rates(),
              options.folder,
              options.world,
              options.listener,
              Disk.LOCAL)) {
        outcome = run.run(options.stop);
      }
      if (outcome.finished() && options.world.first()) {
        publish(outcome.best(), options.folder.resolve("model"));
      }
      ProcessMemory.peak()
          .ifPresent(
              peak ->
                  options.listener.note(
                      String.format(
                          Locale.ROOT, "memory of the process at most: %.0f MiB", peak / 0x1p20)));
      return outcome;
    }
  }

  /** The best checkpoint without what only training needs. */
  private static void publish(Path checkpoint, Path model) {
    if (Files.exists(model)) {
      return; // of an earlier call: the run was finished then
    }
    AtomicFiles.createFolder(
        model,
        to -> {
          for (Path file : files(checkpoint)) {
            FolderExport.copy(file, to.resolve(file.getFileName()), Disk.LOCAL);
          }
        });
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
