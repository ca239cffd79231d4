// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.engine.speculate.Draft;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guesses of texts that have a form, an end, a distribution; and guesses of a small model. */
class SpeculationFormTest {
  private static final LongSupplier NO_TIME = () -> 0;

  /**
   * Of chi-square with 26 degrees of freedom a value above 71 has a probability of less than 1e-5:
   * the sum of squares grows by thousands where a guess is preferred.
   */
  private static final double CHI_SQUARE_26 = 71;

  /** Callers side by side. */
  private static final int GROUP = 8;

  @TempDir static Path temp;
  static Path file;

  @BeforeAll
  static void write() {
    file = temp.resolve("tiny.gguf");
    RandomModel.write(file, RandomModel.Shape.tiny(BlockType.Q8_0));
  }

  private static Engine open(Path model, Scripted drafter) {
    Speculator speculator = new Speculator(Speculation.Mode.DRAFT, drafter, true, NO_TIME);
    return EngineLoader.load(model, EngineOptions.DEFAULT, speculator);
  }

  private static Request ask(long seed) {
    int[] prompt = {1, 70, 80, 90};
    return new Request(new Prompt.Tokens(prompt), new Sampling(1.5f, 0, 1, 0, seed), 80, List.of());
  }

  private static List<Answer> alone(List<Request> requests) {
    try (Engine engine = Engine.open(file)) {
      return requests.stream().map(engine::generate).toList();
    }
  }

  private static Scripted knowing(
      List<Request> requests, List<Answer> answers, Scripted.Guess how) {
    Scripted drafter = new Scripted(how);
    for (int i = 0; i < requests.size(); i++) {
      drafter.knows(requests.get(i), answers.get(i));
    }
    return drafter;
  }

  private static EngineMetrics assertSame(
      List<Request> requests, List<Answer> expected, Scripted.Guess how) {
    try (Engine engine = open(file, knowing(requests, expected, how))) {
      List<Generation> all = requests.stream().map(engine::start).toList();
      for (int i = 0; i < all.size(); i++) {
        Answer answer = all.get(i).result();
        assertThat(answer.text()).isEqualTo(expected.get(i).text());
        assertThat(answer.tokens()).isEqualTo(expected.get(i).tokens());
        assertThat(answer.finish()).isEqualTo(expected.get(i).finish());
      }
      return engine.metrics();
    }
  }

