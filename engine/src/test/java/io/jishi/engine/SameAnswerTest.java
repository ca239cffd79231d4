// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whoever is beside it, however its prompt is cut, whatever comes from the cache, with whatever
 * number of threads: each caller gets the same tokens and, to the bit, the same probabilities.
 */
class SameAnswerTest {
  private static final int VOCABULARY = 250; // of every fixture at least
  private static final int CONTEXT = 250;

  private static Path model(String family) {
    return Path.of("../model/src/test/resources/goldens", family);
  }

  private static Engine open(String family, int threads, Capacity capacity) {
    return Engine.open(
        model(family),
        EngineOptions.DEFAULT.withContext(CONTEXT).withThreads(threads).with(capacity));
  }

  /** Some that share a long beginning and some that do not, greedy and sampled. */
  private static List<Request> requests(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] common = random.ints(140, 1, VOCABULARY).toArray();
    List<Request> all = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      int shared = i % 3 == 0 ? 0 : common.length - random.nextInt(20);
      int own = 1 + random.nextInt(40);
      int[] prompt = Arrays.copyOf(common, shared + own);
      for (int t = shared; t < prompt.length; t++) {
        prompt[t] = 1 + random.nextInt(VOCABULARY - 1);
      }
      Sampling sampling = i % 2 == 0 ? Sampling.GREEDY : new Sampling(1, 0, 0.95f, 0, (long) i);
      int scores = i == 5 ? 2 : -1;
      all.add(
          new Request(new Prompt.Tokens(prompt), sampling, 12 + 3 * i, List.of())
              .with(new Request.Output(5, scores, false)));
    }
    return all;
  }

  private static List<Answer> answers(Engine engine, List<Request> requests) {
    List<Generation> started = requests.stream().map(engine::start).toList();
    return started.stream().map(Generation::result).toList();
  }

  private static void assertSame(List<Answer> actual, List<Answer> expected, String how) {
    for (int i = 0; i < expected.size(); i++) {
      Answer a = actual.get(i);
      Answer e = expected.get(i);
      assertThat(a.tokens()).as("%s: tokens of %d", how, i).isEqualTo(e.tokens());
      assertThat(a.logprobs()).as("%s: probabilities of %d", how, i).isEqualTo(e.logprobs());
      assertThat(a.promptLogprobs()).as("%s: prompt of %d", how, i).isEqualTo(e.promptLogprobs());
      assertThat(a.finish()).as(how).isEqualTo(e.finish());
    }
  }

  /** Dense, with windows, a mixture, latent, a hybrid, a recurrent one, and sinks. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "gemma2", "glm4_moe", "kimi_k2", "lfm2", "mamba2", "gpt_oss"})
  void neighboursCutsThreadsAndTheCacheChangeNoBit(String family) {
    List<Request> requests = requests(family.hashCode());
    List<Answer> alone = new ArrayList<>();
    for (Request request : requests) {
      try (Engine engine = open(family, 1, Capacity.DEFAULT)) {
        alone.add(engine.generate(request));
      }
    }
    Capacity small = new Capacity(5, 7 * 64, 50, 23, 0);
    try (Engine engine = open(family, 2, small)) {
      assertSame(answers(engine, requests), alone, "little memory");
      assertSame(answers(engine, requests), alone, "little memory, again");
      assertThat(engine.metrics().evictions()).isPositive();
    }
    try (Engine engine = open(family, 2, Capacity.DEFAULT)) {
      assertSame(answers(engine, requests), alone, "side by side");
      assertThat(engine.metrics().meanBatch()).isGreaterThan(2);
      List<Answer> again = answers(engine, requests);
      assertSame(again, alone, "from the cache");
      assertThat(again.get(1).usage().cachedTokens()).isGreaterThanOrEqualTo(128);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "Q8_0"})
  void soItIsWithEveryTypeOfCache(DType type) {
    List<Request> requests = requests(7);
    List<Answer> alone = new ArrayList<>();
    EngineOptions options = EngineOptions.DEFAULT.withContext(CONTEXT).withCache(type);
    for (Request request : requests) {
      try (Engine engine = Engine.open(model("qwen3"), options.withThreads(1))) {
        alone.add(engine.generate(request));
      }
    }
    try (Engine engine =
        Engine.open(model("qwen3"), options.with(new Capacity(5, 7 * 64, 50, 23, 0)))) {
      assertSame(answers(engine, requests), alone, "side by side");
      assertSame(answers(engine, requests), alone, "from the cache");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "kimi_k2", "lfm2", "mamba2"})
  void severalAnswersToOnePromptAreThoseOfTheirSeeds(String family) {
    int[] prompt = new SplittableRandom(3).ints(150, 1, VOCABULARY).toArray();
    Request request =
        new Request(new Prompt.Tokens(prompt), new Sampling(1, 0, 1, 0, 40L), 30, List.of())
            .with(new Request.Output(3, -1, false));
    List<Answer> alone = new ArrayList<>();
    for (long seed = 40; seed < 44; seed++) {
      try (Engine engine = open(family, 1, Capacity.DEFAULT)) {
        alone.add(engine.generate(request.with(request.sampling().withSeed(seed))));
      }
    }
    assertThat(alone.get(0).tokens()).isNotEqualTo(alone.get(1).tokens());
    try (Engine engine = open(family, 2, Capacity.DEFAULT)) {
      List<Answer> several = engine.start(request, 4).stream().map(Generation::result).toList();
      assertSame(several, alone, "several");
      assertThat(several.get(3).usage().cachedTokens()).as("one prefill").isEqualTo(150);
      EngineMetrics metrics = engine.metrics();
      assertThat(metrics.stepTokens()).isLessThan(150 + 4 * 30);
    }
    try (Engine engine = open(family, 2, Capacity.DEFAULT.withSequences(2))) {
      List<Answer> several = engine.start(request, 4).stream().map(Generation::result).toList();
      assertSame(several, alone, "more than fit side by side");
    }
  }
}
