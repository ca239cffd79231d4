// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.GgufWriter;
import io.jishi.model.export.ModelSource;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that see as two GGUF files: the language model, and its tower with the projector. */
class ClipFilesTest {
  private static final int FUZZED = 150;

  /** Keys, names and shapes stand in the first bytes. */
  private static final int HEADER = 2500;

  @TempDir Path temp;

  private Path converted(String name, DType type) {
    Path file = temp.resolve(name + ".gguf");
    try (ModelSource source = ModelSource.open(Shared.require("goldens/" + name))) {
      GgufExport.write(source, file, type, Disk.LOCAL);
    }
    return file;
  }

  private static Model open(Path file, Path projector) {
    return Model.openSeeing(file, projector, Backend.cpu(), _ -> ModelOptions.DEFAULT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vlm_llava_clip",
        "vlm_llava_siglip",
        "vlm_qwen2_vl",
        "vlm_qwen2_5_vl",
        "vlm_smolvlm",
        "vlm_minicpmv4_6"
      })
  void theTwoFilesSeeAndSayWhatTheFolderDoes(String name) throws IOException {
    Path file = converted(name, DType.F32);
    Path projector = GgufExport.projector(file);
    try (Model model = open(file, null)) { // found beside it
      VisionGoldenTest.check(model, Shared.require("goldens/" + name));
    }
    try (GgufFile tower = GgufFile.open(projector)) {
      assertThat(tower.metadata().string("general.architecture")).isEqualTo("clip");
      assertThat(tower.tensors()).containsKeys("v.patch_embd.weight", "v.blk.0.ffn_up.weight");
    }
    Files.move(projector, temp.resolve("elsewhere.gguf"));
    try (Model model = open(file, null)) {
      assertThat(model.vision()).isNull();
    }
    try (Model model = open(file, temp.resolve("elsewhere.gguf"))) {
      assertThat(model.vision()).isNotNull();
    }
  }

  @Test
  void matricesOfTheTowerTakeAPlainTypeAndStayWhereTheTextIsMadeSmaller() {
    try (GgufFile half = GgufFile.open(GgufExport.projector(converted("vlm_smolvlm", DType.F16)));
        GgufFile small =
            GgufFile.open(GgufExport.projector(converted("vlm_llava_clip", DType.Q8_0)))) {
      assertThat(half.tensors().get("v.blk.0.attn_q.weight").type()).isEqualTo(DType.F16);
      assertThat(half.tensors().get("v.patch_embd.weight").type()).isEqualTo(DType.F32);
      assertThat(small.tensors().get("v.blk.0.attn_q.weight").type()).isEqualTo(DType.BF16);
    }
  }

  @Test
  void productsUnderEachOthersNamesAreToldByTheirShapes() throws IOException {
    Path file = converted("vlm_llava_clip", DType.F32);
    Path old = changed(GgufExport.projector(file), this::swapped, Map.of());
    try (Model model = open(file, old)) {
      VisionGoldenTest.check(model, Shared.require("goldens/vlm_llava_clip"));
    }
  }

  private String swapped(String name) {
    return name.contains("ffn_up")
        ? name.replace("ffn_up", "ffn_down")
        : name.replace("ffn_down", "ffn_up");
  }

