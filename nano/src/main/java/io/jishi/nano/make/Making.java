// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.make;

import io.jishi.base.JishiException;
import io.jishi.train.mpi.World;
import io.jishi.train.run.Recipe;
import io.jishi.train.run.RecipeReader;
import io.jishi.train.run.RunListener;
import io.jishi.train.run.Training;
import io.jishi.train.run.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/** From nothing to a model; what is done already is not done again. */
public final class Making {
  private Making() {}

  /**
   * Writes the data of each part into {@code FOLDER/RECIPE-data}, trains into {@code
   * FOLDER/RECIPE}.
   *
   * @param threads processors, 0 for all
   * @param code version of Jishi, for {@code FOLDER/runs.jsonl}, where each part's {@link
   *     RunRecord} goes when it is done
   * @param stop asked after each step
   * @return the folder of the model; null where it was stopped before the end
   */
  public static Path run(
      Size size,
      Path folder,
      int threads,
      String code,
      RunListener listener,
      BooleanSupplier stop) {
    int processors = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    Path made = null;
    for (Size.Part part : size.parts()) {
      Path data = folder.resolve(part.recipe() + "-data");
      if (!Files.exists(data.resolve(part.recipe() + ".yaml"))) {
        listener.note("writing " + part.conversations() + " conversations and the vocabulary");
        int vocabulary = made == null ? size.vocabulary() : 0;
        Ingredients.write(data, part, vocabulary);
      }
      Recipe recipe = RecipeReader.read(data.resolve(part.recipe() + ".yaml"));
      Path run = folder.resolve(part.recipe());
      TrainingRun.Outcome outcome =
          Training.run(recipe, new Training.Options(run, threads, World.ALONE, listener, stop));
      if (!outcome.finished()) {
        return null;
      }
      record(folder, RunRecord.of(part, run, processors, code));
      made = run.resolve("model");
    }
    return made;
  }

  private static void record(Path folder, RunRecord run) {
    try {
      run.keep(folder.resolve("runs.jsonl"));
    } catch (IOException e) {
      throw new JishiException.OutOfResources(
          folder + "/runs.jsonl: cannot be written: " + e.getMessage(), e);
    }
  }
}
