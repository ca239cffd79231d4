// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.engine.Engine;
import io.jishi.engine.Message;
import io.jishi.engine.Request;
import io.jishi.model.Model;
import io.jishi.tensor.Backend;
import io.jishi.train.mpi.World;
import io.jishi.train.run.RecipeReader;
import io.jishi.train.run.RunListener;
import io.jishi.train.run.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningTest {
  private static final String TEMPLATE =
      """
      {% for m in messages %}{{ m.role }}:
      {{ m.content }}{% if m.role == 'assistant' %}<|endoftext|>{% endif %}
      {% endfor %}{% if add_generation_prompt %}assistant:
      {% endif %}\
      """;

  private static final List<String> FRUIT = List.of("apple", "pear", "plum", "fig");
  private static final List<String> ANIMALS = List.of("dog", "cow", "cat", "hen");

  @TempDir static Path shared;
  private static Path base;
  @TempDir Path temp;

  /** A model that knows next to nothing, with a template. */
  @BeforeAll
  static void makeABase() throws IOException {
    Files.writeString(
        shared.resolve("my.txt"),
        "the apple pear plum fig and the dog cow cat hen are fruit or animal\n".repeat(300));
    Path recipe =
        Files.writeString(
            shared.resolve("my.yaml"),
            """
            data: my.txt
            tokenizer: {vocabulary: 300}
            model: {width: 32, layers: 2, heads: 2, ffn: 64, context: 64}
            train: {steps: 20, batch: 4}
            sample: {tokens: 1}
            """);
    Path run = shared.resolve("run");
    Training.run(
        RecipeReader.read(recipe),
        new Training.Options(run, 1, World.ALONE, RunListener.NONE, () -> false));
    base = run.resolve("model");
    Files.writeString(base.resolve("chat_template.jinja"), TEMPLATE);
  }

  private Path examples() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      boolean fruit = i % 2 == 0;
      String word = (fruit ? FRUIT : ANIMALS).get(i / 2 % 4);
      lines.append(
          "{\"input\": \"%d %s\", \"output\": \"%s\"}\n"
              .formatted(i, word, fruit ? "fruit" : "animal"));
    }
    return Files.writeString(temp.resolve("examples.jsonl"), lines);
  }

  private TuneOptions options(String out) throws IOException {
    return TuneOptions.of(base, examples(), temp.resolve(out)).withThreads(1).with(20, 1e-2);
  }

  @Test
  void allWeightsLearnATaskAndTheFolderRuns() throws IOException {
    TuneResult result = Tuning.run(options("mine"), RunListener.NONE, () -> false);
    assertThat(result.full()).isTrue();
    assertThat(result.examples()).isEqualTo(48);
    assertThat(result.score().total()).isEqualTo(12);
    assertThat(result.score().accuracy()).as("%s", result).isGreaterThan(0.9);
    try (Engine engine = Engine.open(temp.resolve("mine"))) {
      Request ask = Request.chat(Message.user("77 hen")).withMaxTokens(9);
      assertThat(engine.generate(ask).text()).isEqualTo("animal");
    }
    try (Model model = Model.open(temp.resolve("mine"), Backend.cpu())) {
      assertThat(model.defaults().greedy()).isTrue();
    }
    assertThat(left()).containsExactlyInAnyOrder("examples.jsonl", "mine");
  }

  @Test
  void adaptersOverAGgufFileBecomeAGgufFile() throws IOException {
    Path first = temp.resolve("first.gguf");
    Tuning.run(options("first.gguf"), RunListener.NONE, () -> false);
    String turned =
        Files.readString(examples())
            .replace("\"fruit", "\"x")
            .replace("\"animal", "\"fruit")
            .replace("\"x", "\"animal");
    TuneOptions options =
        new TuneOptions(
            first,
            Files.writeString(temp.resolve("turned.jsonl"), turned),
            null,
            temp.resolve("mine.gguf"),
            TuneOptions.Method.LORA,
            20,
            2e-2,
            8,
            0.2,
            1,
            1);
    TuneResult result = Tuning.run(options, RunListener.NONE, () -> false);
    assertThat(result.full()).isFalse();
    assertThat(result.score().accuracy()).as("%s", result).isGreaterThan(0.9);
    try (Engine engine = Engine.open(temp.resolve("mine.gguf"))) {
      assertThat(engine.info().name()).isEqualTo("mine");
    }
    try (Model model = Model.open(temp.resolve("mine.gguf"), Backend.cpu())) {
      assertThat(model.defaults().greedy()).isTrue();
    }
    assertThat(left())
        .containsExactlyInAnyOrder("first.gguf", "examples.jsonl", "turned.jsonl", "mine.gguf");
  }

  @Test
  void aStoppedRunLeavesNothing() throws IOException {
    TuneResult result = Tuning.run(options("mine"), RunListener.NONE, () -> true);
    assertThat(result.out()).isNull();
    assertThat(result.score()).isNull();
    assertThat(left()).containsExactly("examples.jsonl");
  }

  @Test
  void badInputIsToldBeforeAnythingIsLearned() throws IOException {
    TuneOptions good = options("mine");
    Path there = Files.createDirectory(temp.resolve("there"));
    refused(
        TuneOptions.of(base, good.data(), there), JishiException.BadFile.class, "exists already");
    refused(
        TuneOptions.of(temp.resolve("no.gguf"), good.data(), good.out()),
        JishiException.BadFile.class,
        "no.gguf",
        "no such file");
    Path long1 = Files.writeString(temp.resolve("long.jsonl"), longLine() + "\n");
    Files.writeString(long1, Files.readString(good.data()) + longLine());
    refused(
        TuneOptions.of(base, long1, good.out()).with(1, 0),
        JishiException.BadRequest.class,
        "long.jsonl line 61",
        "tokens long");
    Path bare = temp.resolve("bare");
    copyWithoutTemplate(bare);
    refused(
        TuneOptions.of(bare, good.data(), good.out()),
        JishiException.BadRequest.class,
        "no chat template");
    assertThat(good.out()).doesNotExist();
  }

  private static String longLine() {
    return "{\"input\": \"" + "xyzzy ".repeat(100) + "\", \"output\": \"a\"}";
  }

  private static void copyWithoutTemplate(Path to) throws IOException {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(base)) {
      for (Path file : files.filter(f -> !f.endsWith("chat_template.jinja")).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static void refused(
      TuneOptions options, Class<? extends JishiException> type, String... words) {
    assertThatThrownBy(() -> Tuning.run(options, RunListener.NONE, () -> false))
        .isInstanceOf(type)
        .hasMessageContainingAll(words);
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(temp)) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }
}
