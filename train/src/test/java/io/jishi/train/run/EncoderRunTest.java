// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.engine.embed.Classifier;
import io.jishi.engine.embed.EmbedderOptions;
import io.jishi.model.LayerObserver;
import io.jishi.model.Model;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.text.Tokenizer;
import io.jishi.train.mpi.World;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Encoders from recipes: masked tokens, classes and numbers. */
class EncoderRunTest {
  private static final List<String> ANIMALS = List.of("cat", "dog", "cow", "hen");
  private static final List<String> FRUITS = List.of("plum", "pear", "fig", "lime");
  private static final List<String> FILLER = List.of("the", "a", "big", "old", "red", "more");

  /** Loss of the first step of a head of zeros: single precision's logits, double sums. */
  private static final double EXACT = 1e-6;

  private static final String RECIPE =
      """
      data: %s
      model: {context: 16}
      finetune: {base: base, %s}
      train: {steps: %d, batch: 8, micro_batch: 4, learning_rate: 3e-3, schedule: linear}
      evaluate: {every: 10, held_out: 0.2}
      checkpoint: {every: 10}
      """;

  @TempDir static Path temp;

  @BeforeAll
  static void aBaseAndData() throws IOException {
    List<String> words = new ArrayList<>(ANIMALS);
    words.addAll(FRUITS);
    words.addAll(FILLER);
    RandomBase.write(temp.resolve("base"), RandomBase.BERT, words);
    RandomBase.write(temp.resolve("mixture"), RandomBase.MIXTRAL, words);
    Random random = new Random(1);
    StringBuilder classes = new StringBuilder();
    StringBuilder numbers = new StringBuilder();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 240; i++) {
      boolean animal = random.nextBoolean();
      String thing = some(animal ? ANIMALS : FRUITS, random);
      String line = some(FILLER, random) + " " + thing + " " + some(FILLER, random);
      classes.append(line(line, animal ? "\"animal\"" : "\"fruit\""));
      int more = random.nextInt(4);
      numbers.append(line(("more ".repeat(more) + "old " + thing).strip(), more / 2.0 + ""));
      for (int j = 0; j < 4; j++) { // what stands behind a thing follows from it
        int which = random.nextInt(4);
        text.append(ANIMALS.get(which)).append(' ').append(FRUITS.get(which)).append(' ');
      }
      text.append('\n');
    }
    Files.writeString(temp.resolve("classes.jsonl"), classes);
    Files.writeString(temp.resolve("numbers.jsonl"), numbers);
    Files.writeString(temp.resolve("text.txt"), text);
  }

  private static String some(List<String> words, Random random) {
    return words.get(random.nextInt(words.size()));
  }

  private static String line(String text, String label) {
    return "{\"text\": \"%s\", \"label\": %s}\n".formatted(text, label);
  }

  private static Recipe recipe(String data, String tuning, int steps) {
    return RecipeReader.parse("r.yaml", "r", temp, RECIPE.formatted(data, tuning, steps));
  }

  private static Path run(String name, Recipe recipe, int stopAfter) {
    Path folder = temp.resolve(name);
    AtomicInteger steps = new AtomicInteger();
    Training.run(
        recipe,
        new Training.Options(
            folder, 1, World.ALONE, RunListener.NONE, () -> steps.incrementAndGet() == stopAfter));
    return folder;
  }

  private static List<Double> values(Path run, String field) throws IOException {
    List<Double> values = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonObject.of("metrics", Json.parse("metrics", line)).number(field).ifPresent(values::add);
    }
    return values;
  }

  /** The head's results on a text, from what the run has written. */
  private static double[] asked(Path run, String text) throws IOException {
    JsonObject json = Json.parseObject(run.resolve("model/head.json"));
    assertThat(json.text("pooling")).hasValue("first");
    try (Model model = Model.open(run.resolve("model"), Backend.cpu());
        SafetensorsFile head = SafetensorsFile.open(run.resolve("model/head.safetensors"));
        Ops ops = Backend.cpu().ops(1)) {
      Tokenizer tokenizer = model.tokenizer();
      int[] tokens = tokenizer.frame(tokenizer.encode(text, Tokenizer.Special.TEXT));
      Batch batch = new Batch();
      batch.addSpan(tokens, 0, tokens.length, tokens.length);
      float[] state =
          model.decoder().hidden(ops, batch, Precision.EXACT, LayerObserver.NONE).row(0);
      MemorySegment weight = head.tensors().get("head.weight").data();
      MemorySegment bias = head.tensors().get("head.bias").data();
      double[] y = new double[(int) (bias.byteSize() / Float.BYTES)];
      for (int o = 0; o < y.length; o++) {
        y[o] = at(bias, o);
        for (int i = 0; i < state.length; i++) {
          y[o] += state[i] * (double) at(weight, o * state.length + i);
        }
      }
      return y;
    }
  }

  private static float at(MemorySegment floats, int index) {
    return floats.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, index);
  }

  @Test
  void classesAreLearnedAndTheHeadStandsBesideTheModel() throws IOException {
    Path run = run("classes", recipe("classes.jsonl", "objective: classify", 60), 0);
    assertThat(values(run, "loss").getFirst()).isCloseTo(Math.log(2), within(EXACT));
    assertThat(values(run, "right").getLast()).isEqualTo(1);
    assertThat(values(run, "bitsPerText").getLast()).isLessThan(0.3);
    assertThat(Json.parseObject(run.resolve("model/head.json")).array("classes").orElseThrow())
        .isEqualTo(List.of("animal", "fruit"));
    double[] animal = asked(run, "the dog old");
    double[] fruit = asked(run, "a fig red");
    assertThat(animal[0]).isGreaterThan(animal[1]);
    assertThat(fruit[1]).isGreaterThan(fruit[0]);
    EmbedderOptions exact = EmbedderOptions.DEFAULT.with(Precision.EXACT);
    try (Classifier classifier = Classifier.open(run.resolve("model"), exact)) {
      List<Classifier.Verdict> verdicts = classifier.classify(List.of("the dog old", "a fig red"));
      assertThat(verdicts.get(0).label()).isEqualTo("animal");
      assertThat(verdicts.get(1).label()).isEqualTo("fruit");
      double share = 1 / (1 + Math.exp(animal[1] - animal[0]));
      assertThat(verdicts.get(0).value()).isCloseTo(share, within(EXACT));
      assertThat(verdicts.get(0).probabilities().keySet()).containsExactly("animal", "fruit");
    }
  }

  @Test
  void anAdapterLearnsClassesBesideAnEncoderAndItsHeadIsAskedWithIt() throws IOException {
    String tuning = "objective: classify, method: lora, rank: 8, alpha: 64";
    Path run = run("adapted", recipe("classes.jsonl", tuning, 120), 0);
    assertThat(values(run, "right").getLast()).isGreaterThan(0.9);
    assertThat(run.resolve("model/adapter_config.json")).exists();
    try (Classifier classifier = Classifier.open(run.resolve("model"))) {
      List<Classifier.Verdict> verdicts = classifier.classify(List.of("the dog old", "a fig red"));
      assertThat(verdicts.get(0).label()).isEqualTo("animal");
      assertThat(verdicts.get(1).label()).isEqualTo("fruit");
    }
  }

  @Test
  void aHeadThatDoesNotFitIsRefused() throws IOException {
    Path run = run("broken", recipe("classes.jsonl", "objective: classify", 2), 0);
    Path config = run.resolve("model/head.json");
    String right = Files.readString(config);
    for (String wrong :
        List.of(
            "{}",
            right.replace("\"classes\"", "\"number\""),
            right.replace("\"fruit\"", "\"fruit\", \"tree\""),
            right.replace("\"fruit\"", "\"animal\""),
            right.replace("\"first\"", "\"token\""))) {
      Files.writeString(config, wrong);
      assertThatThrownBy(() -> Classifier.open(run.resolve("model")))
          .as(wrong)
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageContaining("head.");
    }
    Files.delete(config);
    assertThatThrownBy(() -> Classifier.open(run.resolve("model")))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("jishi train");
  }

  @Test
  void numbersAreLearned() throws IOException {
    Path run = run("numbers", recipe("numbers.jsonl", "objective: regress", 80), 0);
    List<Double> held = values(run, "evaluationLoss");
    assertThat(held.getLast()).isLessThan(held.getFirst() / 3).isLessThan(0.05);
    assertThat(values(run, "right")).isEmpty();
    assertThat(asked(run, "more more more old cat")[0])
        .isGreaterThan(asked(run, "old cat")[0] + 0.75);
    EmbedderOptions exact = EmbedderOptions.DEFAULT.with(Precision.EXACT);
    try (Classifier classifier = Classifier.open(run.resolve("model"), exact)) {
      Classifier.Verdict verdict = classifier.classify(List.of("more old cat")).getFirst();
      assertThat(verdict.label()).isNull();
      assertThat(verdict.value()).isCloseTo(asked(run, "more old cat")[0], within(EXACT));
    }
  }

  @Test
  void whatWasMaskedIsLearnedAndAResumedRunIsTheSameToTheBit() throws IOException {
    Recipe recipe = recipe("text.txt", "objective: masked, masked: 0.2", 60);
    Path whole = run("masked", recipe, 0);
    List<Double> losses = values(whole, "loss");
    assertThat(losses.getLast()).isLessThan(0.75 * losses.getFirst());
    List<Double> held = values(whole, "evaluationLoss");
    assertThat(held.getLast()).isLessThan(held.getFirst());
    Path parts = run("masked-parts", recipe, 13);
    assertThat(values(parts, "loss")).hasSize(13);
    assertThat(values(run("masked-parts", recipe, 0), "loss")).isEqualTo(losses);
    try (Model model = Model.open(whole.resolve("model"), Backend.cpu())) {
      assertThat(model.decoder().output()).isNull(); // still an encoder that loads
    }
  }

  @Test
  void aHeadResumesToo() throws IOException {
    Recipe recipe = recipe("classes.jsonl", "objective: classify, pooling: mean", 16);
    Path whole = run("mean", recipe, 0);
    run("mean-parts", recipe, 7);
    assertThat(values(run("mean-parts", recipe, 0), "loss")).isEqualTo(values(whole, "loss"));
  }

  @Test
  void aMixtureTellsHowUnevenlyItsExpertsAreLoaded() throws IOException {
    String text =
        RECIPE.formatted("text.txt", "method: full", 20).replace("base: base", "base: mixture");
    Path plain = run("mixture", RecipeReader.parse("r.yaml", "r", temp, text), 0);
    List<Double> loads = values(plain, "imbalance");
    assertThat(loads).hasSameSizeAs(values(plain, "loss"));
    assertThat(loads).allSatisfy(load -> assertThat(load).isBetween(0.9, 4.0)); // 4 experts
    String balanced = text.replace("train: {", "train: {balance: 1, ");
    Path even = run("balanced", RecipeReader.parse("r.yaml", "r", temp, balanced), 0);
    assertThat(values(even, "imbalance").getFirst()).isEqualTo(loads.getFirst());
    assertThat(values(even, "imbalance").getLast()).isLessThan(loads.getLast());
    Path dense = run("dense", recipe("classes.jsonl", "objective: classify", 2), 0);
    assertThat(values(dense, "imbalance")).isEmpty();
  }

  @Test
  void masksAreNothingForAModelThatReadsOneWay() {
    String text =
        RECIPE.formatted("text.txt", "objective: masked", 2).replace("base: base", "base: mixture");
    Recipe recipe = RecipeReader.parse("r.yaml", "r", temp, text);
    assertThatThrownBy(() -> run("one-way", recipe, 0))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("masked is for encoders");
  }

  @ParameterizedTest
  @CsvSource({
    "text.txt, objective: sft, 'encoder, which says no next token'",
    "one.jsonl, objective: classify, 'one class alone'",
    "classes.jsonl, objective: regress, 'line 1: ''label'' must be a number'",
    "missing.jsonl, objective: classify, 'line 2: ''label'' is missing'",
    "text.txt, objective: classify, JSON lines",
    "empty.jsonl, objective: classify, ''"
  })
  void whatCannotBeLearnedIsRefusedWithTheReason(String data, String tuning, String message)
      throws IOException {
    Files.writeString(temp.resolve("one.jsonl"), line("the cat", "\"a\"").repeat(3));
    Files.writeString(
        temp.resolve("missing.jsonl"), line("the cat", "1") + "{\"text\": \"the dog\"}\n");
    Files.writeString(temp.resolve("empty.jsonl"), "");
    Recipe recipe = recipe(data, tuning, 2);
    Path folder = Files.createTempDirectory(temp, "refused").resolve("run");
    assertThatThrownBy(() -> run(temp.relativize(folder).toString(), recipe, 0))
        .isInstanceOf(JishiException.class)
        .hasMessageContaining(message);
    assertThat(folder.resolve("data")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "'objective: sft, pooling: mean', 'r.yaml:3: ''finetune.pooling'''",
    "'objective: classify, masked: 0.2', 'r.yaml:3: ''finetune.masked'''",
    "'objective: masked, masked: 1', 'r.yaml:3: ''finetune.masked'''",
    "objective: sort, 'masked, classify, regress'"
  })
  void aRecipesMistakeIsToldWithItsLine(String tuning, String message) {
    assertThatThrownBy(() -> recipe("text.txt", tuning, 2))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining(message);
  }
}