  @Test
  void formsAreKeptAndNothingElseChanges() {
    String schema =
        "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"},"
            + "\"t\":{\"type\":\"string\",\"maxLength\":20}},"
            + "\"required\":[\"n\",\"t\"],\"additionalProperties\":false}";
    List<Constraint> forms =
        List.of(
            new Constraint.JsonSchema(schema),
            new Constraint.Regex("[0-9]{12}-[a-f]+!"),
            new Constraint.Choice(List.of("nothing of it", "nothing at all")),
            new Constraint.After("e", new Constraint.Regex("<[0-9]{9}>")));
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Request.Ending ending = new Request.Ending(0, Set.of(), i % 2 == 0);
      requests.add(ask(i).with(forms.get(i % forms.size())).with(ending));
    }
    List<Answer> expected = alone(requests);
    assertThat(assertSame(requests, expected, Scripted::perfect).guesses().accepted())
        .isGreaterThan(50);
    assertSame(requests, expected, Scripted::half);
  }

  @Test
  void whatTheFormForbidsIsCutBeforeItIsComputed() {
    Request digits = ask(1).with(new Constraint.Regex("[0-9]{40}"));
    List<Answer> expected = alone(List.of(digits));
    // Byte tokens stand behind three special ones: 'x' is no digit.
    Scripted.Guess letters =
        (draft, right) -> {
          draft.put(3 + 'x');
          draft.put(right.length == 0 ? 3 : right[0]);
        };
    EngineMetrics metrics = assertSame(List.of(digits), expected, letters);
    assertThat(metrics.guesses()).isEqualTo(Usage.Guesses.NONE);
  }

  @Test
  void aStopTextAmidGuessesThatCameTrueEndsTheAnswerThere() {
    Request free = ask(3).with(Sampling.GREEDY);
    String whole = alone(List.of(free)).getFirst().text();
    List<Request> requests = new ArrayList<>();
    for (int at = 4; at + 3 < Math.min(40, whole.length()); at += 5) {
      requests.add(free.withStop(List.of(whole.substring(at, at + 3))));
    }
    assertThat(requests).hasSizeGreaterThan(3);
    List<Answer> expected = alone(requests);
    assertThat(expected).anyMatch(a -> a.finish() == Answer.Finish.STOP);
    // It knows the whole text, beyond the stop.
    List<Answer> beyond = alone(List.of(free));
    Scripted drafter = new Scripted(Scripted::perfect).knows(free, beyond.getFirst());
    try (Engine engine = open(file, drafter)) {
      for (int i = 0; i < requests.size(); i++) {
        Answer answer = engine.generate(requests.get(i));
        assertThat(answer.text()).isEqualTo(expected.get(i).text());
        assertThat(answer.tokens()).isEqualTo(expected.get(i).tokens());
      }
      assertThat(engine.metrics().guesses().accepted()).isPositive();
    }
  }

  /** The first three tokens together, of three each: 27 cells. */
  @Test
  void sampledAnswersHaveTheDistributionOfTheModel() {
    int[] prompt = {1, 70, 80, 90};
    EngineOptions exact = EngineOptions.DEFAULT.with(Precision.EXACT).withCache(DType.F32);
    int runs = 2000;
    int[] counts = new int[27];
    double[] expected = new double[27];
    int[][] best = new int[13][]; // of each beginning the three likeliest, itself a number to 3
    // The likeliest token is guessed each time, right or not.
    Scripted drafter = new Scripted((draft, _) -> guess(draft, prompt.length, best));
    Speculator speculator = new Speculator(Speculation.Mode.DRAFT, drafter, true, NO_TIME);
    try (Engine engine = EngineLoader.load(file, exact, speculator)) {
      fill(engine, prompt, 0, 1, 0, best, expected);
      for (int run = 0; run < runs; run += GROUP) {
        List<Generation> group = new ArrayList<>();
        for (int seed = run; seed < run + GROUP; seed++) {
          Sampling sampling = new Sampling(1, 3, 1, 0, (long) seed);
          group.add(
              engine.start(
                  new Request(new Prompt.Tokens(prompt), sampling, 5, List.of())
                      .with(new Request.Ending(5, Set.of(), false))));
        }
        group.forEach(answer -> counts[cell(answer.result().tokens(), best)]++);
      }
      assertThat(engine.metrics().guesses().rate()).isBetween(0.1, 0.9);
    }
    double square = 0;
    for (int i = 0; i < 27; i++) {
      double difference = counts[i] - runs * expected[i];
      square += difference * difference / (runs * expected[i]);
    }
    assertThat(square).isLessThan(CHI_SQUARE_26);
  }

  private static int cell(int[] tokens, int[][] best) {
    int cell = 0;
    int node = 0;
    for (int depth = 0; depth < 3; depth++) {
      int choice = choice(best[node], tokens[depth]);
      cell = 3 * cell + choice;
      node = 3 * node + 1 + choice;
    }
    return cell;
  }

  private static void guess(Draft draft, int prompt, int[][] best) {
    int node = 0;
    for (int i = prompt; i < draft.length(); i++) {
      node = node >= 4 ? 99 : 3 * node + 1 + choice(best[node], draft.history()[i]);
    }
    while (node < 13 && draft.put(best[node][0])) {
      node = 3 * node + 1;
    }
  }

  private static int choice(int[] three, int token) {
    for (int i = 0; i < 3; i++) {
      if (three[i] == token) {
        return i;
      }
    }
    throw new AssertionError(token + " is none of " + Arrays.toString(three));
  }

  /** Nodes of a tree of three branches: its root is 0, the children of n are 3n + 1 to 3n + 3. */
  private static void fill(
      Engine engine,
      int[] text,
      int node,
      double chance,
      int cell,
      int[][] best,
      double[] expected) {
    float[] logits = engine.logits(text, false)[0];
    Integer[] order = new Integer[logits.length];
    Arrays.setAll(order, i -> i);
    logits[2] = Float.NEGATIVE_INFINITY; // the end comes after five tokens at the earliest
    Arrays.sort(order, (a, b) -> Float.compare(logits[b], logits[a]));
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      sum += Math.exp(logits[order[i]] - logits[order[0]]);
    }
    best[node] = new int[] {order[0], order[1], order[2]};
    for (int i = 0; i < 3; i++) {
      double share = chance * Math.exp(logits[order[i]] - logits[order[0]]) / sum;
      if (node >= 4) {
        expected[3 * cell + i] = share;
      } else {
        int[] longer = Arrays.copyOf(text, text.length + 1);
        longer[text.length] = order[i];
        fill(engine, longer, 3 * node + 1 + i, share, 3 * cell + i, best, expected);
      }
    }
  }

  private static Path written(String name, RandomModel.Shape shape) {
    Path path = temp.resolve(name);
    RandomModel.write(path, shape);
    return path;
  }

  private static RandomModel.Shape shape(int layers, int vocabulary, long seed) {
    return new RandomModel.Shape(layers, 64, 128, 4, 2, vocabulary, 256, BlockType.Q8_0, seed);
  }

  @Test
  void aDraftModelGuessesForManyAndChangesNothing() {
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      int[] prompt = new int[60 + 17 * (i / 2)];
      int of = i;
      Arrays.setAll(prompt, t -> t == 0 ? 1 : 60 + (t * 7 + (t > 50 ? of : 0)) % 200);
      Sampling sampling = i % 2 == 0 ? Sampling.GREEDY : new Sampling(0.7f, 0, 1, 0, (long) i);
      requests.add(new Request(new Prompt.Tokens(prompt), sampling, 50, List.of()));
    }
    List<Answer> expected = alone(requests);
    double[] rates = new double[2];
    Path[] drafts = {file, written("other.gguf", shape(1, 320, 9))};
    for (int d = 0; d < 2; d++) {
      EngineOptions options = EngineOptions.DEFAULT.with(Speculation.draft(drafts[d]));
      try (Engine engine = Engine.open(file, options)) {
        long computed = 0;
        long accepted = 0;
        for (int i = 0; i < requests.size(); i++) {
          Answer answer = engine.generate(requests.get(i));
          assertThat(answer.tokens()).isEqualTo(expected.get(i).tokens());
          computed += i % 2 == 0 ? answer.usage().guesses().computed() : 0;
          accepted += i % 2 == 0 ? answer.usage().guesses().accepted() : 0;
        }
        List<Generation> all = requests.stream().map(engine::start).toList();
        for (int i = 0; i < all.size(); i++) {
          assertThat(all.get(i).result().tokens()).isEqualTo(expected.get(i).tokens());
        }
        assertThat(engine.info().speculation()).contains(drafts[d].getFileName().toString());
        rates[d] = new Usage.Guesses(computed, accepted).rate();
      }
    }
    // Greedy guesses of the same model are right where the answer is greedy.
    assertThat(rates[0]).isGreaterThan(0.9);
    assertThat(rates[1]).isLessThan(0.5);
  }

  @Test
  void aLongPromptIsReadBitByBitAndGuessedForLater() {
    int[] prompt = new int[200];
    Arrays.setAll(prompt, t -> t == 0 ? 1 : 60 + t * 13 % 200);
    Request request =
        new Request(new Prompt.Tokens(prompt), Sampling.GREEDY, 40, List.of())
            .with(new Request.Ending(40, Set.of(), false));
    Answer expected = alone(List.of(request)).getFirst();
    EngineOptions options =
        EngineOptions.DEFAULT
            .with(Speculation.draft(file))
            .with(Capacity.DEFAULT.withChunks(40, 8)); // a few guesses a step
    try (Engine engine = Engine.open(file, options)) {
      Answer answer = engine.generate(request);
      assertThat(answer.tokens()).isEqualTo(expected.tokens());
      assertThat(answer.usage().guesses().accepted()).isPositive();
    }
  }

  @Test
  void aDraftModelOfAnotherVocabularyIsRefused() {
    Path larger = written("larger.gguf", shape(1, 5000, 3));
    assertRefused(larger, "5000 tokens");
    assertRefused(Path.of("../model/src/test/resources/goldens/mistral"), "token ");
    Path mamba = Path.of("../model/src/test/resources/goldens/mamba2");
    assertThatThrownBy(
            () -> Engine.open(file, EngineOptions.DEFAULT.with(Speculation.draft(mamba))))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("cannot draft");
  }

  private static void assertRefused(Path draft, String why) {
    assertThatThrownBy(
            () -> Engine.open(file, EngineOptions.DEFAULT.with(Speculation.draft(draft))))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("must have the vocabulary of the model")
        .hasMessageContaining(why);
  }

  @Test
  void aModelThatIsPaddedOtherwiseMayDraft() {
    Path padded = written("padded.gguf", shape(1, 384, 4));
    EngineOptions options = EngineOptions.DEFAULT.with(Speculation.draft(padded));
    Request request = ask(2).with(Sampling.GREEDY);
    try (Engine engine = Engine.open(file, options)) {
      assertThat(engine.generate(request).tokens())
          .isEqualTo(alone(List.of(request)).getFirst().tokens());
    }
  }
}
