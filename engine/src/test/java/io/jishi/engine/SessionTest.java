// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.engine.cache.PrefixCache;
import io.jishi.engine.cache.SessionFile;
import io.jishi.tensor.DType;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionTest {
  private static final StateSpec SPEC =
      new StateSpec(List.of(new StateSpec.Rows(1, 1, DType.F32), new StateSpec.Recurrent(8)));
  private static final byte[] DIGEST = new byte[SessionFile.DIGEST];
  private static final int VOCABULARY = 1000;
  private static final int CONTEXT = 500;

  @TempDir Path temp;

  private static Engine open(String family) {
    return Engine.open(Path.of("../model/src/test/resources/goldens", family));
  }

  private static Request request(int[] prompt, int tokens) {
    return new Request(new Prompt.Tokens(prompt), Sampling.GREEDY, tokens, List.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen3", "lfm2", "kimi_k2"})
  void aConversationGoesOnInAnotherProcessAsItWouldHere(String family) {
    int[] prompt = new int[100];
    Arrays.setAll(prompt, i -> 1 + i * i % 240);
    Path file = temp.resolve("session");
    int[] turn;
    Answer expected;
    int saved;
    try (Engine engine = open(family)) {
      int[] answer = engine.generate(request(prompt, 20)).tokens();
      turn = Arrays.copyOf(prompt, 100 + answer.length + 5);
      System.arraycopy(answer, 0, turn, 100, answer.length);
      saved = engine.save(new Prompt.Tokens(turn), file);
      expected = engine.generate(request(turn, 20));
    }
    assertThat(saved).isEqualTo(119);
    try (Engine engine = open(family)) {
      assertThat(engine.restore(file)).isEqualTo(Arrays.copyOf(turn, saved));
      Answer answer = engine.generate(request(turn, 20));
      assertThat(answer.tokens()).isEqualTo(expected.tokens());
      assertThat(answer.usage().cachedTokens()).isEqualTo(saved);
      assertThatThrownBy(() -> engine.save(new Prompt.Tokens(new int[] {9, 9}), file))
          .isInstanceOf(JishiException.BadRequest.class);
    }
    try (Engine engine = open("mistral")) {
      assertThatThrownBy(() -> engine.restore(file))
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageContaining("another model");
    }
  }

  /** A file of a session of so many tokens, made without a model. */
  private static byte[] session(int tokens) throws Exception {
    Path file = Files.createTempFile("session", "");
    try (StatePool pool = new StatePool(SPEC, CONTEXT)) {
      PrefixCache cache = new PrefixCache(pool, 4);
      SequenceState state = pool.newState();
      int[] ids = new int[tokens];
      Arrays.setAll(ids, i -> i % VOCABULARY);
      PrefixCache.Cursor cursor = cache.adopt(state, 0, ids, 0);
      state.reserve(tokens);
      state.block(0).set(ValueLayout.JAVA_FLOAT, 0, 42);
      state.advance(tokens);
      cache.finish(state, cursor, ids);
      state.close();
      assertThat(SessionFile.write(cache, 0, ids, Map.of(), DIGEST, file)).isEqualTo(tokens);
      return Files.readAllBytes(file);
    } finally {
      Files.delete(file);
    }
  }

  private static int[] read(byte[] bytes) throws Exception {
    Path file = Files.createTempFile("session", "");
    try (StatePool pool = new StatePool(SPEC, CONTEXT)) {
      Files.write(file, bytes);
      PrefixCache cache = new PrefixCache(pool, 4);
      try {
        return SessionFile.read(cache, 0, DIGEST, VOCABULARY, CONTEXT, null, file);
      } finally {
        assertThat(pool.usedBlocks()).as("no block is lost").isEqualTo(cache.counters().blocks());
      }
    } finally {
      Files.delete(file);
    }
  }

  @Property(tries = 150)
  void everyChangedByteIsFound(
      @ForAll @IntRange(min = 1, max = 200) int tokens,
      @ForAll @IntRange(min = 0) int place,
      @ForAll @IntRange(min = 1, max = 255) int change)
      throws Exception {
    byte[] bytes = session(tokens);
    assertThat(read(bytes)).hasSize(tokens);
    bytes[place % bytes.length] ^= (byte) change;
    assertThatThrownBy(() -> read(bytes)).isInstanceOf(JishiException.BadFile.class);
  }

  @Property(tries = 100)
  void everyCutFileIsRefused(
      @ForAll @IntRange(min = 1, max = 150) int tokens, @ForAll @IntRange(min = 0) int cut)
      throws Exception {
    byte[] bytes = session(tokens);
    byte[] less = Arrays.copyOf(bytes, cut % bytes.length);
    assertThatThrownBy(() -> read(less)).isInstanceOf(JishiException.BadFile.class);
    byte[] more = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> read(more)).isInstanceOf(JishiException.BadFile.class);
  }

  @Property(tries = 200)
  void anyBytesAreRefused(@ForAll byte[] bytes) {
    assertThatThrownBy(() -> read(bytes)).isInstanceOf(JishiException.BadFile.class);
  }
}
