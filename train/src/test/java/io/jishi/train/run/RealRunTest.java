// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.tensor.DType;
import io.jishi.train.mpi.MpiProcess;
import io.jishi.train.mpi.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RealRunTest {
  /** Gradients of two halves are added in another order than those of the whole. */
  private static final double SUMMED_APART = 1e-3;

  private static final String STEPS = "train: {steps: 40, batch: 4, micro_batch: 2}\n";

  private static final Request STORY =
      Request.text("line ").with(Sampling.GREEDY).withMaxTokens(12);

  @TempDir Path temp;

  private static List<Double> losses(Path folder) throws IOException {
    List<Double> losses = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("metrics.jsonl"))) {
      JsonObject json = JsonObject.of("metrics", Json.parse("metrics", line));
      json.number("loss").ifPresent(losses::add);
    }
    return losses;
  }

  @Test
  void aTextBecomesAModelThatRunsFromBothFormats() throws IOException {
    Path recipe = RealRun.recipe(temp, STEPS);
    Path folder = temp.resolve("run");
    var outcome = RealRun.run(recipe, folder, World.ALONE, RunListener.NONE);
    assertThat(outcome.finished()).isTrue();
    List<Double> losses = losses(folder);
    assertThat(losses.getLast()).isLessThan(losses.getFirst() - 0.3);
    assertThat(outcome.bits()).isBetween(0.01, 7.0);
    Path model = folder.resolve("model");
    Path gguf = temp.resolve("my.gguf");
    try (ModelSource source = ModelSource.open(model)) {
      GgufExport.write(source, gguf, DType.F32, Disk.LOCAL);
    }
    String story;
    int[] tokens;
    float[] expected;
    try (Engine engine = Engine.open(model)) {
      story = engine.generate(STORY).text();
      assertThat(story).isNotBlank();
      tokens = engine.tokenizer().encode("line 12 of", io.jishi.text.Tokenizer.Special.TEXT);
      expected = engine.logits(tokens, false)[0];
    }
    try (Engine engine = Engine.open(gguf)) {
      assertThat(engine.generate(STORY).text()).isEqualTo(story);
      assertThat(engine.tokenizer().encode("line 12 of", io.jishi.text.Tokenizer.Special.TEXT))
          .isEqualTo(tokens);
      float[] actual = engine.logits(tokens, false)[0];
      for (int i = 0; i < actual.length; i++) {
        assertThat(actual[i]).isCloseTo(expected[i], within(1e-4f));
      }
    }
  }

  @Test
  void evaluationReadsTheUsersOwnTextAndHoldsNothingOut() throws IOException {
    Files.writeString(temp.resolve("own.txt"), "line 3 of 10\n".repeat(40));
    Path recipe = RealRun.recipe(temp, "train: {steps: 2, batch: 2}\n");
    String text = Files.readString(recipe);
    Files.writeString(recipe, text.replace("evaluate: {every: 20,", "evaluate: {data: own.txt,"));
    List<Learner.Evaluation> seen = new ArrayList<>();
    RealRun.run(
        recipe,
        temp.resolve("run"),
        World.ALONE,
        new RunListener() {
          @Override
          public void evaluated(long step, Learner.Evaluation evaluation) {
            seen.add(evaluation);
          }
        });
    long own = Files.size(temp.resolve("own.txt"));
    assertThat(seen.getLast().bytes()).isBetween(own * 9 / 10, own);
    assertThat(temp.resolve("run/data/source-0/heldout")).doesNotExist();
  }

  @Test
  void aKilledRunOfTheRealTrainerGoesOnToTheBit() throws Exception {
    Path recipe = RealRun.recipe(temp, STEPS);
    Path killed = temp.resolve("killed");
    Process process =
        TrainingRunTest.fork(RealRun.class, recipe.toString(), killed.toString(), "30", "38");
    long at = 12 + new SplittableRandom().nextInt(20);
    while (process.isAlive() && TrainingRunTest.lines(killed) < at) {
      Thread.sleep(1);
    }
    assertThat(process.destroyForcibly().waitFor()).isNotZero(); // SIGKILL
    RealRun.run(recipe, killed, World.ALONE, RunListener.NONE);
    Path whole = temp.resolve("whole");
    RealRun.run(recipe, whole, World.ALONE, RunListener.NONE);
    assertThat(TrainingRunTest.trace(killed)).isEqualTo(TrainingRunTest.trace(whole));
    assertThat(losses(killed)).hasSize(40);
  }

  @Test
  void twoProcessesGiveTheLossesOfOne() throws Exception {
    Path recipe = RealRun.recipe(temp, STEPS);
    Path apart = temp.resolve("apart");
    MpiProcess.Result result =
        MpiProcess.run(2, RealRun.class, recipe.toString(), apart.toString(), "0", "0");
    assertThat(result.code()).as(result.output()).isZero();
    Path whole = temp.resolve("whole");
    RealRun.run(recipe, whole, World.ALONE, RunListener.NONE);
    List<Double> one = losses(whole);
    List<Double> two = losses(apart);
    assertThat(two).hasSameSizeAs(one);
    for (int i = 0; i < one.size(); i++) {
      assertThat(two.get(i)).isCloseTo(one.get(i), within(SUMMED_APART));
    }
  }

  @Test
  void anAdapterIsTrainedOverFloatsAndOverQuantisedWeightsAndLoads() throws IOException {
    Path recipe = RealRun.recipe(temp, STEPS);
    Path folder = temp.resolve("run");
    RealRun.run(recipe, folder, World.ALONE, RunListener.NONE);
    Path base = folder.resolve("model");
    for (String method : List.of("lora", "qlora")) {
      Files.writeString(
          temp.resolve("other.txt"), "another text of other words altogether\n".repeat(400));
      Path tune =
          Files.writeString(
              temp.resolve(method + ".yaml"),
              """
              data: other.txt
              model: {context: 32}
              finetune: {base: run/model, method: %s, rank: 4}
              train: {steps: 30, batch: 4, learning_rate: 1e-2}
              sample: {tokens: 5}
              """
                  .formatted(method));
      Path out = temp.resolve(method);
      RealRun.run(tune, out, World.ALONE, RunListener.NONE);
      assertThat(losses(out).getLast()).isLessThan(losses(out).getFirst() - 0.5);
      float[] plain = logits(base, null);
      assertThat(logits(base, out.resolve("model"))).isNotEqualTo(plain);
    }
  }

  private static float[] logits(Path model, Path adapter) {
    try (Engine engine = Engine.open(model, EngineOptions.DEFAULT.withAdapter(adapter))) {
      return engine.logits(new int[] {65, 66, 67}, false)[0];
    }
  }

  @Test
  void allWeightsCanBeTunedFurther() throws IOException {
    Path recipe = RealRun.recipe(temp, STEPS);
    Path folder = temp.resolve("run");
    RealRun.run(recipe, folder, World.ALONE, RunListener.NONE);
    Path tune =
        Files.writeString(
            temp.resolve("full.yaml"),
            """
            data: my.txt
            model: {context: 32}
            finetune: {base: run/model, method: full}
            train: {steps: 10, batch: 4, learning_rate: 1e-3}
            """);
    RealRun.run(tune, temp.resolve("full"), World.ALONE, RunListener.NONE);
    double end = losses(folder).getLast();
    assertThat(losses(temp.resolve("full")).getFirst()).isCloseTo(end, within(0.5));
  }

  @Test
  void layersThatAreComputedTwiceGiveTheSameLossesToTheBit() throws IOException {
    RealRun.run(RealRun.recipe(temp, STEPS), temp.resolve("kept"), World.ALONE, RunListener.NONE);
    String twice = STEPS.replace("}", ", activation_checkpointing: true}");
    RealRun.run(RealRun.recipe(temp, twice), temp.resolve("twice"), World.ALONE, RunListener.NONE);
    assertThat(TrainingRunTest.trace(temp.resolve("twice")))
        .isEqualTo(TrainingRunTest.trace(temp.resolve("kept")));
  }

  @Test
  void balancingIsRefusedWhereThereIsNothingToBalance() throws IOException {
    for (String key : List.of("balance", "balance_bias")) {
      Path recipe = RealRun.recipe(temp, "train: {steps: 1, " + key + ": 0.01}\n");
      assertThatThrownBy(
              () -> RealRun.run(recipe, temp.resolve(key), World.ALONE, RunListener.NONE))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("train." + key);
    }
  }

  @Test
  void binaryAndEmptyDataAreRefused() throws IOException {
    Path recipe = RealRun.recipe(temp, STEPS);
    Files.write(temp.resolve("my.txt"), new byte[] {'a', 0, 'b', (byte) 0xff});
    assertThatThrownBy(() -> RealRun.run(recipe, temp.resolve("a"), World.ALONE, RunListener.NONE))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("my.txt");
    Files.write(temp.resolve("my.txt"), new byte[0]);
    assertThatThrownBy(() -> RealRun.run(recipe, temp.resolve("b"), World.ALONE, RunListener.NONE))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("empty");
  }
}
