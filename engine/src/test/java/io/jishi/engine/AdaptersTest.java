// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.AdapterExport;
import io.jishi.model.export.Disk;
import io.jishi.model.export.ModelSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdaptersTest {
  static final Path MODEL = Path.of("../model/src/test/resources/goldens/qwen3");
  private static final int RANK = 3;

  @TempDir static Path temp;
  static Path first;
  static Path second;

  @BeforeAll
  static void write() {
    first = temp.resolve("first");
    second = temp.resolve("second");
    write(adapter(1, List.of("q_proj", "v_proj")), first);
    write(adapter(2, List.of("gate_proj", "o_proj")), second);
  }

  static void write(Adapter adapter, Path folder) {
    try (ModelSource base = ModelSource.open(MODEL)) {
      AdapterExport.folder(adapter, base, folder, Disk.LOCAL);
    }
  }

  /** Random values for the model of these tests. */
  static Adapter adapter(long seed, List<String> targets) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
    try (ModelSource model = ModelSource.open(MODEL)) {
      model
          .tensors()
          .forEach(
              t -> {
                String stem = t.name().replaceFirst("\\.weight$", "");
                if (targets.contains(stem.substring(stem.lastIndexOf('.') + 1))) {
                  int in = t.columns();
                  int out = (int) t.rowCount();
                  float[] a = values(random, RANK * in);
                  pairs.put(stem, new Adapter.Pair(RANK, in, out, a, values(random, RANK * out)));
                }
              });
    }
    return new Adapter("random", 6, pairs);
  }

  private static float[] values(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-0.5, 0.5);
    }
    return values;
  }

  private static Request request(Request.Adapted adapter) {
    int[] prompt = new int[90];
    Arrays.setAll(prompt, i -> 1 + i * 7 % 240);
    return new Request(new Prompt.Tokens(prompt), Sampling.GREEDY, 25, List.of())
        .with(new Request.Output(4, -1, false))
        .with(adapter);
  }

  private static Answer alone(EngineOptions options, Request.Adapted adapter) {
    try (Engine engine = Engine.open(MODEL, options)) {
      engine.addAdapter("first", first);
      engine.addAdapter("second", second);
      return engine.generate(request(adapter));
    }
  }

  @Test
  void everyCallerOfABatchHasItsOwnAdapterAndTheAnswerThatItWouldHaveAlone() {
    List<Request.Adapted> wanted = new ArrayList<>();
    wanted.add(null);
    wanted.add(new Request.Adapted("first", 1));
    wanted.add(new Request.Adapted("second", 1));
    wanted.add(new Request.Adapted("first", 0.5f));
    List<Answer> alone = new ArrayList<>();
    wanted.forEach(adapter -> alone.add(alone(EngineOptions.DEFAULT.withThreads(1), adapter)));
    try (Engine plain = Engine.open(MODEL)) {
      assertThat(plain.generate(request(null)).logprobs()).isEqualTo(alone.get(0).logprobs());
    }
    Answer whole = alone(EngineOptions.DEFAULT.withAdapter(first), null);
    assertThat(whole.logprobs()).isEqualTo(alone.get(1).logprobs());
    for (int i = 1; i < alone.size(); i++) {
      assertThat(alone.get(i).logprobs()).isNotEqualTo(alone.get(i - 1).logprobs());
    }
    Capacity small = Capacity.DEFAULT.withChunks(50, 20);
    try (Engine engine = Engine.open(MODEL, EngineOptions.DEFAULT.with(small))) {
      engine.addAdapter("first", first);
      engine.addAdapter("second", second);
      for (int round = 0; round < 2; round++) { // the second from the cache
        List<Generation> all =
            wanted.stream().map(adapter -> engine.start(request(adapter))).toList();
        for (int i = 0; i < all.size(); i++) {
          Answer answer = all.get(i).result();
          assertThat(answer.tokens()).isEqualTo(alone.get(i).tokens());
          assertThat(answer.logprobs()).isEqualTo(alone.get(i).logprobs());
          assertThat(answer.usage().cachedTokens()).isEqualTo(round * 89);
        }
      }
    }
  }

  @Test
  void aRemovedAdapterServesWhoHasItAndNobodyElse() {
    Request request = request(new Request.Adapted("first", 1));
    try (Engine engine = Engine.open(MODEL)) {
      engine.addAdapter("first", first);
      Answer before = engine.generate(request);
      List<Generation> running = engine.start(request, 2);
      engine.removeAdapter("first");
      for (Generation one : running) {
        assertThat(one.result().tokens()).isEqualTo(before.tokens());
      }
      assertThatThrownBy(() -> engine.start(request))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("'first'");
      assertThatThrownBy(() -> engine.removeAdapter("first"))
          .isInstanceOf(JishiException.BadRequest.class);
      engine.addAdapter("first", second);
      assertThat(engine.generate(request).logprobs()).isNotEqualTo(before.logprobs());
      assertThatThrownBy(() -> engine.addAdapter("first", second))
          .isInstanceOf(JishiException.BadRequest.class);
      assertThatThrownBy(() -> engine.addAdapter("other", temp.resolve("none")))
          .isInstanceOf(JishiException.BadFile.class);
      assertThatThrownBy(() -> new Request.Adapted("first", Float.NaN))
          .isInstanceOf(JishiException.BadRequest.class);
    }
    try (Engine other = Engine.open(Path.of("../model/src/test/resources/goldens/mistral"))) {
      assertThatThrownBy(() -> other.addAdapter("first", first))
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageContaining("another model");
      assertThat(other.generate(request(null)).tokens()).hasSize(25);
    }
  }
}
