// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.model.export.Disk;
import io.jishi.model.export.GgufExport;
import io.jishi.model.export.GgufImport;
import io.jishi.model.export.ModelSource;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A GGUF file that is written of a checkpoint gives the checkpoint's logits; a checkpoint of which
 * GGUF cannot say what it is is refused.
 */
class GgufFamiliesTest {
  /** Reference models that GGUF has no form for, and a word of the reason that is given. */
  static final Map<String, String> REFUSED =
      new TreeMap<>(
          Map.of(
              "falcon_alibi", "alibi",
              "internlm_style_dynamic_ntk", "DynamicBase",
              "qwen3_moe", "experts",
              "rwkv4", "rwkv"));

  /** The same reasons for the table of families. */
  static final Map<String, String> REASONS =
      Map.of(
          "falcon_alibi", "refused: ALiBi",
          "internlm_style_dynamic_ntk", "refused: a base that grows with the length",
          "qwen3_moe", "refused: dense layers among those with experts",
          "rwkv4", "refused: no architecture");

  /** Rotary rows stand in another order: the same products, added in the same order. */
  private static final float SAME = 2e-5f;

  /**
   * What is rounded anew: multipliers are made part of the weights, factors of frequencies are of
   * single precision in GGUF.
   */
  private static final Map<String, Float> ROUNDED =
      Map.of("falcon_h1", 2e-4f, "phi3_longrope_long", 1e-4f);

  private static final int TOKENS = 40;

  /** By architecture, from a list of the format's own names. */
  private static final Map<String, Set<String>> KNOWN = known();

  @TempDir Path temp;

  static Stream<String> written() {
    return FamilyGoldenTest.families().filter(name -> !REFUSED.containsKey(name));
  }

  static Stream<String> refused() {
    return REFUSED.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("written")
  void aConvertedCheckpointGivesTheSameLogits(String name) {
    Path folder = folder(name);
    Path file = temp.resolve(name + ".gguf");
    try (ModelSource source = ModelSource.open(folder)) {
      GgufExport.write(source, file, DType.F32, Disk.LOCAL);
    }
    namesAreThoseOfTheFormat(file);
    float[][] expected = logits(folder);
    float[][] actual = logits(file);
    assertThat(actual).hasDimensions(TOKENS, expected[0].length);
    check(actual, expected, ROUNDED.getOrDefault(name, SAME));
  }

  /** What this writes and reads by one table might be wrong both ways; names have an oracle. */
  private static void namesAreThoseOfTheFormat(Path file) {
    try (GgufFile gguf = GgufFile.open(file)) {
      String architecture = gguf.metadata().string("general.architecture");
      assertThat(KNOWN).containsKey(architecture);
      Set<String> known = KNOWN.get(architecture);
      assertThat(gguf.tensors().keySet())
          .allSatisfy(
              name -> {
                String stem = name.replaceFirst("^blk\\.\\d+\\.", "");
                assertThat(known).contains(stem.replaceFirst("\\.(weight|bias)$", ""));
              });
    }
  }

  private static Map<String, Set<String>> known() {
    try (InputStream in = GgufFamiliesTest.class.getResourceAsStream("/gguf-tensors.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(": "))
          .collect(Collectors.toMap(line -> line[0], line -> Set.of(line[1].split(" "))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("written")
  void theFolderOfAFileGivesTheSameLogits(String name) {
    Path file = temp.resolve(name + ".gguf");
    try (ModelSource source = ModelSource.open(folder(name))) {
      GgufExport.write(source, file, DType.F32, Disk.LOCAL);
    }
    Path back = temp.resolve("back");
    GgufImport.write(file, back, Disk.LOCAL);
    check(logits(back), logits(file), ROUNDED.getOrDefault(name, SAME));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatAFileCannotSayIsRefused(String name) {
    Path file = temp.resolve(name + ".gguf");
    try (ModelSource source = ModelSource.open(folder(name))) {
      assertThatThrownBy(() -> GgufExport.write(source, file, DType.F32, Disk.LOCAL))
          .isInstanceOf(JishiException.Unsupported.class)
          .hasMessageContainingAll("config.json", REFUSED.get(name));
    }
    assertThat(Files.exists(file)).isFalse();
  }

  private static Path folder(String name) {
    return Shared.require("goldens/" + name);
  }

  private static float[][] logits(Path model) {
    int[] tokens =
        java.util.stream.IntStream.range(0, TOKENS).map(i -> (i * 31 + 7) % 250).toArray();
    try (GoldenTest.Runner runner =
        new GoldenTest.Runner(model, DType.F32, Precision.EXACT, 1, 0)) {
      return runner.logits(tokens);
    }
  }

  private static void check(float[][] actual, float[][] expected, float tolerance) {
    for (int t = 0; t < expected.length; t++) {
      for (int v = 0; v < expected[t].length; v++) {
        assertThat(actual[t][v])
            .as("token %d, value %d", t, v)
            .isCloseTo(expected[t][v], Offset.offset(tolerance));
      }
    }
  }
}
