// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.tensor.Precision;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Beam search against the plainest one there is, over the raw logits of the same model. */
class BeamTest {
  static final int[] PROMPT = {7, 19, 3, 42, 5, 77};
  static final int TOKENS = 6;

  /** The models' own end token. */
  private static final int OWN_END = 2;

  /** So many tokens end an answer that some do early and some late. */
  private static final Set<Integer> ENDS =
      IntStream.range(0, 240)
          .filter(t -> t % 9 == 4 || t == OWN_END)
          .boxed()
          .collect(Collectors.toSet());

  /** Logits are equal to the bit; sums are of floats here and there, in the same order. */
  private static final double SUM_ERROR = 1e-4;

  private static Engine open(String family, Capacity capacity) {
    return Engine.open(
        Path.of("../model/src/test/resources/goldens", family),
        EngineOptions.DEFAULT.with(Precision.EXACT).with(capacity));
  }

  private static Request request(int tokens, Set<Integer> ends, int least) {
    return new Request(new Prompt.Tokens(PROMPT), null, tokens, List.of())
        .with(new Request.Ending(least, ends, false))
        .with(new Request.Output(2, -1, false));
  }

  /**
   * A text with its end token, if it has one.
   *
   * @param ended by that token or by what it says
   */
  record Plain(List<Integer> tokens, double sum, boolean ended) {
    double score(double penalty) {
      return sum / Math.pow(tokens.size(), penalty);
    }
  }

  /** Beam search as the textbook has it: all continuations of all beams, sorted. */
  private static List<Plain> oracle(
      Engine engine, Search.Beams rules, Set<Integer> ends, int least) {
    return oracle(engine, rules, ends, least, _ -> false);
  }

  /** The same where texts end too that are of some kind. */
  static List<Plain> oracle(
      Engine engine,
      Search.Beams rules,
      Set<Integer> ends,
      int least,
      Predicate<List<Integer>> ended) {
    double penalty = rules.lengthPenalty();
    List<Plain> done = new ArrayList<>();
    List<Plain> live = List.of(new Plain(List.of(), 0, false));
    for (int length = 1; length <= TOKENS; length++) {
      List<Plain> all = new ArrayList<>();
      for (Plain text : live) {
        double[] logprobs = logprobs(engine, text.tokens);
        for (int v = 0; v < logprobs.length; v++) {
          List<Integer> more = new ArrayList<>(text.tokens);
          more.add(v);
          if (length > least || !ends.contains(v)) {
            boolean over = ends.contains(v) || ended.test(more);
            all.add(new Plain(more, text.sum + logprobs[v], over));
          }
        }
      }
      all.sort(Comparator.comparingDouble((Plain p) -> -p.sum)); // stable: beam, then token
      List<Plain> next = new ArrayList<>();
      for (int rank = 0; rank < 2 * rules.width() && rank < all.size(); rank++) {
        Plain text = all.get(rank);
        if (!text.ended && next.size() < rules.width()) {
          next.add(text);
        } else if (text.ended && rank < rules.width()) {
          done.add(text);
        }
      }
      done.sort(Comparator.comparingDouble((Plain p) -> -p.score(penalty)));
      done = new ArrayList<>(done.subList(0, Math.min(done.size(), rules.width())));
      live = next;
      if (live.isEmpty()) {
        return done.subList(0, Math.min(done.size(), rules.answers()));
      }
      if (done.size() == rules.width()) {
        double best =
            switch (rules.early()) {
              case FIRST -> Double.NEGATIVE_INFINITY;
              case LIKELY -> live.getFirst().score(penalty);
              case NEVER -> live.getFirst().sum / Math.pow(penalty > 0 ? TOKENS : length, penalty);
            };
        if (best <= done.getLast().score(penalty)) {
          return done.subList(0, rules.answers());
        }
      }
    }
    done.addAll(live);
    done.sort(Comparator.comparingDouble((Plain p) -> -p.score(penalty)));
    return done.subList(0, rules.answers());
  }

