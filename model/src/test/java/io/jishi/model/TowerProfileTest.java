// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.family.Family;
import io.jishi.model.vision.PatchGrid;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Work;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where the arithmetic of a tiny random tower of each kind runs. */
class TowerProfileTest {
  /** Plain Java with less of a tower's work than this is not hot. */
  private static final double HOT = 0.02;

  /** Patches to a side: windows of four, with a rest. */
  private static final int SIDE = 12;

  private static final int PATCH = 8;

  private static final String TEXT =
      """
      "vocab_size": 256, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
      "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256,
      "rms_norm_eps": 1e-5, "hidden_act": "silu", "image_token_id": 250
      """;

  private static final String TOWER =
      """
      "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "depth": 3,
      "num_attention_heads": 4, "num_heads": 4, "image_size": 96, "patch_size": 8,
      "embed_dim": 64, "mlp_ratio": 2, "out_hidden_size": 64, "spatial_merge_size": 2,
      "temporal_patch_size": 2, "window_size": 64, "fullatt_block_indexes": [1]
      """;

  /** Sizes are multiples of 16, as those of real towers. */
  @ParameterizedTest
  @CsvSource({
    "llava, clip_vision_model, llama",
    "llava, siglip_vision_model, llama",
    "smolvlm, smolvlm_vision, llama",
    "qwen2_vl, qwen2_vl, ''",
    "qwen2_5_vl, qwen2_5_vl, ''",
    "minicpmv4_6, siglip_vision_model, llama"
  })
  void noHotOperationOfATowerRunsInPlainJava(String family, String tower, String text) {
    Assumptions.assumeFalse(
        Backend.cpu().description().startsWith("scalar"), "this level is plain Java");
    JsonObject json = config(family, tower, text);
    VisionSpec spec = Family.vision(new HuggingFaceConfig(json));
    Backend backend = Backend.cpu();
    RandomSpec random = new RandomSpec(family, json, WeightMix.of("q8_0"), 1);
    Checkpoint names = spec.names();
    try (AskedWeightFile file = new AskedWeightFile(random, names);
        Arena arena = Arena.ofShared();
        Ops ops = backend.ops(2)) {
      Tower loaded = new TowerLoader(spec, file, backend, arena, true).load(Set.of());
      float[] pixels = new float[SIDE * SIDE * 3 * PATCH * PATCH];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (float) Math.sin(i);
      }
      PatchGrid grid = new PatchGrid(SIDE, SIDE, pixels);
      float[][] vectors = loaded.encode(ops, grid, Precision.FAST);
      assertThat(vectors).hasNumberOfRows(loaded.tokens(grid));
      Work work = ops.work();
      assertThat(work.emitted()).isPositive();
      assertThat(work.java() / (work.java() + work.emitted())).isLessThan(HOT);
    }
  }

  private static JsonObject config(String family, String tower, String text) {
    String inner =
        text.isEmpty()
            ? ""
            : "\"text_config\": {\"model_type\": \"%s\", %s},".formatted(text, TEXT);
    String taken = tower.startsWith("siglip") ? "full" : "default";
    String all =
        """
        {"model_type": "%s", %s, "insert_layer_id": 1, "vision_feature_select_strategy": "%s",
        "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]}, %s
        "vision_config": {"model_type": "%s", %s}}
        """
            .formatted(family, TEXT, taken, inner, tower, TOWER);
    return JsonObject.of(family, Json.parse(family, all.getBytes(StandardCharsets.UTF_8)));
  }
}
