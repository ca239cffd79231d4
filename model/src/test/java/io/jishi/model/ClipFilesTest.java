// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.ModelSource;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that see as two GGUF files: the language model, and its tower with the projector. */
class ClipFilesTest {
  private static final int FUZZED = 400;

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
}
