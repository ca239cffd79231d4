// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.safetensors;

import static io.jishi.model.safetensors.Made.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.JishiException.BadFile;
import io.jishi.base.Json;
import io.jishi.model.StoredTensor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

class SafetensorsFuzzTest {
  private static final byte[] VALID =
      Made.file(
          "{\"__metadata__\":{\"format\":\"pt\"},"
              + entry("a", "F32", "[2,3]", 0, 24)
              + ","
              + entry("b", "BF16", "[5]", 24, 34)
              + "}",
          34);

  @Example
  void everyTruncationIsAnError() {
    for (int length = 0; length < VALID.length; length++) {
      byte[] cut = Arrays.copyOf(VALID, length);
      assertThatThrownBy(() -> Made.parse(cut)).as("cut to %d", length).isInstanceOf(BadFile.class);
    }
    assertThat(Made.parse(VALID).tensors()).hasSize(2);
  }

  @Example
  void everyByteMayBeFlippedWithoutHarm() {
    for (int at = 0; at < VALID.length; at++) {
      for (int flip : new int[] {1, 2, 4, 8, 0x10, 0x80, 0xFF}) {
        byte[] changed = VALID.clone();
        changed[at] ^= (byte) flip;
        parsesOrExplains(changed);
      }
    }
  }

  @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
  void anyJsonMayBeTheHeader(@ForAll long seed) {
    RandomJson random = new RandomJson(seed);
    parsesOrExplains(Made.file(Json.write(random.object(4)), 16));
  }

  @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
  void anyValueMayStandInAnyFieldOfAnEntry(@ForAll long seed) {
    RandomJson random = new RandomJson(seed);
    Map<String, Object> header = new LinkedHashMap<>();
    for (String name : List.of("a", "b")) {
      header.put(
          name,
          Map.of("dtype", random.type(), "shape", random.list(), "data_offsets", random.list()));
    }
    parsesOrExplains(Made.file(Json.write(header), 16));
  }

  /** JSON values such as an attacker would try, drawn from a seed. */
  private static final class RandomJson {
    private static final List<Object> LEAVES =
        List.of(0L, 1L, 4L, 8L, 16L, -1L, Long.MAX_VALUE, 1e300, 0.5, true, "F32", "漢\0");
    private static final List<String> KEYS =
        List.of("a", "b", "__metadata__", "dtype", "shape", "data_offsets", "\u001b");
    private static final List<String> TYPES =
        List.of("F32", "F16", "I8", "U8", "F4", "F8_E5M2", "X");

    private final SplittableRandom random;

    RandomJson(long seed) {
      random = new SplittableRandom(seed);
    }

    Object value(int depth) {
      return switch (depth == 0 ? 0 : random.nextInt(4)) {
        case 0 -> pick(LEAVES);
        case 1 -> type();
        case 2 -> list();
        default -> object(depth - 1);
      };
    }

    Map<String, Object> object(int depth) {
      Map<String, Object> fields = new LinkedHashMap<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        fields.put(pick(KEYS), value(depth));
      }
      return fields;
    }

    /** Mostly two small numbers in order, so that some entries are right. */
    List<Object> list() {
      long begin = random.nextLong(9);
      return random.nextInt(3) > 0
          ? List.of(begin, begin + random.nextLong(9))
          : List.of(pick(LEAVES), pick(LEAVES));
    }

    String type() {
      return pick(TYPES);
    }

    private <T> T pick(List<T> from) {
      return from.get(random.nextInt(from.size()));
    }
  }

  private static void parsesOrExplains(byte[] file) {
    Header header;
    try {
      header = Made.parse(file);
    } catch (JishiException e) {
      assertThat(e).hasMessageStartingWith("m.safetensors: ");
      return;
    }
    for (StoredTensor tensor : header.tensors().values()) {
      assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE))
          .hasSize(Math.toIntExact(tensor.type().rowBytes(tensor.elements())));
    }
    assertThat(List.copyOf(header.tensors().unknown().keySet())).doesNotContainNull();
  }
}
