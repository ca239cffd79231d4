// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.train.mpi.Mpi;
import io.jishi.train.mpi.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A recipe run as a program of its own: to be killed, or one of several. */
final class RealRun {
  private RealRun() {}

  /** {@code recipe folder milliseconds-a-step last-step}. */
  public static void main(String[] arguments) {
    World world = Mpi.started(System.getenv()) ? Mpi.connect(System.getenv()) : World.ALONE;
    SlowSteps slow = new SlowSteps(Long.parseLong(arguments[2]), Long.parseLong(arguments[3]));
    run(Path.of(arguments[0]), Path.of(arguments[1]), world, slow);
    world.close();
  }

  static TrainingRun.Outcome run(Path recipe, Path folder, World world, RunListener listener) {
    return Training.run(
        RecipeReader.read(recipe), new Training.Options(folder, 1, world, listener, () -> false));
  }

  /** A text with some order in it, and a recipe that learns it in a second or two. */
  static Path recipe(Path folder, String more) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 4000; i++) {
      text.append("line ").append(i % 97).append(" of ").append(i * 7 % 11).append('\n');
    }
    Files.writeString(folder.resolve("my.txt"), text);
    return Files.writeString(
        folder.resolve("my.yaml"),
        """
        data: my.txt
        tokenizer: {vocabulary: 280}
        model: {width: 32, layers: 2, heads: 2, kv_heads: 1, ffn: 64, context: 32}
        evaluate: {every: 20, tokens: 1k}
        sample: {every: 40, tokens: 8}
        checkpoint: {every: 10}
        """
            + more);
  }
}
