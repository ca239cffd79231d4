// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever guesses, each caller gets the answer that it would get without guesses. */
class SpeculationTest {
  /** A guess is made where it pays by the time that steps took: a busy machine may say no. */
  private static final int TRIES = 50;

  private static final int VOCABULARY = 250; // of every fixture at least
  private static final int CONTEXT = 250;

  /** Time stands still, so that guesses seem to cost next to nothing and are always made. */
  private static final LongSupplier NO_TIME = () -> 0;

  private static Path model(String family) {
    return Path.of("../model/src/test/resources/goldens", family);
  }

  private static EngineOptions options(int threads, Capacity capacity) {
    return EngineOptions.DEFAULT.withContext(CONTEXT).withThreads(threads).with(capacity);
  }

  private static Engine open(String family, int threads, Capacity capacity, Scripted drafter) {
    return EngineLoader.load(
        model(family),
        options(threads, capacity),
        new Speculator(Speculation.Mode.DRAFT, drafter, true, NO_TIME));
  }

  private static List<Sampling> samplings() {
    Sampling.Dry dry = new Sampling.Dry(1, 1.5f, 1, 0, List.of());
    Sampling.Penalties penalties = new Sampling.Penalties(1.2f, 0.3f, 0.2f, 20, 0, dry);
    Sampling.Shape mirostat =
        new Sampling.Shape(0, 1, 1, 0, 0, 0, null, new Sampling.Mirostat(4, 0.2f));
    Sampling.Shape xtc =
        new Sampling.Shape(0.4f, 1, 0.9f, 0, 0, 0, new Sampling.Xtc(0.5f, 0.05f), null);
    Sampling cool = new Sampling(0.6f, 20, 0.9f, 0.02f, 5L);
    return List.of(
        Sampling.GREEDY,
        cool,
        Sampling.GREEDY.with(penalties),
        cool.with(penalties).withBias(Map.of(3, 2f, 9, Float.NEGATIVE_INFINITY)),
        cool.with(mirostat),
        cool.with(xtc));
  }

