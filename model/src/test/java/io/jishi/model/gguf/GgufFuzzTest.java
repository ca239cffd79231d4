// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.JishiException.BadFile;
import io.jishi.model.StoredTensor;
import io.jishi.testkit.GgufWriter;
import io.jishi.testkit.GgufWriter.Array;
import io.jishi.testkit.GgufWriter.Type;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class GgufFuzzTest {
  private static final byte[] VALID = valid();

  @Example
  void everyTruncationIsAnError() {
    for (int length = 0; length < VALID.length; length++) {
      byte[] cut = Arrays.copyOf(VALID, length);
      assertThatThrownBy(() -> parse(cut)).as("cut to %d", length).isInstanceOf(BadFile.class);
    }
    assertThat(parse(VALID).tensors()).hasSize(2);
  }

  @Example
  void everyByteMayBeFlippedWithoutHarm() {
    for (int at = 0; at < VALID.length; at++) {
      for (int flip : new int[] {1, 0x80, 0xFF}) {
        byte[] changed = VALID.clone();
        changed[at] ^= (byte) flip;
        parsesOrExplains(changed);
      }
    }
  }

  @Property(tries = 2000, shrinking = ShrinkingMode.OFF)
  void anyBytesMayBeWrittenOverWithoutHarm(
      @ForAll("bytes") byte[] patch, @ForAll @IntRange(min = 0, max = 2000) int at) {
    byte[] changed = VALID.clone();
    int from = at % (VALID.length - patch.length);
    System.arraycopy(patch, 0, changed, from, patch.length);
    parsesOrExplains(changed);
  }

  @Property(tries = 2000, shrinking = ShrinkingMode.OFF)
  void anyNumberMayStandAnywhereWithoutHarm(
      @ForAll("hostileNumbers") @Size(min = 1, max = 3) List<Long> numbers,
      @ForAll @IntRange(min = 4, max = 2000) int at) {
    ByteBuffer changed = ByteBuffer.wrap(VALID.clone()).order(ByteOrder.LITTLE_ENDIAN);
    int place = at;
    for (long number : numbers) {
      changed.putLong(place % (VALID.length - 8), number);
      place = place * 31 + 17;
    }
    parsesOrExplains(changed.array());
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void anyBytesAfterTheMagicDoNoHarm(
      @ForAll("hostileNumbers") @Size(max = 12) List<Long> numbers, @ForAll("bytes") byte[] rest) {
    Raw raw = new Raw().text("GGUF").u32(3);
    numbers.forEach(raw::u64);
    parsesOrExplains(raw.bytes(rest).toBytes());
  }

  @Provide
  Arbitrary<byte[]> bytes() {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(24);
  }

  @Provide
  Arbitrary<List<Long>> hostileNumbers() {
    return Arbitraries.oneOf(
            Arbitraries.of(-1L, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 62, 1L << 32, 1L << 31),
            Arbitraries.longs().between(0, 13),
            Arbitraries.longs().between(0, 1 << 20),
            Arbitraries.longs())
        .list();
  }

  private static void parsesOrExplains(byte[] file) {
    GgufPart part;
    try {
      part = parse(file);
    } catch (JishiException e) {
      assertThat(e).hasMessageStartingWith("m.gguf: ");
      return;
    }
    for (StoredTensor tensor : part.tensors().values()) {
      assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE))
          .hasSize(Math.toIntExact(tensor.type().rowBytes(tensor.elements())));
    }
  }

  private static GgufPart parse(byte[] file) {
    return GgufPart.parse("m.gguf", MemorySegment.ofArray(file));
  }

  /** A small file with every kind of value; its last tensor reaches to the last byte. */
  private static byte[] valid() {
    return new GgufWriter()
        .align(32)
        .put("general.architecture", "llama")
        .put("u64", Type.U64, 1L << 40)
        .put("f64", Type.F64, 0.5)
        .put("bool", Type.BOOL, true)
        .put("tokens", Type.STRING, List.of("a", "漢", ""))
        .put("scores", Type.F32, List.of(1f, 2f, 3f))
        .put("types", Type.I32, List.of(1, 2, 3))
        .put("flags", Type.BOOL, List.of(true, false))
        .put("nested", Type.ARRAY, List.of(new Array(Type.U8, List.of(1, 2))))
        .tensor("a", 0, new long[] {2, 3}, new byte[24])
        .tensor("b", 8, new long[] {16, 32}, new byte[34 * 16])
        .toBytes();
  }
}
