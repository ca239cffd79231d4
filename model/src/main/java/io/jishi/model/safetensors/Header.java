// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.safetensors;

import io.jishi.base.JishiException.BadFile;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.StoredTensor;
import io.jishi.model.mapped.Quote;
import io.jishi.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The header of a safetensors file: 8 bytes of length, then JSON that gives each tensor's type,
 * shape and place in the rest of the file. The rest is covered without gap or overlap.
 */
record Header(Map<String, String> metadata, TensorMap tensors) {
  /**
   * The format's own reader allows 100 MB, but hostile JSON takes some twenty times its size on the
   * heap, and a header of 100,000 tensors has 12 MB.
   */
  static final int LONGEST = 16 << 20;

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final String METADATA = "__metadata__";

  /** The types of the format: the bits of a value, and what Jishi calls it, if it has it. */
  private enum Stored {
    F64(64, DType.F64),
    F32(32, DType.F32),
    F16(16, DType.F16),
    BF16(16, DType.BF16),
    I64(64, DType.I64),
    I32(32, DType.I32),
    I16(16, DType.I16),
    I8(8, DType.I8),
    C64(64, null),
    U64(64, null),
    U32(32, null),
    U16(16, null),
    U8(8, null),
    BOOL(8, null),
    F8_E4M3(8, null),
    F8_E5M2(8, null),
    F8_E8M0(8, null),
    F8_E4M3FNUZ(8, null),
    F8_E5M2FNUZ(8, null),
    F6_E2M3(6, null),
    F6_E3M2(6, null),
    F4(4, null);

    private static final Map<String, Stored> BY_NAME = new LinkedHashMap<>();

    static {
      for (Stored type : values()) {
        BY_NAME.put(type.name(), type);
      }
    }

    private final int bits;
    private final DType type;

    Stored(int bits, DType type) {
      this.bits = bits;
      this.type = type;
    }
  }

  /** One entry; a null {@code type} is one that a later version of the format added. */
  private record Entry(
      String name, String typeName, Stored type, List<Long> shape, long begin, long end) {}

  /**
   * Reads the header of a mapped file.
   *
   * @param source the file's name for messages
   */
  static Header parse(String source, MemorySegment file) {
    MemorySegment json = json(source, file);
    MemorySegment data = file.asSlice(8 + json.byteSize());
    JsonObject fields =
        JsonObject.of(source, Json.parse(source + ": header", json.toArray(ValueLayout.JAVA_BYTE)));
    List<Entry> entries = new ArrayList<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, Object> field : fields.fields().entrySet()) {
      if (field.getKey().equals(METADATA)) {
        metadata.putAll(metadata(fields));
      } else {
        String where = source + ": tensor " + Quote.of(field.getKey());
        entries.add(entry(where, field.getKey(), field.getValue()));
      }
    }
    checkCover(source, entries, data.byteSize());
    return new Header(metadata, tensors(source, entries, data));
  }

  private static MemorySegment json(String source, MemorySegment file) {
    long size = file.byteSize();
    if (size < 8) {
      throw new BadFile(source + ": is no safetensors file: it has only " + size + " bytes");
    }
    long length = file.get(LENGTH, 0);
    if (length < 2 || length > LONGEST) {
      throw new BadFile(
          source
              + ": is no safetensors file: its header would have "
              + Long.toUnsignedString(length)
              + " bytes; possible are 2 to "
              + LONGEST);
    }
    if (length > size - 8) {
      throw new BadFile(
          source
              + ": the header needs bytes 8.."
              + (8 + length)
              + " but the file ends at "
              + size
              + ": the download is incomplete; fetch it again");
    }
    if (file.get(ValueLayout.JAVA_BYTE, 8) != '{') {
      throw new BadFile(source + ": is no safetensors file: its header is no JSON object");
    }
    return file.asSlice(8, length);
  }

  private static Map<String, String> metadata(JsonObject fields) {
    Map<String, String> result = new LinkedHashMap<>();
    fields
        .object(METADATA)
        .ifPresent(
            metadata ->
                metadata
                    .fields()
                    .forEach((key, _) -> metadata.text(key).ifPresent(t -> result.put(key, t))));
    return result;
  }

  private static Entry entry(String where, String name, Object value) {
    JsonObject fields = JsonObject.of(where, value);
    String type = fields.text("dtype").orElseThrow(() -> fields.missing("dtype"));
    List<Long> shape = naturals(fields, "shape");
    List<Long> offsets = naturals(fields, "data_offsets");
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw new BadFile(
          where + ": 'data_offsets' must be a begin and an end, found " + brief(offsets));
    }
    Stored stored = Stored.BY_NAME.get(type);
    long bytes = offsets.get(1) - offsets.get(0);
    if (stored != null) {
      checkSize(where, stored, shape, bytes);
    }
    return new Entry(name, type, stored, shape, offsets.get(0), offsets.get(1));
  }

  private static void checkSize(String where, Stored type, List<Long> shape, long bytes) {
    long expected;
    try {
      long bits = Math.multiplyExact(product(shape), (long) type.bits);
      expected = bits % 8 == 0 ? bits / 8 : -1;
    } catch (ArithmeticException e) {
      expected = -1;
    }
    if (expected != bytes) {
      throw new BadFile(
          where
              + ": shape "
              + brief(shape)
              + " of "
              + type
              + " does not take the "
              + bytes
              + " bytes that 'data_offsets' gives it; the file is damaged");
    }
  }

  private static long product(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  private static List<Long> naturals(JsonObject fields, String field) {
    List<Object> values = fields.array(field).orElseThrow(() -> fields.missing(field));
    List<Long> result = new ArrayList<>(values.size());
    for (Object value : values) {
      if (!(value instanceof Long n) || n < 0) {
        throw new BadFile(
            fields.source() + ": '" + field + "' must hold whole numbers from 0 to 2^63");
      }
      result.add(n);
    }
    return List.copyOf(result);
  }

  /** The data is covered from its first to its last byte, by each tensor after the one before. */
  private static void checkCover(String source, List<Entry> entries, long size) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long covered = 0;
    for (Entry entry : sorted) {
      String where = source + ": tensor " + Quote.of(entry.name);
      if (entry.end > size) {
        throw new BadFile(
            where
                + " needs bytes "
                + entry.begin
                + ".."
                + entry.end
                + " of the data but the data ends at "
                + size
                + ": the download is incomplete; fetch it again");
      }
      if (entry.begin != covered) {
        throw new BadFile(
            where
                + " begins at "
                + entry.begin
                + " of the data, but the tensor before it ends at "
                + covered
                + "; the file is damaged");
      }
      covered = entry.end;
    }
    if (covered != size) {
      throw new BadFile(
          source + ": the last tensor ends at " + covered + " of " + size + " bytes of data");
    }
  }

  private static TensorMap tensors(String source, List<Entry> entries, MemorySegment data) {
    TensorMap tensors = new TensorMap(source);
    for (Entry entry : entries) {
      Optional<DType> type = Optional.ofNullable(entry.type).map(t -> t.type);
      type.ifPresentOrElse(
          t ->
              tensors.add(
                  new StoredTensor(
                      entry.name,
                      t,
                      entry.shape,
                      data.asSlice(entry.begin, entry.end - entry.begin))),
          () -> tensors.addUnknown(entry.name, entry.typeName));
      if (entry.type == Stored.U8) {
        tensors.addBytes(
            entry.name, entry.shape, data.asSlice(entry.begin, entry.end - entry.begin));
      }
    }
    return tensors;
  }

  private static String brief(List<Long> values) {
    return values.size() <= 8 ? values.toString() : values.size() + " numbers";
  }
}