  /** Some share a beginning; all kinds of sampling, limits and log-probabilities. */
  private static List<Request> requests(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] common = random.ints(100, 1, VOCABULARY).toArray();
    List<Request> all = new ArrayList<>();
    List<Sampling> samplings = samplings();
    for (int i = 0; i < samplings.size(); i++) {
      int shared = i % 3 == 0 ? 0 : common.length - random.nextInt(20);
      int[] prompt = Arrays.copyOf(common, shared + 1 + random.nextInt(40));
      for (int t = shared; t < prompt.length; t++) {
        prompt[t] = 1 + random.nextInt(VOCABULARY - 1);
      }
      all.add(
          new Request(new Prompt.Tokens(prompt), samplings.get(i), 30 + 7 * i, List.of())
              .with(new Request.Output(4, i == 1 ? 2 : -1, false))
              .with(new Request.Ending(i == 3 ? 20 : 0, Set.of(11, 12), false)));
    }
    return all;
  }

  private static List<Answer> alone(String family, List<Request> requests) {
    try (Engine engine = Engine.open(model(family), options(1, Capacity.DEFAULT))) {
      return requests.stream().map(engine::generate).toList();
    }
  }

  private static List<Answer> together(Engine engine, List<Request> requests) {
    return requests.stream().map(engine::start).toList().stream().map(Generation::result).toList();
  }

  private static void assertSame(List<Answer> actual, List<Answer> expected) {
    for (int i = 0; i < expected.size(); i++) {
      Answer a = actual.get(i);
      Answer e = expected.get(i);
      assertThat(a.tokens()).as("tokens of %d", i).isEqualTo(e.tokens());
      assertThat(a.text()).isEqualTo(e.text());
      assertThat(a.logprobs()).as("probabilities of %d, to the bit", i).isEqualTo(e.logprobs());
      assertThat(a.promptLogprobs()).isEqualTo(e.promptLogprobs());
      assertThat(a.finish()).isEqualTo(e.finish());
      assertThat(a.usage().generatedTokens()).isEqualTo(e.usage().generatedTokens());
    }
  }

  private static void assertNothingLost(Engine engine) {
    for (int i = 0; i < 2; i++) { // what is held is told behind the step in which this is done
      engine.logits(new int[] {1}, false);
    }
    EngineMetrics metrics = engine.metrics();
    assertThat(metrics.usedBlocks()).as("blocks").isEqualTo(metrics.cachedBlocks());
  }

  /** Answers with that drafter, one by one, side by side, and with little memory. */
  private static List<Usage.Guesses> check(String family, Scripted.Guess guess) {
    List<Request> requests = requests(family.hashCode());
    List<Answer> expected = alone(family, requests);
    List<Usage.Guesses> guesses = new ArrayList<>();
    List<Capacity> capacities =
        List.of(Capacity.DEFAULT, Capacity.DEFAULT, new Capacity(4, 6 * 64, 50, 23, 0));
    for (int run = 0; run < capacities.size(); run++) {
      Scripted drafter = new Scripted(guess);
      for (int i = 0; i < requests.size(); i++) {
        drafter.knows(requests.get(i), expected.get(i));
      }
      try (Engine engine = open(family, 1 + run % 2, capacities.get(run), drafter)) {
        List<Answer> answers =
            run == 0
                ? requests.stream().map(engine::generate).toList()
                : together(engine, requests);
        assertSame(answers, expected);
        assertNothingLost(engine);
        assertThat(drafter.calls).isPositive();
        guesses.add(engine.metrics().guesses());
        if (run == 2) {
          assertThat(engine.metrics().evictions() + engine.metrics().preemptions()).isPositive();
        }
        if (run == 0 && guesses.getFirst().rate() > 0.95) {
          long tokens = engine.metrics().generatedTokens();
          assertThat(engine.metrics().steps()).as("steps").isLessThan(tokens / 2);
        }
      }
      assertThat(drafter.closed).isTrue();
    }
    return guesses;
  }

  /** Dense, with windows, a mixture, latent. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gemma2", "glm4_moe", "kimi_k2"})
  void aPerfectDrafterChangesNoBitAndSavesSteps(String family) {
    List<Usage.Guesses> guesses = check(family, Scripted::perfect);
    assertThat(guesses.getFirst().rate()).isGreaterThan(0.95);
    assertThat(guesses.getFirst().accepted()).isGreaterThan(50);
    assertThat(guesses.get(2).accepted()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gpt_oss"})
  void aWrongDrafterChangesNoBit(String family) {
    List<Usage.Guesses> guesses = check(family, Scripted::wrong);
    assertThat(guesses.getFirst().computed()).isPositive();
    assertThat(guesses.getFirst().rate()).isLessThan(0.05); // by chance a 7 may come
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "glm4_moe", "kimi_k2"})
  void aHalfRightDrafterChangesNoBit(String family) {
    Usage.Guesses guesses = check(family, Scripted::half).getFirst();
    assertThat(guesses.rate()).isBetween(0.05, 0.95);
  }

  @Test
  void aHostileDrafterChangesNoBit() {
    check("qwen3", Scripted::hostile);
  }

  @Test
  void aDrafterThatFailsIsLeftOutAndNobodyPays() {
    List<Request> requests = requests(3);
    List<Answer> expected = alone("qwen3", requests);
    Scripted drafter =
        new Scripted(Scripted::perfect)
            .each(
                () -> {
                  throw new IllegalStateException("of its own making");
                });
    try (Engine engine = open("qwen3", 2, Capacity.DEFAULT, drafter)) {
      assertSame(together(engine, requests), expected);
      assertThat(drafter.calls).isEqualTo(1);
      assertThat(drafter.closed).isTrue();
      assertSame(together(engine, requests), expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "kimi_k2"})
  void lookingUpChangesNoBitAndFindsRepetition(String family) {
    List<Request> requests = new ArrayList<>(requests(5));
    int[] loop = new int[90];
    Arrays.setAll(loop, i -> 20 + i % 9);
    requests.add(new Request(new Prompt.Tokens(loop), Sampling.GREEDY, 60, List.of()));
    List<Answer> expected = alone(family, requests);
    EngineOptions options = options(2, Capacity.DEFAULT).with(Speculation.LOOKUP);
    try (Engine engine = Engine.open(model(family), options)) {
      assertSame(together(engine, requests), expected);
      for (int i = 0; i < TRIES && engine.metrics().guesses().computed() == 0; i++) {
        assertSame(together(engine, requests), expected);
      }
      assertNothingLost(engine);
      assertThat(engine.metrics().guesses().computed()).isPositive();
      assertThat(engine.info().speculation()).isEqualTo("lookup");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lfm2", "mamba2"})
  void aModelThatCannotTakeBackSaysSoAndAnswersWithoutGuesses(String family) {
    List<Request> requests = requests(8).subList(0, 3);
    List<Answer> expected = alone(family, requests);
    EngineOptions options = options(2, Capacity.DEFAULT).with(Speculation.LOOKUP);
    try (Engine engine = Engine.open(model(family), options)) {
      assertSame(together(engine, requests), expected);
      assertThat(engine.metrics().guesses()).isEqualTo(Usage.Guesses.NONE);
      assertThat(engine.info().speculation()).startsWith("off: ").contains("recurrent");
      Request first = requests.getFirst();
      Request asked = first.with(first.service().with(Speculation.Mode.LOOKUP));
      assertThatThrownBy(() -> engine.start(asked))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("recurrent");
    }
  }

  @Test
  void aRequestMayChooseForItself() {
    Request request = requests(4).getFirst();
    Answer expected = alone("qwen3", List.of(request)).getFirst();
    Scripted drafter = new Scripted(Scripted::perfect).knows(request, expected);
    Request.Service usual = request.service();
    try (Engine engine = open("qwen3", 1, Capacity.DEFAULT, drafter)) {
      Answer without = engine.generate(request.with(usual.with(Speculation.Mode.OFF)));
      assertThat(without.usage().guesses()).isEqualTo(Usage.Guesses.NONE);
      assertThat(drafter.calls).isZero();
      Answer with = engine.generate(request);
      assertThat(with.usage().guesses().accepted()).isPositive();
      assertThat(with.usage().guesses().accepted())
          .isLessThanOrEqualTo(with.usage().generatedTokens());
      assertSame(List.of(without, with), List.of(expected, expected));
    }
    try (Engine engine = Engine.open(model("qwen3"), options(1, Capacity.DEFAULT))) {
      assertThatThrownBy(() -> engine.start(request.with(usual.with(Speculation.Mode.DRAFT))))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("without a draft model");
      assertThat(engine.generate(request.with(usual.with(Speculation.Mode.LOOKUP))).tokens())
          .isEqualTo(expected.tokens());
    }
  }

  @Test
  void guessesThatTakeTooLongStop() {
    Request request =
        new Request(requests(6).getFirst().prompt(), new Sampling(1, 0, 1, 0, 1L), 200, List.of());
    Answer expected = alone("qwen3", List.of(request)).getFirst();
    int[] calls = new int[2];
    long[] nanos = {0, 1000}; // while a step takes one
    for (int i = 0; i < 2; i++) {
      AtomicLong time = new AtomicLong();
      long cost = nanos[i];
      Scripted drafter =
          new Scripted(Scripted::perfect).knows(request, expected).each(() -> time.addAndGet(cost));
      LongSupplier clock = time::get;
      Speculator speculator = new Speculator(Speculation.Mode.DRAFT, drafter, true, clock);
      try (Engine engine =
          EngineLoader.load(model("qwen3"), options(1, Capacity.DEFAULT), speculator)) {
        assertSame(List.of(engine.generate(request)), List.of(expected));
      }
      calls[i] = drafter.calls;
    }
    assertThat(expected.tokens().length).isGreaterThan(60);
    assertThat(calls[1]).isLessThan(8);
    assertThat(calls[0]).isGreaterThan(8);
  }

  @Test
  void cancellingAmidGuessesLosesNothing() {
    Request request =
        new Request(requests(6).getFirst().prompt(), Sampling.GREEDY, 200, List.of())
            .with(new Request.Ending(200, Set.of(), false));
    Answer expected = alone("qwen3", List.of(request)).getFirst();
    Scripted drafter = new Scripted(Scripted::half).knows(request, expected);
    try (Engine engine = open("qwen3", 2, Capacity.DEFAULT, drafter)) {
      for (int i = 0; i < 10; i++) {
        Generation generation = engine.start(request);
        for (int p = 0; p < i && generation.next() != null; p++) {
          assertThat(p).isLessThan(i);
        }
        generation.cancel();
        int[] tokens = generation.result().tokens();
        assertThat(tokens).isEqualTo(Arrays.copyOf(expected.tokens(), tokens.length));
      }
      assertNothingLost(engine);
      assertSame(List.of(engine.generate(request)), List.of(expected));
    }
  }

  @Test
  void severalAnswersToOnePromptAreThoseOfTheirSeeds() {
    Request request =
        new Request(requests(9).get(1).prompt(), new Sampling(1, 0, 1, 0, 40L), 40, List.of())
            .with(new Request.Ending(40, Set.of(), false));
    List<Request> seeds = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      seeds.add(Engine.choice(request, i));
    }
    List<Answer> expected = alone("qwen3", seeds);
    Scripted drafter = new Scripted(Scripted::half);
    for (int i = 0; i < 4; i++) {
      drafter.knows(seeds.get(i), expected.get(i));
    }
    try (Engine engine = open("qwen3", 2, Capacity.DEFAULT, drafter)) {
      List<Generation> started = engine.start(request, 4);
      assertSame(started.stream().map(Generation::result).toList(), expected);
      assertNothingLost(engine);
      assertThat(engine.metrics().guesses().accepted()).isPositive();
    }
  }

  @Test
  void searchesAndSeveralAnswersAreTheSameBesideGuesses() {
    Request drawn =
        new Request(
            new Prompt.Tokens(new int[] {5, 9, 2, 40}),
            new Sampling(1, 0, 1, 0, 3L),
            30,
            List.of());
    Request plain = drawn.with((Sampling) null).withMaxTokens(12);
    Search.Beams rules = new Search.Beams(3, 4, 1, Search.Beams.Early.LIKELY);
    Search.BestOf best = new Search.BestOf(2, 5);
    List<Answer> several;
    List<Answer> beams;
    List<Answer> likeliest;
    try (Engine engine = Engine.open(model("qwen3"), options(1, Capacity.DEFAULT))) {
      several = engine.start(drawn, 4).stream().map(Generation::result).toList();
      beams = engine.search(plain, rules).result();
      likeliest = engine.search(drawn, best).result();
    }
    Scripted drafter = new Scripted(Scripted::half);
    for (int i = 0; i < several.size(); i++) {
      drafter.knows(drawn, several.get(i));
    }
    for (Capacity capacity : List.of(Capacity.DEFAULT, new Capacity(3, CONTEXT, 20, 9, 0))) {
      try (Engine engine = open("qwen3", 2, capacity, drafter)) {
        List<Generation> all = engine.start(drawn, 4);
        Search.Run search = engine.search(plain, rules);
        Search.Run ranked = engine.search(drawn, best);
        assertSame(all.stream().map(Generation::result).toList(), several);
        assertSame(search.result(), beams);
        assertSame(ranked.result(), likeliest);
        assertNothingLost(engine);
        assertThat(engine.metrics().guesses().accepted()).isPositive();
      }
    }
  }
}
