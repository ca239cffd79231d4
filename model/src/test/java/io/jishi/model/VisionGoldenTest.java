// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.model.vision.NumpyImage;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.Tensor;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Models that see against Hugging Face Transformers: vectors of an image, logits, greedy tokens.
 */
class VisionGoldenTest {
  /** FP32 noise of a tower of three layers, whose values are of the order of one. */
  private static final float VECTOR_ERROR = 1e-4f;

  /** FP32 noise of the reference under a jitter of all weights by 1e-6, with a margin. */
  private static final float LOGIT_ERROR = 5e-4f;

  private static final ValueLayout.OfFloat FLOATS = ValueLayout.JAVA_FLOAT_UNALIGNED;

  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "vlm_llava_clip, config.json",
    "vlm_llava_clip, config_v5.json",
    "vlm_llava_siglip, config.json",
    "vlm_llava_siglip, config_v5.json",
    "vlm_qwen2_vl, config.json",
    "vlm_qwen2_vl, config_v5.json",
    "vlm_qwen2_5_vl, config.json",
    "vlm_qwen2_5_vl, config_v5.json",
    "vlm_smolvlm, config.json",
    "vlm_smolvlm, config_v5.json",
    "vlm_minicpmv4_6, config.json",
    "vlm_minicpmv4_6, config_v5.json"
  })
  void whatAModelSeesAndSaysIsTheReferences(String name, String config) throws IOException {
    Path golden = Shared.require("goldens/" + name);
    Path folder = Files.createDirectory(temp.resolve("model"));
    Files.copy(golden.resolve(config), folder.resolve("config.json"));
    for (String file : List.of("model.safetensors", "preprocessor_config.json")) {
      Files.copy(golden.resolve(file), folder.resolve(file));
    }
    try (Model model = Model.open(folder, Backend.cpu())) {
      check(model, golden);
    }
  }

  /** What a model sees and says is what the reference does. */
  static void check(Model model, Path golden) throws IOException {
    JsonObject json = Json.parseObject(golden.resolve("golden.json"));
    try (SafetensorsFile expected = SafetensorsFile.open(golden.resolve("golden.safetensors"));
        Ops ops = Backend.cpu().ops(0);
        StatePool pool = new StatePool(model.decoder().stateSpec(DType.F32), 512)) {
      Vision vision = model.vision();
      Vision.Seen seen =
          vision.see(
              ops, vision.pixels(NumpyImage.read(golden.resolve("image.npy"))), Precision.EXACT);
      compare("image", seen.vectors(), expected.tensors().get("image_features"), VECTOR_ERROR);
      JsonObject prompt = JsonObject.of("prompt", json.array("prompts").orElseThrow().getFirst());
      int[] tokens = ints(prompt, "input_ids");
      int[] greedy = ints(prompt, "greedy");
      SeenTokens media = new SeenTokens(vision.spec(), tokens, List.of(seen));
      Run run = new Run(model.decoder(), ops, pool);
      float[][] logits = run.logits(tokens, tokens.length, media);
      compare("with image", logits, expected.tensors().get("p0.logits"), LOGIT_ERROR);
      assertThat(run.logits(tokens, 7, media)).isDeepEqualTo(logits);
      assertThat(run.greedy(tokens, greedy.length, media)).isEqualTo(greedy);
      int[] text = ints(json, "text_only_ids");
      compare(
          "text alone",
          run.logits(text, text.length, null),
          expected.tensors().get("text_only.logits"),
          LOGIT_ERROR);
    }
  }

  private static void compare(String what, float[][] rows, StoredTensor expected, float error) {
    assertThat(expected.shape()).isEqualTo(List.of((long) rows.length, (long) rows[0].length));
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        assertThat(rows[i][j])
            .as("%s: row %d, value %d", what, i, j)
            .isCloseTo(expected.data().get(FLOATS, 4L * (i * rows[i].length + j)), within(error));
      }
    }
  }

  private static int[] ints(JsonObject json, String field) {
    return json.array(field).orElseThrow().stream().mapToInt(v -> ((Long) v).intValue()).toArray();
  }

  /** A model at work. */
  private record Run(Decoder decoder, Ops ops, StatePool pool) {
    float[][] logits(int[] tokens, int size, SeenTokens media) {
      float[][] all = new float[tokens.length][];
      Batch batch = new Batch();
      try (SequenceState state = pool.newState()) {
        for (int from = 0; from < tokens.length; from += size) {
          int count = Math.min(size, tokens.length - from);
          batch.clear();
          batch.add(state, tokens, from, count, count, media);
          Tensor logits = decoder.forward(ops, batch, Precision.EXACT);
          for (int i = 0; i < count; i++) {
            all[from + i] = logits.row(i);
          }
        }
      }
      return all;
    }

    int[] greedy(int[] prompt, int count, SeenTokens media) {
      int[] out = new int[count];
      Batch batch = new Batch();
      try (SequenceState state = pool.newState()) {
        batch.add(state, prompt, 0, prompt.length, 1, media);
        for (int i = 0; i < count; i++) {
          out[i] = GoldenTest.Runner.best(decoder.forward(ops, batch, Precision.EXACT).row(0));
          batch.clear();
          batch.add(state, out, i, 1, 1, media);
        }
      }
      return out;
    }
  }
}