  @Test
  void aFileThatSaysNothingOfItsProcessorHasThatOfItsKind() throws IOException {
    for (String name :
        List.of("vlm_llava_clip", "vlm_llava_siglip", "vlm_qwen2_vl", "vlm_smolvlm")) {
      Path file = converted(name, DType.F32);
      Map<String, Object> without = new HashMap<>();
      without.put("jishi.image_processor", null);
      Path plain = changed(GgufExport.projector(file), UnaryOperator.identity(), without);
      try (Model model = open(file, plain)) {
        VisionGoldenTest.check(model, Shared.require("goldens/" + name));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "general.architecture, llama, 'not a tower'",
    "clip.projector_type, resampler, 'resampler'",
    "clip.projector_type, , 'projector'",
    "clip.vision.patch_size, 0, 'patch_size'",
    "clip.vision.patch_size, 3, 'shape'",
    "clip.vision.image_size, 56, 'v.position_embd.weight'",
    "clip.vision.embedding_length, 44, 'shape'",
    "clip.vision.attention.head_count, 7, 'heads'",
    "clip.vision.attention.head_count, , 'head_count'",
    "clip.vision.block_count, 1, 'layers of 1'",
    "clip.vision.block_count, 2000000000, 'layers of 2000000000'",
    "clip.vision.feature_layer, 1, 'one layer'",
    "jishi.image_processor, '{', 'jishi.image_processor'",
    "jishi.image_processor, '{}', 'image_processor_type'",
    "jishi.image_token_id, , '<image>'"
  })
  void whatCannotBeIsToldByItsKey(String key, String value, String message) {
    Path file = converted("vlm_llava_clip", DType.F32);
    Map<String, Object> keys = new HashMap<>();
    keys.put(key, typed(value));
    Path bad = changed(GgufExport.projector(file), UnaryOperator.identity(), keys);
    assertThatThrownBy(() -> open(file, bad))
        .isInstanceOf(JishiException.class)
        .hasMessageContaining(message);
  }

  private static Object typed(String value) {
    return value == null
        ? null
        : value.equals("true")
            ? (Object) true
            : value.matches("\\d+") ? (Object) Integer.valueOf(value) : value;
  }

  @Test
  void aMissingTensorAndTheTowerOfAnotherModelAreTold() {
    Path file = converted("vlm_llava_clip", DType.F32);
    Path lacking =
        changed(
            GgufExport.projector(file), name -> name.equals("mm.2.weight") ? null : name, Map.of());
    assertThatThrownBy(() -> open(file, lacking))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("mm.2.weight");
    Path other = GgufExport.projector(converted("vlm_qwen2_vl", DType.F32)); // 64 wide, not 48
    assertThatThrownBy(() -> open(file, other))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessageContaining("mm.2.weight");
    Path published = Shared.require("goldens/vlm_llava_clip");
    assertThatThrownBy(() -> open(published, other))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("goes with a GGUF file");
  }

  @Test
  void damagedFilesAreRefusedOrRead() throws IOException {
    for (String name : List.of("vlm_qwen2_5_vl", "vlm_minicpmv4_6")) {
      Path file = converted(name, DType.F32);
      byte[] good = Files.readAllBytes(GgufExport.projector(file));
      Random random = new Random(7);
      Path bad = temp.resolve("bad.gguf");
      int refused = 0;
      for (int i = 0; i < FUZZED; i++) {
        byte[] bytes = good.clone();
        for (int k = 0; k <= random.nextInt(4); k++) {
          bytes[random.nextInt(HEADER)] = (byte) random.nextInt();
        }
        Files.write(bad, bytes);
        try (Model model = open(file, bad)) {
          assertThat(model.vision()).isNotNull();
        } catch (JishiException e) {
          refused++;
        }
      }
      assertThat(refused).isPositive();
    }
  }

  /** The same file with other names (null drops a tensor) and other values (null drops a key). */
  private Path changed(Path file, UnaryOperator<String> names, Map<String, Object> keys) {
    Path out = temp.resolve("changed-" + System.nanoTime() + ".gguf");
    try (GgufFile from = GgufFile.open(file)) {
      List<OutputTensor> tensors =
          from.tensors().values().stream()
              .filter(t -> names.apply(t.name()) != null)
              .map(t -> OutputTensor.of(t).named(names.apply(t.name())))
              .toList();
      GgufWriter writer = new GgufWriter(tensors);
      for (String key : from.metadata().keys()) {
        if (!keys.containsKey(key)) {
          writer.putStored(key, from.metadata().stored(key));
        }
      }
      keys.forEach(
          (key, value) -> {
            if (value != null) {
              writer.put(key, value);
            }
          });
      AtomicFiles.create(out, Disk.LOCAL, writer);
    }
    return out;
  }
}
