// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.safetensors;

import static io.jishi.model.safetensors.Made.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException.BadFile;
import io.jishi.base.JishiException.Unsupported;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.StoredTensor;
import io.jishi.tensor.DType;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
  @TempDir Path folder;

  @Test
  void tensorsAndMetadataAreRead() throws IOException {
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + String.join(
                ",",
                entry("b", "F32", "[2,1]", 4, 12),
                entry("a", "BF16", "[2]", 0, 4),
                entry("scalar", "I8", "[]", 12, 13),
                entry("none", "F64", "[0,7]", 13, 13))
            + "}   ";
    Path path = Files.write(folder.resolve("m.safetensors"), Made.file(header, 13));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.path()).isEqualTo(path);
      assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
      assertThat(file.tensors().keySet()).containsExactly("b", "a", "scalar", "none");
      StoredTensor b = file.tensors().get("b");
      assertThat(b.type()).isEqualTo(DType.F32);
      assertThat(b.shape()).containsExactly(2L, 1L);
      assertThat(b.data().toArray(ValueLayout.JAVA_BYTE)).containsExactly(4, 5, 6, 7, 8, 9, 10, 11);
      assertThat(b.data().isReadOnly()).isTrue();
      assertThat(file.tensors().get("scalar").elements()).isEqualTo(1);
      assertThat(file.tensors().get("none").elements()).isZero();
      assertThat(file.tensors().get("absent")).isNull();
      assertThat(file.otherTypes()).isEmpty();
    }
  }

  @Test
  void aTypeThatJishiLacksIsAnErrorOnlyWhereItIsAskedFor() {
    Header header =
        Made.parse(
            Made.file(
                "{"
                    + String.join(
                        ",",
                        entry("w", "F8_E4M3", "[4]", 0, 4),
                        entry("mask", "BOOL", "[2]", 4, 6),
                        entry("new", "F3_LATER", "[9]", 6, 8),
                        entry("good", "F16", "[1]", 8, 10))
                    + "}",
                10));
    assertThat(header.tensors().keySet()).containsExactly("good");
    assertThat(header.tensors().unknown())
        .containsExactly(
            Map.entry("w", "F8_E4M3"), Map.entry("mask", "BOOL"), Map.entry("new", "F3_LATER"));
    assertThat(header.tensors().containsKey("good")).isTrue();
    assertThatThrownBy(() -> header.tensors().get("w"))
        .isInstanceOf(Unsupported.class)
        .hasMessageContaining("tensor 'w' has the type 'F8_E4M3'");
    assertThatThrownBy(() -> header.tensors().containsKey("new")).isInstanceOf(Unsupported.class);
  }

  @Test
  void aHeaderThatCannotBeIsAnError() {
    bad(new byte[5], "has only 5 bytes");
    bad(length(0), "its header would have 0 bytes");
    bad(length((16 << 20) + 1), "its header would have 16777217 bytes");
    bad(length(Long.MIN_VALUE), "its header would have 9223372036854775808 bytes");
    bad(length(16 << 20), "the header needs bytes 8..16777224 but the file ends at 16");
    bad(Made.file("[]", 0), "its header is no JSON object");
    bad(Made.file("{\"a\":", 0), "header: not valid JSON");
    bad(Made.file("{} x", 0), "header: not valid JSON");
    bad(Made.file("{\"a\":".repeat(50_000), 0), "header: not valid JSON");
    bad(
        Made.file(
            "{" + entry("a", "I8", "[1]", 0, 1) + "," + entry("a", "I8", "[1]", 0, 1) + "}", 1),
        "not valid JSON");
  }

  @Test
  void anEntryOfAWrongFormIsAnError() {
    bad(Made.file("{\"t\":3}", 0), "tensor 't': expected a JSON object, found 3");
    bad(Made.file("{\"t\":{}}", 0), "tensor 't': 'dtype' is missing");
    bad(Made.file("{\"t\":{\"dtype\":1}}", 0), "'dtype' must be a string");
    bad(Made.file("{\"t\":{\"dtype\":\"F32\"}}", 0), "'shape' is missing");
    bad(one("F32", "[1.5]", 0, 4), "'shape' must hold whole numbers from 0 to 2^63");
    bad(one("F32", "[-1]", 0, 4), "'shape' must hold whole numbers");
    bad(one("F32", "[99999999999999999999]", 0, 4), "'shape' must hold whole numbers");
    bad(one("F32", "[[1]]", 0, 4), "'shape' must hold whole numbers");
    bad(one("F32", "[1]", 4, 0), "'data_offsets' must be a begin and an end, found [4, 0]");
    bad(one("F32", "[1]", -4, 0), "'data_offsets' must hold whole numbers");
    bad(Made.file("{\"__metadata__\":[]}", 0), "'__metadata__' must be an object");
    bad(Made.file("{\"__metadata__\":{\"a\":1}}", 0), "'a' must be a string");
  }

  @Test
  void shapeAndBytesHaveToAgree() {
    bad(one("F32", "[2]", 0, 4), "shape [2] of F32 does not take the 4 bytes");
    bad(one("F4", "[1]", 0, 4), "shape [1] of F4 does not take the 4 bytes");
    bad(one("U8", "[3]", 0, 4), "shape [3] of U8 does not take the 4 bytes");
    bad(one("F32", "[4294967296,4294967296]", 0, 4), "does not take");
    bad(one("F32", "[4611686018427387904]", 0, 4), "does not take");
    bad(one("F32", "[4611686018427387904,4,0]", 0, 0), "does not take");
  }

  @Test
  void theDataIsCoveredWithoutHoleOverlapOrRest() {
    bad(two(0, 4, 5, 9, 9), "begins at 5 of the data, but the tensor before it ends at 4");
    bad(two(0, 4, 3, 7, 7), "begins at 3 of the data");
    bad(two(1, 5, 5, 9, 9), "begins at 1 of the data, but the tensor before it ends at 0");
    bad(two(0, 4, 4, 8, 9), "the last tensor ends at 8 of 9 bytes");
    bad(two(0, 4, 4, 8, 7), "needs bytes 4..8 of the data but the data ends at 7: the download");
    bad(one("I8", "[1152921504606846975]", 0, (1L << 60) - 1), "the download is incomplete");
  }

  @Test
  void goldenFilesOfEveryFamilyOpen() throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.find(Shared.require("goldens"), 2, (p, _) -> weights(p))) {
      paths = all.toList();
    }
    assertThat(paths).isNotEmpty();
    for (Path path : paths) {
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        assertThat(file.tensors().size() + file.otherTypes().size())
            .as(path.toString())
            .isEqualTo(count(path));
      }
    }
  }

  @Test
  void aRealModelOpens() {
    Path path = Shared.require("weights/learning-lm-story");
    try (SafetensorsFolder file = SafetensorsFolder.open(path)) {
      assertThat(file.path()).isEqualTo(path.resolve("model.safetensors"));
      assertThat(file.tensors().get("lm_head.weight").shape()).containsExactly(2048L, 128L);
    }
  }

  private static boolean weights(Path path) {
    return path.toString().endsWith(".safetensors");
  }

  /** Tensors by another way than the one under test: fields of the parsed header. */
  private static int count(Path path) throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    JsonObject header =
        JsonObject.of("header", Json.parse("header", Arrays.copyOfRange(bytes, 8, 8 + length)));
    return header.fields().size() - (header.has("__metadata__") ? 1 : 0);
  }

  private static byte[] length(long value) {
    return ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  private static byte[] one(String type, String shape, long begin, long end) {
    return Made.file("{" + entry("t", type, shape, begin, end) + "}", 4);
  }

  private static byte[] two(long begin1, long end1, long begin2, long end2, int data) {
    return Made.file(
        "{"
            + entry("a", "I8", "[4]", begin1, end1)
            + ","
            + entry("b", "I8", "[4]", begin2, end2)
            + "}",
        data);
  }

  private static void bad(byte[] file, String message) {
    assertThatThrownBy(() -> Made.parse(file))
        .isInstanceOf(BadFile.class)
        .hasMessageStartingWith("m.safetensors: ")
        .hasMessageContaining(message);
  }
}
