// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every decoder family against reference outputs made outside of Jishi. */
class FamilyGoldenTest {
  /**
   * Fixtures and how far logits may be off: the references' own noise under a jitter of all weights
   * by 1e-6, four times, at least 1e-4.
   */
  private static final Map<String, Float> TOLERANCES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("aquila", 0.0003f),
              Map.entry("baichuan2_13b", 0.0003f),
              Map.entry("baichuan2_7b", 0.0005f),
              Map.entry("baichuan_13b", 0.0003f),
              Map.entry("baichuan_7b", 0.0003f),
              Map.entry("bloom", 0.0001f),
              Map.entry("chatglm3", 0.0003f),
              Map.entry("cohere", 0.0001f),
              Map.entry("cohere2", 0.0002f),
              Map.entry("deepseek_v2_lite", 0.0002f),
              Map.entry("deepseek_v3", 0.0005f),
              Map.entry("ernie4_5", 0.0003f),
              Map.entry("ernie4_5_moe", 0.0003f),
              Map.entry("exaone4", 0.0003f),
              Map.entry("falcon_7b_style", 0.0001f),
              Map.entry("falcon_alibi", 0.0001f),
              Map.entry("falcon_h1", 0.0003f),
              Map.entry("gemma", 0.0002f),
              Map.entry("gemma2", 0.0004f),
              Map.entry("gemma3_text", 0.0003f),
              Map.entry("glm", 0.0002f),
              Map.entry("glm4", 0.0003f),
              Map.entry("glm4_9b_original", 0.0003f),
              Map.entry("glm4_moe", 0.0002f),
              Map.entry("gpt2", 0.0001f),
              Map.entry("gpt_neox", 0.0001f),
              Map.entry("gpt_oss", 0.0004f),
              Map.entry("granite", 0.0001f),
              Map.entry("granitemoehybrid", 0.0003f),
              Map.entry("hunyuan_v1_dense", 0.0002f),
              Map.entry("hunyuan_v1_moe", 0.0002f),
              Map.entry("internlm2", 0.0002f),
              Map.entry("internlm_style_dynamic_ntk", 0.0002f),
              Map.entry("kimi_k2", 0.0005f),
              Map.entry("kimi_linear", 0.001f),
              Map.entry("lfm2", 0.0005f),
              Map.entry("llama", 0.0003f),
              Map.entry("llama3_rope", 0.0002f),
              Map.entry("llama_bias", 0.0003f),
              Map.entry("llama_linear_rope", 0.0003f),
              Map.entry("llama_yarn", 0.0003f),
              Map.entry("mamba", 0.0002f),
              Map.entry("mamba2", 0.0002f),
              Map.entry("minicpm", 0.0001f),
              Map.entry("minicpm3", 0.0001f),
              Map.entry("minicpm3_long", 0.0002f),
              Map.entry("minicpm4", 0.0003f),
              Map.entry("minicpm4_short", 0.0001f),
              Map.entry("mistral", 0.0002f),
              Map.entry("mixtral", 0.0002f),
              Map.entry("moonlight", 0.0003f),
              Map.entry("nemotron", 0.0005f),
              Map.entry("olmo2", 0.0002f),
              Map.entry("phi", 0.0001f),
              Map.entry("phi3", 0.0003f),
              Map.entry("phi3_longrope_long", 0.0004f),
              Map.entry("phi3_longrope_short", 0.0003f),
              Map.entry("qwen2", 0.0003f),
              Map.entry("qwen2_moe", 0.0003f),
              Map.entry("qwen3", 0.0003f),
              Map.entry("qwen3_5_text", 0.004f),
              Map.entry("qwen3_moe", 0.0002f),
              Map.entry("qwen3_next", 0.001f),
              Map.entry("rwkv4", 0.0001f),
              Map.entry("seed_oss", 0.0003f),
              Map.entry("smollm3", 0.0004f),
              Map.entry("stablelm", 0.0002f),
              Map.entry("starcoder2", 0.0001f)));

  /** Rotations of these depend on the length: the goldens stand for a fresh pass at each one. */
  private static final List<String> FRESH = List.of("internlm_style_dynamic_ntk");

  /** A cache of bytes needs heads of a multiple of four values. */
  private static final List<String> NO_BYTES =
      List.of("baichuan2_13b", "bloom", "falcon_alibi", "smollm3");

  /** These stand for sequences of at most so many tokens. */
  private static final Map<String, Integer> CONTEXTS = Map.of("phi3_longrope_short", 64);

  /**
   * Transformers' plain attention adds ALiBi's slopes of Falcon twice (its mask holds them
   * already); its SDPA attention and the code that the models were published with add them once, as
   * we do.
   */
  private static final String TWICE = "falcon_alibi";

  @TempDir Path temp;

  static Stream<String> families() {
    return TOLERANCES.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("families")
  void logitsAndGreedyTokensAreTheReferences(String name) throws Exception {
    check(name, name.equals(TWICE) ? copy(name, "config.json") : folder(name));
  }

  @ParameterizedTest
  @MethodSource("families")
  void theDialectOfTransformers5GivesTheSame(String name) throws Exception {
    Path golden = folder(name);
    Assumptions.assumeTrue(
        Files.exists(golden.resolve("config_v5.json")), "there is no such configuration");
    Path folder = copy(name, "config_v5.json");
    check(name, folder);
  }

  @ParameterizedTest
  @MethodSource("families")
  void neitherTheCutOfThePromptNorNeighboursNorThreadsChangeABit(String name) {
    int[] tokens = java.util.stream.IntStream.range(0, 70).map(i -> (i * 37 + 11) % 250).toArray();
    for (DType cache : List.of(DType.F32, DType.F16, DType.Q8_0)) {
      Precision precision = cache == DType.F32 ? Precision.EXACT : Precision.FAST;
      if (cache == DType.Q8_0 && NO_BYTES.contains(name)) {
        continue;
      }
      try (GoldenTest.Runner two = new GoldenTest.Runner(folder(name), cache, precision, 2);
          GoldenTest.Runner one = new GoldenTest.Runner(folder(name), cache, precision, 1)) {
        assertThat(two.plainAttention()).isEmpty();
        float[][] whole = two.logits(tokens);
        assertThat(one.logits(tokens)).isDeepEqualTo(whole);
        for (int cut : new int[] {1, 29}) {
          assertThat(two.logitsInChunks(tokens, cut)).isDeepEqualTo(whole);
        }
        assertThat(two.logitsBesideOthers(tokens)).isDeepEqualTo(whole);
      }
    }
  }

  /**
   * A folder with that configuration; of ALiBi's slopes twice as high, where the golden has them.
   */
  private Path copy(String name, String config) throws Exception {
    Path folder = Files.createDirectory(temp.resolve(name));
    String text = Files.readString(folder(name).resolve(config));
    if (name.equals(TWICE)) {
      text = "{\"alibi_scale\": 2," + text.substring(text.indexOf('{') + 1);
    }
    Files.writeString(folder.resolve("config.json"), text);
    Files.copy(folder(name).resolve("model.safetensors"), folder.resolve("model.safetensors"));
    return folder;
  }

  private void check(String name, Path folder) {
    JsonObject json = Json.parseObject(folder(name).resolve("golden.json"));
    Offset<Float> tolerance = Offset.offset(TOLERANCES.get(name));
    for (Object entry : json.array("prompts").orElseThrow()) {
      JsonObject prompt = JsonObject.of("prompt", entry);
      int[] tokens = ints(prompt, "input_ids");
      int[] greedy = ints(prompt, "greedy");
      try (GoldenTest.Runner runner = runner(name, folder, tokens.length)) {
        float[][] logits = runner.logits(tokens);
        for (int position : ints(prompt, "positions")) {
          List<?> expected =
              prompt.object("logits").orElseThrow().array("" + position).orElseThrow();
          assertThat(logits[position]).hasSize(expected.size());
          for (int v = 0; v < expected.size(); v++) {
            assertThat(logits[position][v])
                .as("position %d, token %d", position, v)
                .isCloseTo(((Number) expected.get(v)).floatValue(), tolerance);
          }
        }
        if (!FRESH.contains(name)) {
          assertThat(runner.greedyWithCache(tokens, greedy.length)).isEqualTo(greedy);
          assertThat(runner.greedyWithoutCache(tokens, 2)).isEqualTo(Arrays.copyOf(greedy, 2));
        }
      }
      if (FRESH.contains(name)) {
        assertThat(freshGreedy(name, folder, tokens, greedy.length)).isEqualTo(greedy);
      }
    }
  }

  private static int[] freshGreedy(String name, Path folder, int[] prompt, int count) {
    int[] all = Arrays.copyOf(prompt, prompt.length + count);
    for (int length = prompt.length; length < all.length; length++) {
      try (GoldenTest.Runner runner = runner(name, folder, length)) {
        float[][] logits = runner.logits(Arrays.copyOf(all, length));
        all[length] = GoldenTest.Runner.best(logits[length - 1]);
      }
    }
    return Arrays.copyOfRange(all, prompt.length, all.length);
  }

  private static GoldenTest.Runner runner(String name, Path folder, int length) {
    int context = FRESH.contains(name) ? length : CONTEXTS.getOrDefault(name, 0);
    return new GoldenTest.Runner(folder, DType.F32, Precision.EXACT, 0, context);
  }

  /** Some are among the resources, all among the reference data. */
  private static Path folder(String name) {
    try {
      return FamilyGoldenTest.class.getResource("/goldens/" + name + "/config.json") != null
          ? GoldenTest.resource(name)
          : Shared.require("goldens/" + name);
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int[] ints(JsonObject json, String field) {
    return json.array(field).orElseThrow().stream().mapToInt(v -> ((Long) v).intValue()).toArray();
  }
}
