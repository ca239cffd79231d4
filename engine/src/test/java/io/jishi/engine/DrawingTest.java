// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.engine.sampling.Candidates;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Tensor;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import io.jishi.text.Tokenizer;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens that are drawn side by side are those that are drawn one after another. */
class DrawingTest {
  private static final int VOCABULARY = 8192;
  private static final int STREAMS = 12; // so many that helpers are woken
  private static final int STEPS = 20;

  @TempDir Path temp;

  /** A way to draw for each stream: every kind of sampler is among them. */
  private static List<Sampling> samplings() {
    List<Sampling> all = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      Sampling base = new Sampling(0.9f, 40 * (i % 3), i % 2 == 0 ? 1 : 0.9f, 0, 100L + i);
      all.add(
          switch (i % 6) {
            case 0 -> base;
            case 1 -> Sampling.GREEDY;
            case 2 ->
                base.with(
                    new Sampling.Shape(0, 1, 1, 0, 0, 0, new Sampling.Xtc(0.5f, 0.01f), null));
            case 3 ->
                base.with(
                    new Sampling.Shape(0, 1, 1, 0, 0, 0, null, new Sampling.Mirostat(5, 0.1f)));
            case 4 -> base.with(new Sampling.Penalties(1.3f, 0.2f, 0.1f, 0, 3, null));
            default -> base.withBias(Map.of(i, 5f, 7, Float.NEGATIVE_INFINITY));
          });
    }
    return all;
  }

  private static TokenStream stream(Tokenizer tokenizer, Sampling sampling, int logprobs) {
    return stream(tokenizer, sampling, logprobs, Set.of(2, 11));
  }

  private static TokenStream stream(
      Tokenizer tokenizer, Sampling sampling, int logprobs, Set<Integer> ends) {
    Request request =
        new Request(new Prompt.Tokens(new int[] {5, 6}), sampling, 0, List.of())
            .with(new Request.Ending(3, Set.of(), false))
            .with(new Request.Output(logprobs, -1, false));
    return new TokenStream(
        new TokenStream.Setup(
            new int[] {5, 6},
            request,
            sampling,
            null,
            null,
            tokenizer,
            ends,
            VOCABULARY,
            false,
            STEPS),
        _ -> {});
  }

  private Engine engine(int threads) {
    Path file = temp.resolve("model.gguf");
    if (!file.toFile().exists()) {
      RandomModel.write(
          file, new RandomModel.Shape(1, 64, 64, 4, 2, VOCABULARY, 256, BlockType.F32, 3));
    }
    return Engine.open(file, EngineOptions.DEFAULT.withThreads(threads));
  }

  @Test
  void drawnAheadIsAsDrawnInTurn() {
    Assumptions.assumeTrue(Backend.cpu().threads() > 1, "there is one processor alone");
    try (Engine engine = engine(1);
        Arena arena = Arena.ofShared()) {
      Tensor out = new Tensor(arena.allocate(4L * STREAMS * VOCABULARY, 64), STREAMS, VOCABULARY);
      Drawing drawing = new Drawing(Backend.cpu(), 2, VOCABULARY);
      List<TokenStream> ahead = new ArrayList<>();
      List<TokenStream> inTurn = new ArrayList<>();
      List<Sampling> samplings = samplings();
      for (int i = 0; i < STREAMS; i++) {
        ahead.add(stream(engine.tokenizer(), samplings.get(i), i % 4 - 1));
        inTurn.add(stream(engine.tokenizer(), samplings.get(i), i % 4 - 1));
      }
      Candidates space = new Candidates();
      SplittableRandom random = new SplittableRandom(9);
      float[] row = new float[VOCABULARY];
      for (int step = 0; step <= STEPS; step++) {
        drawing.clear();
        for (int i = 0; i < STREAMS; i++) {
          for (int v = 0; v < VOCABULARY; v++) {
            row[v] = (float) random.nextGaussian() * 3;
          }
          out.write(i, 0, row, 0, VOCABULARY);
          if (ahead.get(i).finish() == null) {
            drawing.add(ahead.get(i), i);
          }
        }
        drawing.run(out);
        for (int i = 0; i < STREAMS; i++) {
          if (inTurn.get(i).finish() != null) {
            continue;
          }
          assertThat(ahead.get(i).isDrawn()).as("stream " + i).isEqualTo(step < STEPS);
          out.read(i, 0, row, 0, VOCABULARY);
          int expected = inTurn.get(i).next(row, space);
          assertThat(ahead.get(i).next(null, null)).isEqualTo(expected);
        }
      }
      Usage usage = new Usage(2, 0, 0, 0, 0, 0);
      for (int i = 0; i < STREAMS; i++) {
        Answer expected = inTurn.get(i).answer(usage, List.of());
        Answer drawn = ahead.get(i).answer(usage, List.of());
        assertThat(drawn.tokens()).isEqualTo(expected.tokens());
        assertThat(drawn.logprobs()).isEqualTo(expected.logprobs());
      }
    }
  }

  @Test
  void aDrawThatFailsHurtsItsOwnStreamAlone() {
    Assumptions.assumeTrue(Backend.cpu().threads() > 1, "there is one processor alone");
    try (Engine engine = engine(1);
        Arena arena = Arena.ofShared()) {
      Tensor out = new Tensor(arena.allocate(4L * STREAMS * VOCABULARY, 64), STREAMS, VOCABULARY);
      float[] row = new float[VOCABULARY];
      java.util.Arrays.fill(row, Float.NaN);
      out.write(3, 0, row, 0, VOCABULARY);
      Drawing drawing = new Drawing(Backend.cpu(), 2, VOCABULARY);
      List<TokenStream> streams = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        Set<Integer> ends = i == 5 ? Set.of(-5) : Set.of(2); // no token: masking it fails
        streams.add(stream(engine.tokenizer(), Sampling.GREEDY, -1, ends));
        drawing.add(streams.get(i), i);
      }
      drawing.run(out);
      for (int i = 0; i < STREAMS; i++) {
        TokenStream stream = streams.get(i);
        if (i == 3) {
          assertThatThrownBy(() -> stream.next(null, null)).hasMessageContaining("not finite");
        } else if (i == 5) {
          assertThatThrownBy(() -> stream.next(null, null))
              .isInstanceOf(IndexOutOfBoundsException.class);
        } else {
          assertThat(stream.next(null, null)).isZero();
        }
      }
    }
  }

  @Test
  void answersAreTheSameWithOneThreadAndTwo() {
    List<List<Answer>> both = new ArrayList<>();
    for (int threads = 1; threads <= 2; threads++) {
      try (Engine engine = engine(threads)) {
        List<Generation> all = new ArrayList<>();
        List<Sampling> samplings = samplings();
        for (int i = 0; i < STREAMS; i++) {
          Request request =
              new Request(new Prompt.Tokens(new int[] {1, 20 + i}), samplings.get(i), 12, List.of())
                  .with(new Request.Output(i % 4 - 1, -1, false));
          all.add(
              engine.start(
                  i % 5 == 0
                      ? request.with(new Constraint.Regex("[a-z]{2,9}( [a-z]+)*"))
                      : request));
        }
        both.add(all.stream().map(Generation::result).toList());
      }
    }
    for (int i = 0; i < STREAMS; i++) {
      assertThat(both.get(1).get(i).tokens()).isEqualTo(both.get(0).get(i).tokens());
      assertThat(both.get(1).get(i).logprobs()).isEqualTo(both.get(0).get(i).logprobs());
    }
  }
}
