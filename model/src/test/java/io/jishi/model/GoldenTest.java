// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.Tensor;
import io.jishi.testkit.Shared;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logits and greedy tokens of tiny models against Hugging Face Transformers. */
class GoldenTest {
  /** FP32 noise of the reference under a 1e-6 jitter of all weights, with its own margin. */
  private static final float LOGIT_ERROR = 2e-4f;

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"llama3_rope", "llama_bias", "llama_linear_rope", "qwen2", "qwen3"})
  void logitsAndGreedyTokensAreTheReferences(String name) throws Exception {
    check(resource(name), resource(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama3_rope", "llama_bias", "llama_linear_rope", "qwen2", "qwen3"})
  void theDialectOfTransformers5GivesTheSame(String name) throws Exception {
    Path folder = Files.createDirectory(temp.resolve(name));
    Files.copy(resource(name).resolve("config_v5.json"), folder.resolve("config.json"));
    Files.copy(resource(name).resolve("model.safetensors"), folder.resolve("model.safetensors"));
    check(folder, resource(name));
  }

  @Test
  void thePlainLlamaIsTheReferences() {
    Path folder = Shared.require("goldens/llama");
    check(folder, folder);
  }

  private static void check(Path folder, Path golden) {
    JsonObject json = Json.parseObject(golden.resolve("golden.json"));
    try (Runner runner = new Runner(folder, DType.F32)) {
      for (Object entry : json.array("prompts").orElseThrow()) {
        JsonObject prompt = JsonObject.of("prompt", entry);
        int[] tokens = ints(prompt, "input_ids");
        float[][] logits = runner.logits(tokens);
        for (int position : ints(prompt, "positions")) {
          List<?> expected =
              prompt.object("logits").orElseThrow().array("" + position).orElseThrow();
          for (int v = 0; v < expected.size(); v++) {
            assertThat(logits[position][v])
                .as("position %d, token %d", position, v)
                .isCloseTo(
                    ((Number) expected.get(v)).floatValue(),
                    org.assertj.core.data.Offset.offset(LOGIT_ERROR));
          }
        }
        int[] greedy = ints(prompt, "greedy");
        assertThat(runner.greedyWithCache(tokens, greedy.length)).isEqualTo(greedy);
        assertThat(runner.greedyWithoutCache(tokens, greedy.length)).isEqualTo(greedy);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"F32", "F16", "BF16", "Q8_0"})
  void logitsDoNotDependOnTheCutOfThePromptTheNeighboursOrTheThreads(String cache)
      throws Exception {
    int[] tokens = IntStream.range(0, 200).map(i -> (i * 37 + 11) % 250).toArray();
    for (Precision precision : Precision.values()) {
      try (Runner two = new Runner(resource("qwen3"), DType.valueOf(cache), precision, 2);
          Runner one = new Runner(resource("qwen3"), DType.valueOf(cache), precision, 1)) {
        float[][] whole = two.logits(tokens);
        assertThat(one.logits(tokens)).isDeepEqualTo(whole);
        for (int cut : new int[] {1, 63, 64, 65, 150}) {
          assertThat(two.logitsInChunks(tokens, cut)).isDeepEqualTo(whole);
        }
        assertThat(two.logitsBesideOthers(tokens)).isDeepEqualTo(whole);
      }
    }
  }

  static Path resource(String name) throws URISyntaxException {
    return Path.of(GoldenTest.class.getResource("/goldens/" + name + "/config.json").toURI())
        .getParent();
  }

  private static int[] ints(JsonObject json, String field) {
    return json.array(field).orElseThrow().stream().mapToInt(v -> ((Long) v).intValue()).toArray();
  }

  /** A model with operations and a pool of states. */
  static final class Runner implements AutoCloseable {
    private final Model model;
    private final Decoder decoder;
    private final Ops ops;
    private final StatePool pool;
    private final Precision precision;

    Runner(Path folder, DType cache) {
      this(folder, cache, Precision.EXACT, 0);
    }

    Runner(Path folder, DType cache, Precision precision, int threads) {
      this(folder, cache, precision, threads, 0);
    }

    Runner(Path folder, DType cache, Precision precision, int threads, int context) {
      model = Model.open(folder, Backend.cpu());
      decoder = context == 0 ? model.decoder() : model.decoder().forLength(context);
      ops = Backend.cpu().ops(threads);
      pool = new StatePool(decoder.stateSpec(cache), 4096);
      this.precision = precision;
    }

    Set<String> plainAttention() {
      return decoder.plainAttention(Backend.cpu());
    }

    float[][] logits(int[] tokens) {
      return logitsInChunks(tokens, tokens.length);
    }

    float[][] logitsInChunks(int[] tokens, int size) {
      float[][] all = new float[tokens.length][];
      Batch batch = new Batch();
      try (SequenceState state = pool.newState()) {
        for (int from = 0; from < tokens.length; from += size) {
          int count = Math.min(size, tokens.length - from);
          batch.clear();
          batch.add(state, tokens, from, count, count);
          Tensor logits = decoder.forward(ops, batch, precision);
          for (int i = 0; i < count; i++) {
            all[from + i] = logits.row(i);
          }
        }
      }
      return all;
    }

    /** The same tokens as the middle one of three sequences of one batch. */
    float[][] logitsBesideOthers(int[] tokens) {
      Batch batch = new Batch();
      try (SequenceState before = pool.newState();
          SequenceState state = pool.newState();
          SequenceState after = pool.newState()) {
        batch.add(before, tokens, 5, Math.min(70, tokens.length - 5), 1);
        batch.add(state, tokens, 0, tokens.length, tokens.length);
        batch.add(after, tokens, 9, 3, 3);
        Tensor logits = decoder.forward(ops, batch, precision);
        float[][] all = new float[tokens.length][];
        for (int i = 0; i < tokens.length; i++) {
          all[i] = logits.row(1 + i);
        }
        return all;
      }
    }

    int[] greedyWithCache(int[] prompt, int count) {
      int[] out = new int[count];
      Batch batch = new Batch();
      try (SequenceState state = pool.newState()) {
        batch.add(state, prompt, 0, prompt.length, 1);
        for (int i = 0; i < count; i++) {
          out[i] = best(decoder.forward(ops, batch, precision).row(0));
          batch.clear();
          batch.add(state, out, i, 1, 1);
        }
      }
      return out;
    }

    int[] greedyWithoutCache(int[] prompt, int count) {
      int[] all = Arrays.copyOf(prompt, prompt.length + count);
      for (int i = 0; i < count; i++) {
        float[][] logits = logits(Arrays.copyOf(all, prompt.length + i));
        all[prompt.length + i] = best(logits[prompt.length + i - 1]);
      }
      return Arrays.copyOfRange(all, prompt.length, all.length);
    }

    static int best(float[] logits) {
      int best = 0;
      for (int v = 1; v < logits.length; v++) {
        best = logits[v] > logits[best] ? v : best;
      }
      return best;
    }

    @Override
    public void close() {
      ops.close();
      pool.close();
      model.close();
    }
  }
}
