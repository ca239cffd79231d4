// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.DecoderSpec;
import io.jishi.model.GgufLayout;
import io.jishi.model.ModelConfig;
import io.jishi.model.WeightMix;
import io.jishi.model.family.Family;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Forms in which models are published, of which there is no reference model: made here. */
class PublishedFormsTest {
  private static final int[] TOKENS = {3, 1, 4, 15, 9, 26, 5, 35};

  /** The same products in another order of rows. */
  private static final float SAME = 2e-5f;

  /** The values of four bits: a sign, and these. */
  private static final float[] CODES = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};

  private static final String GPT_OSS =
      """
      {"model_type":"gpt_oss","vocab_size":40,"hidden_size":64,"intermediate_size":32,
       "num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":16,
       "max_position_embeddings":64,"rms_norm_eps":1e-5,"rope_theta":10000,"sliding_window":4,
       "num_local_experts":3,"num_experts_per_tok":2,"tie_word_embeddings":false}
      """;

  private static final String FALCON =
      """
      {"model_type":"falcon","vocab_size":40,"hidden_size":64,"num_hidden_layers":2,
       "num_attention_heads":8,"num_kv_heads":2,"new_decoder_architecture":true,"bias":false,
       "num_ln_in_parallel_attn":%d,"layer_norm_epsilon":1e-5,"tie_word_embeddings":true}
      """;

  private static final String QWEN =
      """
      {"model_type":"qwen3_moe","vocab_size":40,"hidden_size":32,"intermediate_size":48,
       "moe_intermediate_size":16,"num_hidden_layers":2,"num_attention_heads":4,
       "num_key_value_heads":2,"head_dim":8,"max_position_embeddings":64,"rms_norm_eps":1e-6,
       "rope_theta":10000,"num_experts":4,"num_experts_per_tok":2,"norm_topk_prob":true,
       "tie_word_embeddings":false}
      """;

  /** Parts of names of tensors that could have another form. */
  private static final List<String> PUBLISHED =
      List.of("embed", "experts.gate_up", "query_key_value");

  @TempDir Path temp;

  /** A tensor of a made file. */
  private record Made(String type, List<Long> shape, byte[] bytes) {}

  private static void write(Path folder, String config, Map<String, Made> tensors)
      throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), config);
    Map<String, Object> header = new LinkedHashMap<>();
    long at = 0;
    for (Map.Entry<String, Made> tensor : tensors.entrySet()) {
      Made made = tensor.getValue();
      header.put(
          tensor.getKey(),
          Map.of(
              "dtype",
              made.type,
              "shape",
              made.shape,
              "data_offsets",
              List.of(at, at + made.bytes.length)));
      at += made.bytes.length;
    }
    byte[] json = Json.write(header).getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate((int) (8 + json.length + at)).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    tensors.values().forEach(made -> file.put(made.bytes));
    Files.write(folder.resolve("model.safetensors"), file.array());
  }

  /** Random tensors of a model of any family, in the shapes of its published files. */
  private static Map<String, Made> random(String config) {
    DecoderSpec spec =
        Family.spec(ModelConfig.of(JsonObject.of("config", Json.parse("config", config))));
    GgufLayout layout = GgufLayout.of(GgufLayout.written().get(spec.architecture()));
    List<Moved> moved =
        TensorMoves.of(
            spec,
            layout,
            spec.checkpoint(),
            name -> PUBLISHED.stream().anyMatch(name::contains) ? List.of() : null,
            new HashSet<>());
    Random random = new Random(7);
    Map<String, Made> made = new LinkedHashMap<>();
    for (Moved m : moved) {
      for (Published p : m.from()) {
        boolean gain = p.name().contains("norm") || p.name().contains("ln_");
        made.computeIfAbsent(
            p.name(),
            name -> {
              float[] values = new float[(int) p.elements()];
              for (int i = 0; i < values.length; i++) {
                boolean expert = name.contains("experts") && !name.endsWith("bias");
                float code = CODES[random.nextInt(8)] * (random.nextBoolean() ? 1 : -1) / 32;
                float any = (float) random.nextGaussian() / 8;
                values[i] = expert ? code : any + (gain ? 1 : 0);
              }
              return new Made("F32", p.shape(), bytes(values));
            });
      }
    }
    return made;
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      out.putFloat(value);
    }
    return out.array();
  }

  /** {@code [experts, in, out]} of floats as blocks and scales of {@code [experts, out, in]}. */
  private static void pack(String name, Made floats, Map<String, Made> to) {
    int experts = floats.shape.get(0).intValue();
    int in = floats.shape.get(1).intValue();
    int out = floats.shape.get(2).intValue();
    ByteBuffer values = ByteBuffer.wrap(floats.bytes).order(ByteOrder.LITTLE_ENDIAN);
    byte[] blocks = new byte[experts * in * out / 2];
    byte[] scales = new byte[experts * in * out / 32];
    java.util.Arrays.fill(scales, (byte) (127 - 5)); // values were divided by 2^5
    for (int e = 0; e < experts; e++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          float value = values.getFloat(4 * ((e * in + i) * out + o)) * 32;
          int code = value < 0 || 1 / value < 0 ? 8 : 0;
          while (CODES[code & 7] != Math.abs(value)) {
            code++;
          }
          blocks[((e * out + o) * in + i) / 2] |= (byte) (code << 4 * (i % 2));
        }
      }
    }
    long n = in / 32;
    to.put(name + "_blocks", new Made("U8", List.of((long) experts, (long) out, n, 16L), blocks));
    to.put(name + "_scales", new Made("U8", List.of((long) experts, (long) out, n), scales));
  }

  @Test
  void expertsOfFourBitsAreThoseOfTheirFloats() throws IOException {
    Map<String, Made> floats = random(GPT_OSS);
    Map<String, Made> fours = new LinkedHashMap<>();
    floats.forEach(
        (name, made) -> {
          if (name.endsWith("_proj")) {
            pack(name, made, fours);
          } else {
            fours.put(name, made);
          }
        });
    assertThat(fours).hasSize(floats.size() + 4);
    write(temp.resolve("floats"), GPT_OSS, floats);
    write(temp.resolve("fours"), GPT_OSS, fours);
    float[] expected = logits(temp.resolve("floats"));
    assertThat(logits(temp.resolve("fours"))).isEqualTo(expected);

    // Left as they are, the experts keep their type on the way to GGUF.
    Path file = temp.resolve("fours.gguf");
    try (ModelSource source = ModelSource.open(temp.resolve("fours"))) {
      GgufExport.write(source, file, (WeightMix) null, Disk.LOCAL, Progress.NONE);
    }
    try (GgufFile gguf = GgufFile.open(file)) {
      for (String part : List.of("gate", "up", "down")) {
        assertThat(gguf.tensors().get("blk.0.ffn_" + part + "_exps.weight").type())
            .isEqualTo(DType.MXFP4);
      }
    }
    close(logits(file), expected);
    GgufImport.write(file, temp.resolve("back"), Disk.LOCAL);
    close(logits(temp.resolve("back")), expected);
  }

  /** 40B has two norms a layer, 11B one; both have groups of heads in packed projections. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void falconOfTheLargerKindComesThroughGguf(int norms) throws IOException {
    String config = FALCON.formatted(norms);
    write(temp.resolve("falcon"), config, random(config));
    float[] expected = logits(temp.resolve("falcon"));
    Path file = temp.resolve("falcon.gguf");
    try (ModelSource source = ModelSource.open(temp.resolve("falcon"))) {
      GgufExport.write(source, file, DType.F32, Disk.LOCAL);
    }
    try (GgufFile gguf = GgufFile.open(file)) {
      assertThat(gguf.tensors().containsKey("blk.0.attn_norm_2.weight")).isEqualTo(norms == 2);
    }
    close(logits(file), expected);
    GgufImport.write(file, temp.resolve("back"), Disk.LOCAL);
    close(logits(temp.resolve("back")), expected);
  }

  /** As all published ones are; the reference model has a dense layer among them. */
  @Test
  void qwen3WithExpertsInEveryLayerComesThroughGguf() throws IOException {
    write(temp.resolve("qwen"), QWEN, random(QWEN));
    float[] expected = logits(temp.resolve("qwen"));
    Path file = temp.resolve("qwen.gguf");
    try (ModelSource source = ModelSource.open(temp.resolve("qwen"))) {
      GgufExport.write(source, file, DType.F32, Disk.LOCAL);
    }
    close(logits(file), expected);
    GgufImport.write(file, temp.resolve("back"), Disk.LOCAL);
    close(logits(temp.resolve("back")), expected);
  }

  private static void close(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(SAME));
    }
  }

  private static float[] logits(Path path) {
    return Logits.of(path, TOKENS);
  }
}
