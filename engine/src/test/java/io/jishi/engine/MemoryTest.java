// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.tensor.StateSpec;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryTest {
  private static final int CONTEXT = 2048;

  /** Half of what 150 engines would leave if none gave its weights back: 4 MB each. */
  private static final long GROWTH = 300_000_000;

  @TempDir static Path temp;

  private static Path model() {
    Path file = temp.resolve("model.gguf");
    if (!Files.exists(file)) {
      RandomModel.write(
          file, new RandomModel.Shape(2, 64, 128, 4, 2, 8192, CONTEXT, BlockType.F32, 1));
    }
    return file;
  }

  private static Engine open(Capacity capacity, int context) {
    return Engine.open(model(), EngineOptions.DEFAULT.with(capacity).withContext(context));
  }

  @Test
  void whatDoesNotFitIsRefusedWithAContextThatFits() {
    ModelInfo.Memory memory;
    try (Engine engine = open(Capacity.DEFAULT, CONTEXT)) {
      memory = engine.info().memory();
    }
    long limit = memory.weights() + memory.workspace() + memory.cache() / 2;
    Capacity small = Capacity.DEFAULT.withMemory(limit);
    assertThatThrownBy(() -> open(small, CONTEXT))
        .isInstanceOf(JishiException.OutOfResources.class)
        .hasMessageContaining("a cache of 2048 tokens")
        .satisfies(e -> open(small, fitting(e.getMessage())).close());
    assertThatThrownBy(() -> open(Capacity.DEFAULT.withMemory(1000), CONTEXT))
        .hasMessageContaining("smaller quantisation");
    assertThatThrownBy(() -> open(Capacity.DEFAULT.withCacheTokens(1L << 40), CONTEXT))
        .isInstanceOf(JishiException.OutOfResources.class)
        .hasMessageContaining("free");
  }

  private static int fitting(String message) {
    Matcher matcher = Pattern.compile("a context of (\\d+) tokens fits").matcher(message);
    assertThat(matcher.find()).as(message).isTrue();
    return Integer.parseInt(matcher.group(1));
  }

  @Test
  void everySequenceHasItsBlocksHoweverShortTheContext() {
    try (Engine engine = open(Capacity.DEFAULT.withSequences(16), 40)) {
      assertThat(engine.metrics().capacityBlocks()).isEqualTo(16 + 1);
    }
  }

  @Test
  void aLimitOfMemoryBoundsTheCache() {
    ModelInfo.Memory memory;
    try (Engine engine = open(Capacity.DEFAULT, CONTEXT)) {
      memory = engine.info().memory();
      assertThat(engine.metrics().capacityBlocks()).isEqualTo(16 * CONTEXT / StateSpec.BLOCK + 1);
    }
    long limit = memory.weights() + memory.workspace() + 3 * memory.cache();
    try (Engine engine = open(Capacity.DEFAULT.withMemory(limit), CONTEXT)) {
      int blocks = engine.metrics().capacityBlocks();
      assertThat(blocks).isBetween(2 * CONTEXT / StateSpec.BLOCK, 3 * CONTEXT / StateSpec.BLOCK);
      for (int i = 0; i < 30; i++) { // more prefixes than it may hold
        int[] prompt = new int[500];
        java.util.Arrays.fill(prompt, 5 + i);
        Request request = new Request(new Prompt.Tokens(prompt), Sampling.GREEDY, 1, List.of());
        assertThat(engine.generate(request).usage().promptTokens()).isEqualTo(500);
      }
      assertThat(engine.metrics().evictions()).isPositive();
      assertThat(engine.metrics().usedBlocks()).isLessThanOrEqualTo(blocks);
    }
  }

  @Test
  void twoHundredEnginesGiveEverythingBack() throws Exception {
    Assumptions.assumeTrue(
        Files.exists(Path.of("/proc/self/statm")), "only Linux says what a process holds");
    long before = 0;
    for (int i = 0; i < 200; i++) {
      try (Engine engine = open(Capacity.DEFAULT, 128)) {
        engine.generate(
            new Request(new Prompt.Tokens(new int[] {1, 2}), Sampling.GREEDY, 2, List.of()));
      }
      if (i == 50) {
        before = resident();
      }
    }
    assertThat(resident() - before).isLessThan(GROWTH);
  }

  /** Bytes of the process in memory, of 4 KB pages. */
  private static long resident() throws Exception {
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * 4096;
  }
}