  static double[] logprobs(Engine engine, List<Integer> text) {
    int[] tokens = Arrays.copyOf(PROMPT, PROMPT.length + text.size());
    for (int i = 0; i < text.size(); i++) {
      tokens[PROMPT.length + i] = text.get(i);
    }
    float[] logits = engine.logits(tokens, false)[0];
    double max = IntStream.range(0, logits.length).mapToDouble(v -> logits[v]).max().orElseThrow();
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    double log = max + Math.log(sum);
    return IntStream.range(0, logits.length).mapToDouble(v -> (float) (logits[v] - log)).toArray();
  }

  private static void assertFound(List<Answer> found, List<Plain> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      Answer answer = found.get(i);
      Plain plain = expected.get(i);
      assertThat(answer.logprobs().stream().map(TokenLogprob::token).toList())
          .isEqualTo(plain.tokens);
      assertThat(answer.logprobs().stream().mapToDouble(TokenLogprob::logprob).sum())
          .isCloseTo(plain.sum, within(SUM_ERROR));
      assertThat(answer.finish())
          .isEqualTo(plain.ended ? Answer.Finish.STOP : Answer.Finish.LENGTH);
      assertThat(answer.tokens()).hasSize(plain.tokens.size() - (plain.ended ? 1 : 0));
      assertThat(answer.logprobs()).allMatch(logprob -> logprob.top().size() == 2);
    }
  }

  /** Once it is closed: its gauges are those of its last step then. */
  private static void assertNobodyIsLeft(Engine closed) {
    assertThat(closed.metrics().running() + closed.metrics().waiting()).isZero();
    assertThat(closed.metrics().usedBlocks()).isEqualTo(closed.metrics().cachedBlocks());
  }

  @ParameterizedTest
  @CsvSource({
    "qwen3,1,1,LIKELY,0",
    "qwen3,2,1,LIKELY,0",
    "qwen3,4,0,FIRST,0",
    "qwen3,4,2,NEVER,2",
    "qwen3,5,-1,NEVER,0",
    "qwen3,8,1,FIRST,3",
    "lfm2,4,1,LIKELY,0",
    "kimi_k2,3,0.5,NEVER,1",
  })
  void theAnswersAreThoseOfThePlainSearch(
      String family, int width, float penalty, Search.Beams.Early early, int least) {
    Search.Beams rules = new Search.Beams(Math.min(width, 3), width, penalty, early);
    Engine engine = open(family, Capacity.DEFAULT);
    try (engine) {
      List<Plain> expected = oracle(engine, rules, ENDS, least);
      try (Search.Run run = engine.search(request(TOKENS, ENDS, least), rules)) {
        assertFound(run.result(), expected);
      }
    }
    assertNobodyIsLeft(engine);
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "lfm2"})
  void theAnswersAreTheSameBesideOthersAndWithoutRoom(String family) throws Exception {
    Search.Beams rules = new Search.Beams(4, 4, 1, Search.Beams.Early.LIKELY);
    Request request = request(TOKENS, ENDS, 4);
    List<Answer> alone;
    try (Engine engine = open(family, Capacity.DEFAULT)) {
      alone = engine.search(request, rules).result();
    }
    for (int sequences : new int[] {1, 2, 3, 6}) {
      Capacity tight = Capacity.DEFAULT.withSequences(sequences).withCacheTokens(64);
      Engine one =
          Engine.open(
              Path.of("../model/src/test/resources/goldens", family),
              EngineOptions.DEFAULT.with(Precision.EXACT).with(tight).withContext(64));
      try (Engine engine = one) {
        List<Search.Run> runs = new ArrayList<>();
        List<Generation> others = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          runs.add(engine.search(request, rules));
          others.add(
              engine.start(
                  new Request(new Prompt.Tokens(PROMPT), Sampling.GREEDY, 8 + i, List.of())));
        }
        for (Search.Run run : runs) {
          List<Answer> found = run.result();
          for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i).tokens()).isEqualTo(alone.get(i).tokens());
            assertThat(found.get(i).logprobs()).isEqualTo(alone.get(i).logprobs());
          }
        }
        others.forEach(Generation::result);
        assertThat(engine.metrics().failed()).isZero();
        assertThat(engine.metrics().answered()).isEqualTo(6);
      }
    }
  }

  @Test
  void whatBeamsHaveNotIsRefusedByName() {
    try (Engine engine = open("qwen3", Capacity.DEFAULT)) {
      Search.Beams beams = Search.Beams.of(2);
      Request plain = request(3, Set.of(), 0);
      refused("best_of", engine, plain, new Search.BestOf(1, 16 + 64 + 1)); // places and queue
      refused("temperature", engine, plain.with(new Sampling(1, 0, 1, 0, 1L)), beams);
      engine.search(plain.with(Sampling.GREEDY), beams).result();
    }
    assertThatThrownBy(() -> new Search.Beams(3, 2, 1, Search.Beams.Early.FIRST))
        .hasMessageContaining("number of beams");
    assertThatThrownBy(() -> new Search.Beams(1, 2, Float.NaN, Search.Beams.Early.FIRST))
        .hasMessageContaining("length_penalty");
    assertThatThrownBy(() -> Search.Beams.of(0)).hasMessageContaining("beams must be");
  }

  private static void refused(String field, Engine engine, Request request, Search search) {
    assertThatThrownBy(() -> engine.search(request, search))
        .isInstanceOfSatisfying(
            JishiException.BadRequest.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @Test
  void aSearchThatIsCancelledOrLateEndsWithWhatIsThere() {
    Engine engine = open("qwen3", Capacity.DEFAULT);
    try (engine) {
      Request late = request(50, Set.of(), 50).with(new Request.Service(0, Duration.ZERO));
      List<Answer> answers = engine.search(late, new Search.Beams(2, 4, 1, NEVER)).result();
      assertThat(answers).isNotEmpty();
      assertThat(answers).allMatch(answer -> answer.finish() == Answer.Finish.DEADLINE);
      Gate gate = new Gate();
      engine.listen(gate);
      gate.lock.lock();
      Search.Run run = engine.search(request(100, Set.of(), 100), Search.Beams.of(4));
      gate.awaitStep();
      run.cancel();
      gate.lock.unlock();
      assertThat(run.result()).allMatch(answer -> answer.finish() == Answer.Finish.CANCELLED);
    }
    assertNobodyIsLeft(engine);
  }

  private static final Search.Beams.Early NEVER = Search.Beams.Early.NEVER;

  @Test
  void theBestOfManyIsTheLikeliestOnTheMean() {
    try (Engine engine = open("qwen3", Capacity.DEFAULT)) {
      Request request =
          new Request(new Prompt.Tokens(PROMPT), new Sampling(1, 0, 1, 0, 11L), 5, List.of());
      Request counted = request.with(new Request.Output(0, -1, false));
      List<Answer> all = engine.start(counted, 6).stream().map(Generation::result).toList();
      List<int[]> expected =
          all.stream()
              .sorted(
                  Comparator.comparingDouble(
                      a ->
                          -a.logprobs().stream()
                              .mapToDouble(TokenLogprob::logprob)
                              .average()
                              .orElseThrow()))
              .limit(2)
              .map(Answer::tokens)
              .toList();
      long prompts = engine.metrics().promptTokens() - engine.metrics().cachedTokens();
      List<Answer> best = engine.search(request, new Search.BestOf(2, 6)).result();
      assertThat(best).hasSize(2).allMatch(answer -> answer.logprobs().isEmpty());
      assertThat(best.get(0).tokens()).isEqualTo(expected.get(0));
      assertThat(best.get(1).tokens()).isEqualTo(expected.get(1));
      long computed = engine.metrics().promptTokens() - engine.metrics().cachedTokens() - prompts;
      assertThat(computed).as("one prompt at most is computed").isLessThanOrEqualTo(PROMPT.length);
    }
    assertThatThrownBy(() -> new Search.BestOf(3, 2)).hasMessageContaining("best_of");
  }
}
