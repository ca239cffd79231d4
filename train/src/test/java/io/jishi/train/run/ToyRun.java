// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.model.export.Disk;
import io.jishi.train.mpi.World;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;

/** A whole run in milliseconds; also a program of its own, to be killed. */
final class ToyRun {
  static final int STEPS = 400;

  private ToyRun() {}

  /** {@code folder steps-per-checkpoint milliseconds-a-step last-step}. */
  public static void main(String[] arguments) {
    run(
        Path.of(arguments[0]),
        recipe(Recipe.Policy.STOP, Integer.parseInt(arguments[1])),
        _ -> false,
        Disk.LOCAL,
        new SlowSteps(Long.parseLong(arguments[2]), Long.parseLong(arguments[3])));
  }

  static Recipe recipe(Recipe.Policy policy, int checkpointEvery) {
    Recipe base =
        RecipeReader.parse(
            "toy", "toy", Path.of("."), "data: .\nsize: 100k\ncheckpoint: {keep: 3}");
    return new Recipe(
        base.name(),
        base.seed(),
        base.shape(),
        base.data(),
        base.vocabulary(),
        base.training(),
        base.gradients(),
        base.evaluation(),
        new Recipe.Samples(100, 5, List.of("a")),
        new Recipe.Checkpoints(checkpointEvery, 3),
        new Recipe.Divergence(policy, 8, 2),
        Optional.empty());
  }

  static Plan plan(Recipe recipe) {
    return new Plan(64, 8, STEPS, 8, 8, 0.003, 50, 100, recipe.checkpoints().every(), 6.0 * 64);
  }

  static TrainingRun.Outcome run(
      Path folder, Recipe recipe, LongPredicate broken, Disk disk, RunListener listener) {
    try (RunLock _ = RunLock.take(folder);
        TrainingRun run =
            new TrainingRun(
                recipe,
                plan(recipe),
                new ToyLearner(broken),
                step -> 0.003 * (1 - step / (2.0 * STEPS)),
                folder,
                World.ALONE,
                listener,
                disk)) {
      return run.run(() -> false);
    }
  }
}
