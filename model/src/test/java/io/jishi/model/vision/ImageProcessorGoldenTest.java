// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.Json;
import io.jishi.model.StoredTensor;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pixels against those of the published processors. */
class ImageProcessorGoldenTest {
  /** One step of 8 bits is 0.0078 and more; below it only roundings of single precision remain. */
  private static final float ROUNDING = 1e-6f;

  private static final ValueLayout.OfFloat FLOATS = ValueLayout.JAVA_FLOAT_UNALIGNED;

  @ParameterizedTest
  @CsvSource({
    "vlm_llava_clip, 7, 1, 0, 0",
    "vlm_llava_siglip, 8, 1, 0, 0",
    "vlm_qwen2_vl, 7, 1, 0, 0",
    "vlm_qwen2_5_vl, 7, 1, 0, 0",
    "vlm_smolvlm, 8, 5, 2, 2",
    "vlm_minicpmv4_6, 7, 1, 0, 0"
  })
  void pixelsAreThoseOfThePublishedProcessor(
      String name, int patch, int grids, int tileRows, int tileColumns) throws IOException {
    Path folder = Shared.require("goldens/" + name);
    ImageProcessor processor =
        ImageProcessor.of(Json.parseObject(folder.resolve("preprocessor_config.json")), patch);
    Pixels pixels = processor.patches(NumpyImage.read(folder.resolve("image.npy")));
    assertThat(pixels.grids()).hasSize(grids);
    assertThat(pixels.tileRows()).isEqualTo(tileRows);
    assertThat(pixels.tileColumns()).isEqualTo(tileColumns);
    try (SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
      StoredTensor expected = golden.tensors().get("processor.pixel_values");
      int values = pixels.grids().stream().mapToInt(g -> g.values().length).sum();
      int frames = name.contains("qwen") ? 2 : 1;
      assertThat(expected.data().byteSize()).isEqualTo(4L * values * frames);
      for (int g = 0; g < grids; g++) {
        compare(name, pixels.grids().get(g), patch, expected, g);
      }
    }
  }

  private static void compare(
      String name, PatchGrid grid, int patch, StoredTensor expected, int number) {
    int size = 3 * patch * patch;
    for (int row = 0; row < grid.rows(); row++) {
      for (int column = 0; column < grid.columns(); column++) {
        for (int i = 0; i < size; i++) {
          int colour = i / (patch * patch);
          int y = i / patch % patch;
          int x = i % patch;
          long at =
              name.contains("qwen")
                  ? qwen(grid, row, column, patch, colour, y, x)
                  : name.contains("minicpm")
                      ? ((long) colour * patch + y) * grid.rows() * grid.columns() * patch
                          + (row * grid.columns() + column) * patch
                          + x
                      : (((long) number * 3 + colour) * grid.rows() * patch + row * patch + y)
                              * grid.columns()
                              * patch
                          + column * patch
                          + x;
          float value = grid.values()[(row * grid.columns() + column) * size + i];
          assertThat(value)
              .as("grid %d, patch %d %d, value %d", number, row, column, i)
              .isCloseTo(expected.data().get(FLOATS, 4 * at), within(ROUNDING));
        }
      }
    }
  }

  /** Patches in blocks of 2 × 2, two frames each: {@code [colour, frame, y, x]}. */
  private static long qwen(
      PatchGrid grid, int row, int column, int patch, int colour, int y, int x) {
    long block = (long) (row / 2) * (grid.columns() / 2) + column / 2;
    long place = 4 * block + row % 2 * 2 + column % 2;
    return (place * 3 + colour) * 2 * patch * patch + (long) y * patch + x;
  }
}
