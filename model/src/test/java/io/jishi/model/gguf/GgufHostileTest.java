// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.JishiException.BadFile;
import io.jishi.base.JishiException.Unsupported;
import io.jishi.tensor.DType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufHostileTest {
  private static final int F32 = DType.F32.id();
  private static final int Q8_0 = DType.Q8_0.id();

  @TempDir Path folder;

  @Test
  void aFileOfAnotherFormatIsNamedAsSuch() {
    bad(new Raw().text("<!doctype html>"), "is no GGUF file: it starts with 3c21646f");
    bad(new Raw().text("version https://git-lfs"), "Git LFS pointer");
    bad(new Raw().text("GG"), "the file ends at 2: it is incomplete");
  }

  @Test
  void otherVersionsAndByteOrdersAreUnsupported() {
    unsupported(new Raw().text("GGUF").u32(1).u32(0), "version 1");
    unsupported(new Raw().text("GGUF").u32(4).u32(0), "version 4; this version of Jishi reads 2");
    unsupported(new Raw().text("GGUF").u32(0x03000000).u32(0), "big-endian");
    assertThat(new Raw().text("GGUF").u32(2).u64(0).u64(0).parse().tensors()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, -1})
  void aCountBeyondTheFileIsAnError(long count) {
    bad(Raw.file(count, 0), "tensors follow, but only");
    bad(Raw.file(0, count), "metadata pairs follow, but only 0 bytes do");
    bad(Raw.file(0, 1).u64(count), "incomplete");
    bad(Raw.file(0, 1).string("k").u32(Raw.STRING).u64(count), "incomplete");
    for (int type = 0; type <= 12; type++) {
      Raw file = Raw.file(0, 1).string("k").u32(Raw.ARRAY).u32(type).u64(count);
      bad(file, "metadata 'k' (before offset");
    }
  }

  @Test
  void aKeyOrATensorThatOccursTwiceIsAnError() {
    bad(
        Raw.file(0, 2).string("k").u32(0).bytes((byte) 1).string("k").u32(0).bytes((byte) 1),
        "metadata 'k' (before offset 52) occurs twice");
    bad(
        Raw.file(2, 0).tensor("t", F32, 0, 1).tensor("t", F32, 32, 1).data(64),
        "tensor 't' occurs twice");
  }

  @Test
  void valuesOfNoTypeAreErrors() {
    bad(Raw.file(0, 1).string("k").u32(13).u64(0), "has the unknown type 13");
    bad(Raw.file(0, 1).string("k").u32(-1).u64(0), "has the unknown type 4294967295");
    bad(Raw.file(0, 1).string("k").u32(7).bytes((byte) 2), "must be true (1) or false (0)");
    bad(
        Raw.file(0, 1).string("k").u32(Raw.ARRAY).u32(Raw.U64).u64(1).u64(-1),
        "holds 18446744073709551615 in an array");
  }

  @Test
  void textThatIsNotUtf8IsAnError() {
    byte[] broken = {'a', (byte) 0xC3};
    bad(
        Raw.file(0, 1).u64(2).bytes(broken).u32(0).u64(0),
        "metadata pair 0 (before offset 34) holds text that is not UTF-8");
    bad(
        Raw.file(0, 1).string("k").u32(Raw.STRING).u64(2).bytes(broken),
        "metadata 'k' (before offset 47) holds text that is not UTF-8");
  }

  @Test
  void namesInMessagesAreCutAndHarmless() {
    bad(Raw.file(0, 1).string("\u001b[31m\u202e").u32(99).u64(0), "metadata '\uFFFD[31m\uFFFD'");
    assertThatThrownBy(() -> Raw.file(0, 1).string("x".repeat(5000)).u32(99).u64(0).parse())
        .message()
        .hasSizeLessThan(250);
  }

  @Test
  void arraysNestToADepthOfFour() {
    assertThat(nested(3).parse().metadata().get("k")).isInstanceOf(Object[].class);
    bad(nested(4), "nests arrays deeper than 4");
    bad(nested(100_000), "nests arrays deeper than 4");
  }

  private static Raw nested(int levels) {
    Raw raw = Raw.file(0, 1).string("k").u32(Raw.ARRAY);
    for (int i = 0; i < levels; i++) {
      raw.u32(Raw.ARRAY).u64(1);
    }
    return raw.u32(0).u64(0);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 4, 7, 24, 33, 1L << 21, 1L << 31})
  void anAlignmentThatIsNoUsualPowerOfTwoIsAnError(long alignment) {
    bad(
        Raw.file(0, 1).string("general.alignment").u32(Raw.U32).u32(alignment),
        "'general.alignment' must be a power of two");
  }

  @Test
  void anAlignmentThatIsNoNumberIsAnError() {
    bad(
        Raw.file(0, 1).string("general.alignment").u32(Raw.STRING).string("32"),
        "'general.alignment' must be a power of two from 8 to 1048576, found no whole number");
  }

  @Test
  void shapesThatCannotBeAreErrors() {
    bad(Raw.file(1, 0).tensor("t", F32, 0).data(32), "has 0 dimensions; possible are 1 to 4");
    bad(Raw.file(1, 0).tensor("t", F32, 0, 1, 1, 1, 1, 1).data(32), "has 5 dimensions");
    bad(Raw.file(1, 0).string("t").u32(-1).data(32), "has 4294967295 dimensions");
    bad(Raw.file(1, 0).tensor("t", F32, 0, 0).data(32), "has a dimension of 0");
    bad(Raw.file(1, 0).tensor("t", F32, 0, -1).data(32), "a dimension of 18446744073709551615");
    bad(Raw.file(1, 0).tensor("t", F32, 0, 1L << 32, 1L << 32).data(32), "more than 2^63 bytes");
    bad(Raw.file(1, 0).tensor("t", F32, 0, 1L << 62).data(32), "more than 2^63 bytes");
    bad(Raw.file(1, 0).tensor("t", Q8_0, 0, 16, 2).data(34), "no multiple of the 32 of Q8_0");
  }

  @Test
  void aTypeThatTheTableLacksIsUnsupported() {
    unsupported(Raw.file(1, 0).tensor("t", 99, 0, 1).data(32), "has the type 99");
    unsupported(Raw.file(1, 0).tensor("t", 4, 0, 1).data(32), "has the type 4"); // retired Q4_2
    unsupported(Raw.file(1, 0).tensor("t", -1, 0, 1).data(32), "has the type 4294967295");
  }

  @Test
  void aTensorThatIsNotWhollyInTheFileIsAnError() {
    bad(
        Raw.file(1, 0).tensor("t", F32, 32, 8).data(63),
        "tensor 't' needs bytes 96..128 but the file ends at 127: the download is incomplete");
    bad(Raw.file(1, 0).tensor("t", F32, 1L << 62, 8).data(64), "but the file ends at");
    bad(Raw.file(1, 0).tensor("t", F32, Long.MAX_VALUE - 31, 8).data(64), "but the file ends at");
    bad(Raw.file(1, 0).tensor("t", F32, -32, 8).data(64), "not aligned");
    bad(Raw.file(1, 0).tensor("t", F32, 0, (1L << 61) - 1).data(64), "but the file ends at");
    bad(Raw.file(1, 0).tensor("t", F32, 0, 1), "but the file ends at");
  }

  @Test
  void misalignedAndOverlappingTensorsAreErrors() {
    bad(Raw.file(1, 0).tensor("t", F32, 4, 1).data(64), "starts at 4, which is not aligned to 32");
    bad(
        Raw.file(2, 0).tensor("a", F32, 32, 8).tensor("b", F32, 0, 9).data(64),
        "tensor 'a' overlaps 'b'");
    bad(
        Raw.file(2, 0).tensor("a", F32, 0, 8).tensor("b", F32, 0, 8).data(64),
        "tensor 'b' overlaps 'a'");
  }

  @Test
  void aMillionPairsAreReadOnceAndDoNoHarm() {
    Raw raw = Raw.file(0, 1_000_000);
    for (int i = 0; i < 1_000_000; i++) {
      raw.string(Integer.toString(i)).u32(0).bytes((byte) i);
    }
    assertThat(raw.parse().metadata().keys()).hasSize(1_000_000);
  }

  @Test
  void aHeaderBeyondTheLongestIsRefusedBeforeItIsRead() throws IOException {
    Path path = folder.resolve("sparse.gguf");
    long claimed = 1L << 36;
    Files.write(path, Raw.file(0, 1).string("k").u32(Raw.ARRAY).u32(0).u64(claimed).toBytes());
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(claimed + 100); // a hole: takes no disk
    }
    assertThatThrownBy(() -> GgufFile.open(path))
        .isInstanceOf(BadFile.class)
        .hasMessageContaining("68719476736 values follow");
  }

  private static void bad(Raw raw, String message) {
    assertThatThrownBy(raw::parse)
        .isInstanceOf(BadFile.class)
        .hasMessageStartingWith("m.gguf: ")
        .hasMessageContaining(message);
  }

  private static void unsupported(Raw raw, String message) {
    assertThatThrownBy(raw::parse)
        .isInstanceOf(Unsupported.class)
        .isInstanceOf(JishiException.class)
        .hasMessageStartingWith("m.gguf: ")
        .hasMessageContaining(message);
  }
}
