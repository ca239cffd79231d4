// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.jishi.base.JishiException.BadFile;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.StoredTensor;
import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.testkit.GgufWriter;
import io.jishi.testkit.GgufWriter.Array;
import io.jishi.testkit.GgufWriter.Type;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
  /** The golden has seven digits. */
  private static final double GOLDEN_ERROR = 1e-6;

  @TempDir Path folder;

  @Test
  void everyMetadataTypeOfTheGoldenBecomesAPlainValue() throws IOException {
    try (GgufFile file = GgufFile.open(golden())) {
      GgufMetadata m = file.metadata();
      assertThat(m.keys()).hasSize(20).startsWith("general.architecture", "llama.block_count");
      assertThat(m.get("general.architecture")).isEqualTo("llama");
      assertThat(m.get("test.unicode")).isEqualTo("基石 😀\n\t\0x");
      assertThat(m.get("test.true")).isEqualTo(true);
      assertThat(m.get("test.u8")).isEqualTo(255L);
      assertThat(m.get("test.i8")).isEqualTo(-128L);
      assertThat(m.get("test.u16")).isEqualTo(65535L);
      assertThat(m.get("test.i16")).isEqualTo(-32768L);
      assertThat(m.get("test.u32")).isEqualTo(4294967295L);
      assertThat(m.get("test.i32")).isEqualTo(-2147483648L);
      assertThat(m.get("test.u64")).isEqualTo(BigInteger.TWO.pow(64).subtract(BigInteger.ONE));
      assertThat(m.get("test.i64")).isEqualTo(Long.MIN_VALUE);
      assertThat(m.get("test.f32")).isEqualTo((double) 0.1f);
      assertThat(m.get("test.f64")).isEqualTo(0.1);
      assertThat(m.get("test.strings")).isEqualTo(new String[] {"a", "", "你好", "👨‍👩‍👧‍👦"});
      assertThat(m.get("test.ints")).isEqualTo(new int[] {1, -2, 3});
      assertThat(m.get("test.floats")).isEqualTo(new float[] {0.5f, -1.25f});
      assertThat(m.get("test.bools")).isEqualTo(new boolean[] {true, false, true});
    }
  }

  @Test
  void everyTensorOfTheGoldenHasItsTypeShapeAndPlace() throws IOException {
    JsonObject golden = JsonObject.of("golden", Json.parse("golden", resource("all_types.json")));
    JsonObject tensors = golden.object("tensors").orElseThrow();
    JsonObject offsets = golden.object("offsets").orElseThrow();
    try (GgufFile file = GgufFile.open(golden())) {
      assertThat(file.tensors().keySet()).containsExactlyElementsOf(tensors.fields().keySet());
      long start = file.tensors().get("t.BF16").data().address() - 2080; // its golden offset
      for (StoredTensor tensor : file.tensors().values()) {
        JsonObject expected = tensors.object(tensor.name()).orElseThrow();
        assertThat(tensor.data().address() - start).isEqualTo(offsets.requireInt(tensor.name()));
        assertThat(tensor.type().name()).isEqualTo(expected.text("type").orElseThrow());
        List<Object> shape = new ArrayList<>(expected.array("shape_ggml").orElseThrow());
        Collections.reverse(shape);
        assertThat(tensor.shape()).isEqualTo(shape);
        assertThat(tensor.data().byteSize()).isEqualTo(tensor.type().rowBytes(tensor.elements()));
      }
      float first =
          file.tensors()
              .get("t.F32")
              .data()
              .get(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
      assertThat(first).isEqualTo(2.040919f);
    }
  }

  @Test
  void everyRunnableTensorOfTheGoldenHasItsValues() throws IOException {
    JsonObject golden = JsonObject.of("golden", Json.parse("golden", resource("all_types.json")));
    JsonObject tensors = golden.object("tensors").orElseThrow();
    try (GgufFile file = GgufFile.open(golden())) {
      for (StoredTensor tensor : file.tensors().values()) {
        if (!tensor.type().runnable()) {
          continue;
        }
        float[] values = new float[Math.toIntExact(tensor.elements())];
        byte[] raw = tensor.data().toArray(ValueLayout.JAVA_BYTE);
        Dequantizer.dequantize(tensor.type(), raw, values.length, values);
        JsonObject expected = tensors.object(tensor.name()).orElseThrow();
        double sum = 0;
        double magnitude = 0;
        for (float value : values) {
          sum += value;
          magnitude += Math.abs(value);
        }
        assertThat(sum)
            .as(tensor.name())
            .isCloseTo(expected.number("sum").orElseThrow(), offset(GOLDEN_ERROR * magnitude));
        List<Object> first = expected.array("first").orElseThrow();
        for (int i = 0; i < first.size(); i++) {
          double value = ((Number) first.get(i)).doubleValue();
          assertThat((double) values[i])
              .as(tensor.name())
              .isCloseTo(value, offset(GOLDEN_ERROR * Math.abs(value)));
        }
      }
    }
  }

  @Test
  void integersOfAnyTypeAreIntsWhileTheyFit() {
    GgufFile file =
        written(
            new GgufWriter()
                .put("u8", Type.U8, List.of(0, 255))
                .put("u32", Type.U32, List.of(1, 7))
                .put("u32.large", Type.U32, List.of(1, -1, 2))
                .put("i64", Type.I64, List.of(-5, 5))
                .put("i64.large", Type.I64, List.of(1L << 40, -1L))
                .put("f64", Type.F64, List.of(0.1))
                .put("empty", Type.STRING, List.of())
                .put(
                    "nested",
                    Type.ARRAY,
                    List.of(new Array(Type.U8, List.of(1)), new Array(Type.STRING, List.of("a")))));
    try (file) {
      assertThat(file.metadata("u8")).isEqualTo(new int[] {0, 255});
      assertThat(file.metadata("u32")).isEqualTo(new int[] {1, 7});
      assertThat(file.metadata("u32.large")).isEqualTo(new long[] {1, 4294967295L, 2});
      assertThat(file.metadata("i64")).isEqualTo(new int[] {-5, 5});
      assertThat(file.metadata("i64.large")).isEqualTo(new long[] {1L << 40, -1});
      assertThat(file.metadata("f64")).isEqualTo(new double[] {0.1});
      assertThat(file.metadata("empty")).isEqualTo(new String[0]);
      assertThat(file.metadata("nested"))
          .isEqualTo(new Object[] {new int[] {1}, new String[] {"a"}});
      assertThat(file.metadata("absent")).isNull();
    }
  }

  @Test
  void aValueOfAWrongTypeNamesFileKeyExpectedAndFound() {
    try (GgufFile file =
        written(
            new GgufWriter()
                .put("text", "abc")
                .put("number", 8)
                .put("large", Type.U32, -1)
                .put("list", Type.STRING, List.of("a")))) {
      GgufMetadata m = file.metadata();
      assertThat(m.string("text")).isEqualTo("abc");
      assertThat(m.intValue("number")).isEqualTo(8);
      assertThat(m.floatValue("number")).isEqualTo(8f);
      assertThat(m.intValue("absent", 3)).isEqualTo(3);
      assertThat(m.floatValue("absent", 3f)).isEqualTo(3f);
      assertThat(m.string("absent", null)).isNull();
      assertThat(m.booleanValue("absent", true)).isTrue();
      assertThatThrownBy(() -> m.intValue("text"))
          .isInstanceOf(BadFile.class)
          .hasMessage(
              file.path() + ": metadata 'text' must be a whole number below 2^31, found a string");
      assertThatThrownBy(() -> m.intValue("large")).hasMessageEndingWith("found 4294967295");
      assertThatThrownBy(() -> m.string("list")).hasMessageEndingWith("an array of 1 strings");
      assertThatThrownBy(() -> m.booleanValue("number", true)).hasMessageContaining("true or");
      assertThatThrownBy(() -> m.floatValue("absent")).hasMessageContaining("is missing");
    }
  }

  @Test
  void metadataPassesOnAsAFunctionOfTheKey() {
    try (GgufFile file = written(new GgufWriter().put("k", "v"))) {
      Function<String, Object> lookup = file::metadata;
      assertThat(lookup.apply("k")).isEqualTo("v");
    }
  }

  @Test
  void tensorsStartAtTheAlignmentThatTheFileAsksFor() {
    GgufWriter writer =
        new GgufWriter()
            .align(128)
            .tensor("a", DType.I8.id(), new long[] {3}, new byte[] {1, 2, 3})
            .tensor("b", DType.I8.id(), new long[] {2, 1}, new byte[] {4, 5});
    try (GgufFile file = written(writer)) {
      StoredTensor b = file.tensors().get("b");
      assertThat(b.shape()).containsExactly(2L, 1L);
      assertThat(b.data().address() % 128).isZero();
      assertThat(b.data().toArray(ValueLayout.JAVA_BYTE)).containsExactly(4, 5);
      assertThat(b.data().isReadOnly()).isTrue();
    }
  }

  @Test
  void aClosedFileRefusesReadsAndMayBeClosedAgain() {
    GgufFile file = written(new GgufWriter().tensor("a", 24, new long[] {1}, new byte[] {1}));
    StoredTensor a = file.tensors().get("a");
    file.close();
    file.close();
    assertThatThrownBy(() -> a.data().get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aGenuineReplacementCharacterIsNoError() {
    try (GgufFile file = written(new GgufWriter().put("k", "a\uFFFDb"))) {
      assertThat(file.metadata("k")).isEqualTo("a\uFFFDb");
    }
  }

  private GgufFile written(GgufWriter writer) {
    Path path = folder.resolve("m.gguf");
    writer.write(path);
    return GgufFile.open(path);
  }

  private Path golden() throws IOException {
    return Files.write(folder.resolve("all_types.gguf"), resource("all_types.gguf"));
  }

  static byte[] resource(String name) throws IOException {
    try (InputStream in = GgufFileTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }
}
