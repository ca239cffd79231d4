// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import io.jishi.base.JishiException.BadFile;
import io.jishi.base.JishiException.Unsupported;
import io.jishi.model.StoredTensor;
import io.jishi.model.mapped.Quote;
import io.jishi.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the list of tensors and finds each one's bytes in the file. */
final class TensorReader {
  private static final int MOST_DIMENSIONS = 4;

  /** What an entry takes at least: the name's length, one dimension, type and offset. */
  static final int LEAST_ENTRY_BYTES = 8 + 4 + 8 + 4 + 8;

  private final String source;
  private final MemorySegment file;
  private final Cursor in;

  /** One entry of the list; {@code offset} is relative to the data, which starts after the list. */
  private record Entry(String name, DType type, List<Long> shape, long offset, long bytes) {

    long end() {
      return offset + bytes;
    }
  }

  TensorReader(String source, MemorySegment file, Cursor in) {
    this.source = source;
    this.file = file;
    this.in = in;
  }

  /** Reads {@code count} tensors, in file order; the bytes of each start at the alignment. */
  Map<String, StoredTensor> read(int count, long alignment) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(entry(i, alignment));
    }
    // The list ends within the longest header, so this cannot overflow.
    long data = (in.position() + alignment - 1) & -alignment;
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Entry entry : entries) {
      if (tensors.putIfAbsent(entry.name, stored(entry, data)) != null) {
        throw bad(entry.name, "occurs twice; the file is damaged");
      }
    }
    rejectOverlaps(entries);
    return tensors;
  }

  private Entry entry(int index, long alignment) {
    in.reading("tensor " + index);
    String name = in.string();
    in.reading("tensor " + Quote.of(name));
    List<Long> shape = shape(in.u32());
    DType type = type(in.u32());
    long columns = shape.getLast();
    if (columns % type.blockSize() != 0) {
      throw in.bad(
          "has rows of " + columns + ", no multiple of the " + type.blockSize() + " of " + type);
    }
    long offset = in.u64();
    if (offset < 0 || offset % alignment != 0) {
      throw in.bad(
          "starts at "
              + Long.toUnsignedString(offset)
              + ", which is not aligned to "
              + alignment
              + " bytes");
    }
    return new Entry(name, type, shape, offset, bytes(type, shape));
  }

  /** The file lists the contiguous dimension first, a shape lists it last. */
  private List<Long> shape(int dimensions) {
    if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
      throw in.bad(
          "has "
              + Integer.toUnsignedString(dimensions)
              + " dimensions; possible are 1 to "
              + MOST_DIMENSIONS);
    }
    Long[] shape = new Long[dimensions];
    for (int i = dimensions - 1; i >= 0; i--) {
      shape[i] = in.u64();
      if (shape[i] < 1) {
        throw in.bad("has a dimension of " + Long.toUnsignedString(shape[i]));
      }
    }
    return List.of(shape);
  }

  private DType type(int id) {
    return DType.ofId(id)
        .orElseThrow(
            () ->
                new Unsupported(
                    in.bad("has the type " + Integer.toUnsignedString(id)).getMessage()
                        + ", which this version does not know; convert the model to a usual type"
                        + " such as Q8_0 or Q4_K"));
  }

  private long bytes(DType type, List<Long> shape) {
    try {
      long elements = shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
      return type.rowBytes(elements);
    } catch (ArithmeticException e) {
      throw in.bad("has the shape " + shape + ", more than 2^63 bytes");
    }
  }

  private StoredTensor stored(Entry entry, long data) {
    long size = file.byteSize();
    // Written so that no sum overflows, however large offset and length are.
    if (data > size || entry.offset > size - data || entry.bytes > size - data - entry.offset) {
      throw bad(
          entry.name,
          "needs bytes "
              + Long.toUnsignedString(data + entry.offset)
              + ".."
              + Long.toUnsignedString(data + entry.offset + entry.bytes)
              + " but the file ends at "
              + size
              + ": the download is incomplete; fetch it again");
    }
    MemorySegment bytes = file.asSlice(data + entry.offset, entry.bytes);
    return new StoredTensor(entry.name, entry.type, entry.shape, bytes);
  }

  private void rejectOverlaps(List<Entry> entries) {
    Entry[] sorted = entries.toArray(Entry[]::new);
    Arrays.sort(sorted, Comparator.comparingLong(Entry::offset));
    for (int i = 1; i < sorted.length; i++) {
      if (sorted[i].offset < sorted[i - 1].end()) {
        throw bad(
            sorted[i].name, "overlaps " + Quote.of(sorted[i - 1].name) + "; the file is damaged");
      }
    }
  }

  private BadFile bad(String name, String problem) {
    return new BadFile(source + ": tensor " + Quote.of(name) + " " + problem);
  }
}
