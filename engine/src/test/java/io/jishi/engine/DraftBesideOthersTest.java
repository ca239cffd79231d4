// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufWriter;
import io.jishi.model.export.OutputTensor;
import io.jishi.tensor.DType;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A draft model beside several answers, forms, adapters and searches, all at once. */
class DraftBesideOthersTest {
  /** A guess is made where it pays by the time that steps took: a busy machine may say no. */
  private static final int TRIES = 50;

  private static final int RANK = 2;
  private static final int WIDTH = 64;

  private static final Constraint FORM =
      new Constraint.JsonSchema(
          "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\"}},"
              + "\"required\":[\"a\",\"n\"],\"additionalProperties\":false}");

  @TempDir static Path temp;
  static Path file;
  static Path adapter;

  @BeforeAll
  static void write() {
    file = temp.resolve("tiny.gguf");
    RandomModel.write(file, RandomModel.Shape.tiny(BlockType.Q8_0));
    RandomModel.write(
        temp.resolve("small.gguf"),
        new RandomModel.Shape(1, WIDTH, 128, 4, 2, 320, 256, BlockType.Q8_0, 9));
    adapter = temp.resolve("adapter.gguf");
    SplittableRandom random = new SplittableRandom(4);
    List<OutputTensor> tensors = new ArrayList<>();
    for (String name : List.of("blk.0.attn_q.weight", "blk.1.attn_output.weight")) {
      tensors.add(tensor(name + ".lora_a", RANK, WIDTH, random));
      tensors.add(tensor(name + ".lora_b", WIDTH, RANK, random));
    }
    GgufWriter writer =
        new GgufWriter(tensors)
            .put("general.architecture", "llama")
            .put("general.type", "adapter")
            .put("adapter.type", "lora")
            .put("adapter.lora.alpha", 8f);
    AtomicFiles.create(adapter, Disk.LOCAL, writer);
  }

  private static OutputTensor tensor(String name, int rows, int cols, SplittableRandom random) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-0.4, 0.4);
    }
    return new OutputTensor(
        name,
        DType.F32,
        List.of((long) rows, (long) cols),
        (row, out) -> System.arraycopy(values, (int) row * cols, out, 0, cols));
  }

  private static Request ask(Sampling sampling, Constraint form, boolean adapted) {
    Request request =
        new Request(new Prompt.Tokens(new int[] {1, 70, 80, 90}), sampling, 40, List.of())
            .with(new Request.Ending(form == null ? 40 : 0, Set.of(), form != null));
    request = form == null ? request : request.with(form);
    return adapted ? request.with(new Request.Adapted("own", 1)) : request;
  }

  /** All answers of one engine, asked for together. */
  private static List<Answer> answers(Engine engine) {
    engine.addAdapter("own", adapter);
    List<Generation> running = new ArrayList<>();
    List<Search.Run> searches = new ArrayList<>();
    for (boolean adapted : new boolean[] {false, true}) {
      for (Constraint form : new Constraint[] {null, FORM}) {
        running.add(engine.start(ask(Sampling.GREEDY, form, adapted)));
        Request drawn = ask(new Sampling(0.8f, 0, 1, 0, 11L), form, adapted);
        running.addAll(engine.start(drawn, 3));
        Request plain = ask(null, form, adapted);
        searches.add(engine.search(plain, new Search.Beams(2, 3, 1, Search.Beams.Early.LIKELY)));
        searches.add(engine.search(drawn, new Search.BestOf(1, 3)));
      }
    }
    List<Answer> answers = new ArrayList<>();
    running.forEach(one -> answers.add(one.result()));
    searches.forEach(search -> answers.addAll(search.result()));
    return answers;
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny.gguf", "small.gguf"})
  void guessesOfADraftModelChangeNoAnswerOfAnyKind(String draft) {
    List<Answer> expected;
    try (Engine engine = Engine.open(file)) {
      expected = answers(engine);
    }
    EngineOptions options = EngineOptions.DEFAULT.with(Speculation.draft(temp.resolve(draft)));
    try (Engine engine = Engine.open(file, options)) {
      List<Answer> actual = answers(engine);
      assertThat(actual).hasSameSizeAs(expected);
      for (int i = 0; i < actual.size(); i++) {
        assertThat(actual.get(i).tokens()).as("answer " + i).isEqualTo(expected.get(i).tokens());
        assertThat(actual.get(i).text()).isEqualTo(expected.get(i).text());
        assertThat(actual.get(i).finish()).isEqualTo(expected.get(i).finish());
      }
      // With an adapter the draft model guesses for the base: less well, and it is counted.
      for (boolean adapted : new boolean[] {false, true}) {
        long computed = 0;
        for (int t = 0; t < TRIES && computed == 0; t++) {
          Answer answer = engine.generate(ask(Sampling.GREEDY, null, adapted));
          computed = answer.usage().guesses().computed();
        }
        assertThat(computed).as("" + adapted).isPositive();
      }
      assertThat(engine.metrics().guesses().computed()).isPositive();
    }
  }

  @Test
  void whoAsksForGuessesOfBeamsIsToldThatThereAreNone() {
    EngineOptions options = EngineOptions.DEFAULT.with(Speculation.draft(file));
    Request plain = ask(null, null, false);
    Search.Beams rules = new Search.Beams(1, 2, 1, Search.Beams.Early.LIKELY);
    try (Engine engine = Engine.open(file, options)) {
      Request asked = plain.with(plain.service().with(Speculation.Mode.DRAFT));
      assertThatThrownBy(() -> engine.search(asked, rules))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("beams draw nothing");
      Answer usual = engine.search(plain, rules).result().getFirst();
      assertThat(usual.usage().guesses()).isEqualTo(Usage.Guesses.NONE);
    }
  }
}
