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
import io.jishi.text.Tokenizer;
import io.jishi.train.mpi.MpiProcess;
import io.jishi.train.mpi.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Preferences from a recipe: "line 5 of" is better answered with a 3 than with a 9. */
class PreferenceRunTest {
  /** The margin is a difference of four logarithms in single precision, weighed by 0.1. */
  private static final double ROUNDING = 1e-5;

  /** Gradients of two halves are added in another order than those of the whole. */
  private static final double SUMMED_APART = 1e-3;

  private static final String RECIPE =
      """
      data: pairs.jsonl
      model: {context: 32}
      finetune: {base: base/model, method: %s, objective: dpo, rank: 4}
      train: {steps: 24, batch: 4, micro_batch: 2, learning_rate: 3e-3, schedule: linear}
      evaluate: {every: 12, held_out: 0.1}
      sample: {tokens: 4}
      checkpoint: {every: 6}
      """;

  @TempDir static Path temp;

  @BeforeAll
  static void aBaseModelAndPairs() throws IOException {
    Path recipe = RealRun.recipe(temp, "train: {steps: 20, batch: 4}\n");
    RealRun.run(recipe, temp.resolve("base"), World.ALONE, RunListener.NONE);
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      pairs.append(
          "{\"prompt\": \"line %d of\", \"chosen\": \" 3\", \"rejected\": \" 9 9\"}\n"
              .formatted(i));
    }
    Files.writeString(temp.resolve("pairs.jsonl"), pairs);
  }

  private static Path recipe(String method) throws IOException {
    return Files.writeString(temp.resolve("dpo-" + method + ".yaml"), RECIPE.formatted(method));
  }

  private static List<Double> values(Path run, String field) throws IOException {
    List<Double> values = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonObject.of("metrics", Json.parse("metrics", line)).number(field).ifPresent(values::add);
    }
    return values;
  }

  /** The logarithm of an answer's probability, by the engine's logits and a plain softmax. */
  private static double logProbability(Engine engine, String prompt, String answer) {
    Tokenizer tokenizer = engine.tokenizer();
    int[] before = tokenizer.encode(prompt, Tokenizer.Special.TEXT);
    int[] own = tokenizer.encode(answer, Tokenizer.Special.TEXT);
    List<Integer> all = new ArrayList<>();
    all.add(tokenizer.bos().orElseThrow());
    for (int token : before) {
      all.add(token);
    }
    int from = all.size();
    for (int token : own) {
      all.add(token);
    }
    all.add(tokenizer.eos().orElseThrow());
    float[][] logits = engine.logits(all.stream().mapToInt(t -> t).toArray(), true);
    double sum = 0;
    for (int i = from; i < all.size(); i++) {
      double total = 0;
      for (float logit : logits[i - 1]) {
        total += Math.exp(logit);
      }
      sum += logits[i - 1][all.get(i)] - Math.log(total);
    }
    return sum;
  }

  private static double preference(Engine engine) {
    return logProbability(engine, "line 5 of", " 3") - logProbability(engine, "line 5 of", " 9 9");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora", "full", "qlora"})
  void theMarginGrowsFromNothing(String method) throws IOException {
    Path run = temp.resolve(method);
    RealRun.run(recipe(method), run, World.ALONE, RunListener.NONE);
    List<Double> losses = values(run, "loss");
    // Before the first step the model is the reference: a margin of 0.
    assertThat(losses.getFirst()).isCloseTo(Math.log(2), within(ROUNDING));
    assertThat(losses.getLast()).isLessThan(0.6);
    assertThat(values(run, "right").getLast()).isEqualTo(1);
    Path base = temp.resolve("base/model");
    EngineOptions tuned =
        method.equals("full")
            ? EngineOptions.DEFAULT
            : EngineOptions.DEFAULT.withAdapter(run.resolve("model"));
    try (Engine before = Engine.open(base);
        Engine after = Engine.open(method.equals("full") ? run.resolve("model") : base, tuned)) {
      assertThat(preference(after)).isGreaterThan(preference(before) + 1);
    }
  }

  /** Each process has whole pairs; margins are of the model that both of them change. */
  @Test
  void twoProcessesGiveTheLossesOfOne() throws Exception {
    Path recipe = recipe("lora");
    Path apart = temp.resolve("apart");
    MpiProcess.Result result =
        MpiProcess.run(2, RealRun.class, recipe.toString(), apart.toString(), "0", "0");
    assertThat(result.code()).as(result.output()).isZero();
    Path whole = temp.resolve("whole");
    RealRun.run(recipe, whole, World.ALONE, RunListener.NONE);
    List<Double> one = values(whole, "loss");
    List<Double> two = values(apart, "loss");
    assertThat(two).hasSameSizeAs(one);
    for (int i = 0; i < one.size(); i++) {
      assertThat(two.get(i)).isCloseTo(one.get(i), within(SUMMED_APART));
    }
    assertThat(one.getLast()).isLessThan(one.getFirst() - 0.05);
    assertThat(values(apart, "right")).isEqualTo(values(whole, "right"));
  }

  @Test
  void theReferenceIsWhatTheEngineSaysOfTheBase() throws IOException {
    Path run = temp.resolve("reference");
    RealRun.run(recipe("full"), run, World.ALONE, RunListener.NONE);
    Path base = temp.resolve("base/model");
    double expected;
    try (Engine engine = Engine.open(base)) {
      expected = logProbability(engine, "line 5 of", " 3");
    }
    try (var file =
        io.jishi.model.safetensors.SafetensorsFile.open(run.resolve("reference.safetensors"))) {
      double nearest = Double.POSITIVE_INFINITY;
      for (var tensor : file.tensors().values()) {
        for (long i = 0; i < tensor.elements(); i += 2) {
          float chosen =
              tensor.data().getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, i);
          nearest = Math.min(nearest, Math.abs(chosen - expected));
        }
      }
      assertThat(nearest).isLessThan(1e-3);
    }
  }

  @Test
  void aRunThatWasCutOffGoesOnToTheBit() throws IOException {
    Path whole = temp.resolve("whole");
    Path cut = temp.resolve("cut");
    RealRun.run(recipe("lora"), whole, World.ALONE, RunListener.NONE);
    AtomicInteger left = new AtomicInteger(9);
    Training.run(
        RecipeReader.read(recipe("lora")),
        new Training.Options(
            cut, 1, World.ALONE, RunListener.NONE, () -> left.decrementAndGet() == 0));
    RealRun.run(recipe("lora"), cut, World.ALONE, RunListener.NONE);
    assertThat(TrainingRunTest.trace(cut)).isEqualTo(TrainingRunTest.trace(whole));
  }

  @Test
  void badPairsAreRefusedByTheirLine() throws IOException {
    String good = "{\"prompt\": \"a\", \"chosen\": \"b\", \"rejected\": \"c\"}\n";
    for (String[] bad :
        new String[][] {
          {"{\"prompt\": \"a\", \"chosen\": \"b\"}", "has no 'rejected'"},
          {"{\"prompt\": \"a\", \"chosen\": \"\", \"rejected\": \"c\"}", "empty answer"},
          {"{\"prompt\": \"a\", \"chosen\": ", "line 2"},
          {"{\"chosen\": [{\"role\": \"user\", \"content\": \"x\"}], \"rejected\": []}", "template"}
        }) {
      Path file = Files.writeString(temp.resolve("bad.jsonl"), good + bad[0] + "\n");
      Path recipe =
          Files.writeString(
              temp.resolve("bad.yaml"), RECIPE.formatted("lora").replace("pairs", "bad"));
      assertThatThrownBy(
              () -> RealRun.run(recipe, temp.resolve("bad"), World.ALONE, RunListener.NONE))
          .as(bad[0])
          .isInstanceOf(JishiException.class)
          .hasMessageContaining(bad[1])
          .hasMessageContaining(file.getFileName() + " line 2");
    }
  }

  @Test
  void pairsThatDoNotFitAreLeftOutAndSaid() throws IOException {
    String answer = "\"%s\"".formatted("x".repeat(200));
    Path file = temp.resolve("long.jsonl");
    Files.writeString(
        file,
        Files.readString(temp.resolve("pairs.jsonl"))
            + "{\"prompt\": \"a\", \"chosen\": %1$s, \"rejected\": %1$s}\n".formatted(answer));
    Path recipe =
        Files.writeString(
            temp.resolve("long.yaml"),
            RECIPE.formatted("lora").replace("pairs", "long").replace("steps: 24", "steps: 2"));
    List<String> notes = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public void note(String text) {
            notes.add(text);
          }
        };
    RealRun.run(recipe, temp.resolve("long"), World.ALONE, listener);
    assertThat(notes).anyMatch(n -> n.contains("1 pairs are left out"));
  }

  @Test
  void anOddBatchAndDataOfAnotherKindAreRefused() throws IOException {
    for (String[] wrong :
        new String[][] {
          {"batch: 4", "batch: 5", "micro_batch: 2", "micro_batch: 5", "even"},
          {
            "data: pairs.jsonl",
            "data: [{path: pairs.jsonl, format: jsonl}]",
            "",
            "",
            "'preference'"
          },
          {
            "objective: dpo",
            "objective: sft",
            "pairs.jsonl",
            "[{path: pairs.jsonl, format: preference}]",
            "dpo"
          }
        }) {
      String text = RECIPE.formatted("lora").replace(wrong[0], wrong[1]);
      String more = wrong[2].isEmpty() ? text : text.replace(wrong[2], wrong[3]);
      assertThatThrownBy(() -> RecipeReader.parse("r", "r", temp, more))
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageContaining(wrong[4]);
    }
  }
}
