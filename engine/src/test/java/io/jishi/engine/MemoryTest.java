// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.engine.bench.TinyFamilies;
import io.jishi.engine.memory.Workspace;
import io.jishi.engine.speculate.ModelDrafter;
import io.jishi.model.EmbeddingDefaults;
import io.jishi.model.Model;
import io.jishi.model.ModelOutline;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import io.jishi.testkit.SeeingFolder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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

  /** Says 390 GB in its header, and takes nothing on the disk: a sparse file. */
  private static Path huge() throws IOException {
    Path folder = Files.createDirectories(temp.resolve("huge"));
    int width = 16384;
    int inner = 1 << 20;
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": %d,
         "intermediate_size": %d, "num_hidden_layers": 2, "num_attention_heads": 128,
         "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 256, "rms_norm_eps": 1e-5,
         "max_position_embeddings": 4096, "tie_word_embeddings": true, "rope_theta": 10000.0}
        """
            .formatted(width, inner));
    Map<String, int[]> shapes = new LinkedHashMap<>();
    shapes.put("model.embed_tokens.weight", new int[] {256, width});
    shapes.put("model.norm.weight", new int[] {width});
    for (int l = 0; l < 2; l++) {
      String layer = "model.layers." + l + ".";
      shapes.put(layer + "input_layernorm.weight", new int[] {width});
      shapes.put(layer + "post_attention_layernorm.weight", new int[] {width});
      shapes.put(layer + "self_attn.q_proj.weight", new int[] {width, width});
      shapes.put(layer + "self_attn.k_proj.weight", new int[] {1024, width});
      shapes.put(layer + "self_attn.v_proj.weight", new int[] {1024, width});
      shapes.put(layer + "self_attn.o_proj.weight", new int[] {width, width});
      shapes.put(layer + "mlp.gate_proj.weight", new int[] {inner, width});
      shapes.put(layer + "mlp.up_proj.weight", new int[] {inner, width});
      shapes.put(layer + "mlp.down_proj.weight", new int[] {width, inner});
    }
    long at = 0;
    Map<String, Object> header = new LinkedHashMap<>();
    for (Map.Entry<String, int[]> e : shapes.entrySet()) {
      long bytes = 4;
      for (int size : e.getValue()) {
        bytes *= size;
      }
      header.put(
          e.getKey(),
          Map.of("dtype", "F32", "shape", e.getValue(), "data_offsets", List.of(at, at + bytes)));
      at += bytes;
    }
    byte[] json = Json.write(header).getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile file =
        new RandomAccessFile(folder.resolve("model.safetensors").toFile(), "rw")) {
      file.write(ByteBuffer.allocate(8).order(LITTLE_ENDIAN).putLong(json.length).array());
      file.write(json);
      file.setLength(8 + json.length + at);
    }
    return folder;
  }

  @Test
  void whatCannotFitIsRefusedByItsHeaderAlone() throws Exception {
    Path model = huge();
    assertThatThrownBy(() -> Engine.open(model, EngineOptions.DEFAULT.withContext(1024)))
        .isInstanceOf(JishiException.OutOfResources.class)
        .hasMessageContaining("beside weights of 41")
        .hasMessageContaining("take a smaller quantisation or model, a cache of bytes (q8)");
    // A limit that is set is taken at its word: nothing of the weights is read, so it opens.
    Capacity limit = Capacity.DEFAULT.withSequences(1).withMemory(500_000_000_000L);
    Engine.open(model, EngineOptions.DEFAULT.with(limit).withContext(64)).close();
  }

  @Test
  void aDraftModelCountsBeforeItIsLoaded() {
    EngineOptions plain = EngineOptions.DEFAULT.withContext(256);
    Speculation draft = Speculation.draft(model()); // as large as the model itself
    EngineOptions drafting = plain.with(draft);
    ModelOutline outline = ModelOutline.read(model());
    MemoryPlan alone = MemoryPlan.of(outline, drafting, 256);
    MemoryPlan both = alone.beside(ModelDrafter.Needs.of(outline, 16), false);
    assertThat(both.workspace()).isGreaterThan(alone.workspace());
    assertThat(both.perToken()).isEqualTo(2 * alone.perToken());
    long needed = both.weights() + both.draft() + both.workspace() + (256 + 64) * both.perToken();
    Capacity fits = Capacity.DEFAULT.withMemory(needed);
    Capacity lacks = Capacity.DEFAULT.withMemory(needed - 1);
    Engine.open(model(), drafting.with(fits)).close();
    Engine.open(model(), plain.with(lacks)).close();
    assertThatThrownBy(() -> Engine.open(model(), drafting.with(lacks)))
        .isInstanceOf(JishiException.OutOfResources.class)
        .hasMessageContaining("of the draft model")
        .hasMessageContaining("no draft model, ");
  }

  @Test
  void anAdapterCountsBeforeAnythingIsLoaded() {
    Path folder = temp.resolve("adapter");
    AdaptersTest.write(AdaptersTest.adapter(1, List.of("q_proj")), folder);
    Path base = AdaptersTest.MODEL;
    long bytes = AdapterFiles.bytes(folder);
    EngineOptions plain = EngineOptions.DEFAULT.withContext(256);
    MemoryPlan alone = MemoryPlan.of(ModelOutline.read(base), plain, 256);
    long needed = alone.weights() + alone.workspace() + (256 + 64) * alone.perToken() + bytes;
    EngineOptions fits = plain.with(Capacity.DEFAULT.withMemory(needed));
    EngineOptions lacks = plain.with(Capacity.DEFAULT.withMemory(needed - 1));
    Engine.open(base, fits.withAdapter(folder)).close();
    Engine.open(base, lacks).close();
    assertThatThrownBy(() -> Engine.open(base, lacks.withAdapter(folder)))
        .isInstanceOf(JishiException.OutOfResources.class);
  }

  @Test
  void theTowerOfAModelThatSeesCounts() throws IOException {
    Path folder = SeeingFolder.write(temp.resolve("seeing"), "vlm_qwen2_5_vl", "<v260>");
    ModelOutline outline = ModelOutline.read(folder);
    EngineOptions options = EngineOptions.DEFAULT.withContext(250);
    assertThat(outline.patches()).isPositive();
    long tower = Workspace.bytes(outline.tower(), outline.patches());
    MemoryPlan plan = MemoryPlan.of(outline, options, 250);
    assertThat(plan.workspace())
        .isEqualTo(Inspector.workspace(outline.spec(), 250, options) + tower);
    long needed = plan.weights() + plan.workspace() + (256 + 64) * plan.perToken();
    try (Engine engine = Engine.open(folder, options.with(Capacity.DEFAULT.withMemory(needed)))) {
      assertThat(engine.info().memory().workspace()).isEqualTo(plan.workspace());
    }
    assertThatThrownBy(
            () -> Engine.open(folder, options.with(Capacity.DEFAULT.withMemory(needed - tower))))
        .isInstanceOf(JishiException.OutOfResources.class);
  }

  @ParameterizedTest
  @MethodSource("families")
  void theHeadersTellWhatACacheTakes(String family) {
    try (Model model = TinyFamilies.open(family)) {
      ModelOutline outline =
          new ModelOutline(
              model.path(),
              model.name(),
              model.decoder().spec(),
              0,
              0,
              EmbeddingDefaults.NONE,
              null,
              0);
      assertThat(outline.stateSpec(DType.F16)).isEqualTo(model.decoder().stateSpec(DType.F16));
    }
  }

  static Stream<String> families() {
    return TinyFamilies.names();
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
