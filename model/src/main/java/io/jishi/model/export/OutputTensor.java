// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.model.StoredTensor;
import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A tensor to be written. Rows are read when their turn comes, so that a model is never in memory
 * twice.
 *
 * @param name in the file
 * @param type to store it as
 * @param shape row-major, the last dimension contiguous
 * @param rows the values; several threads may read at a time
 * @param stored gives the bytes of all rows, where they exist in that type; else null
 */
public record OutputTensor(
    String name, DType type, List<Long> shape, Rows rows, Supplier<MemorySegment> stored) {
  /** Values that are encoded before they are written: enough to keep processors busy. */
  private static final int CHUNK = 1 << 20;

  private static final int COPY_BYTES = 1 << 20;

  /** Of values that are to be encoded. */
  public OutputTensor(String name, DType type, List<Long> shape, Rows rows) {
    this(name, type, shape, rows, null);
  }

  /** Where values come from. */
  @FunctionalInterface
  public interface Rows {
    /** Fills {@code out} with the last dimension at this index of all others. */
    void read(long row, float[] out);
  }

  /** Checks that the last dimension is a number of whole blocks. */
  public OutputTensor {
    shape = List.copyOf(shape);
    type.rowBytes(shape.getLast());
  }

  /** Values of a row. */
  public int columns() {
    return Math.toIntExact(shape.getLast());
  }

  /** Rows. */
  public long rowCount() {
    return shape.subList(0, shape.size() - 1).stream().reduce(1L, Math::multiplyExact);
  }

  /** Bytes in the file. */
  public long bytes() {
    return Math.multiplyExact(rowCount(), type.rowBytes(columns()));
  }

  /** The same tensor under another name. */
  public OutputTensor named(String other) {
    return new OutputTensor(other, type, shape, rows, stored);
  }

  /** The same values stored as another type. */
  public OutputTensor as(DType other) {
    return new OutputTensor(name, other, shape, rows, other == type ? stored : null);
  }

  /** Copies bytes that are there; else encodes some rows at a time, on all processors. */
  void writeTo(OutputStream out) throws IOException {
    if (stored != null) {
      copy(stored.get(), out);
      return;
    }
    int size = Math.toIntExact(type.rowBytes(columns()));
    int most = (int) Math.clamp(CHUNK / columns(), 1, Math.max(1, rowCount()));
    byte[][] encoded = new byte[most][size];
    for (long from = 0; from < rowCount(); from += most) {
      long first = from;
      int count = (int) Math.min(most, rowCount() - from);
      IntStream.range(0, count).parallel().forEach(i -> encode(first + i, encoded[i]));
      for (int i = 0; i < count; i++) {
        out.write(encoded[i]);
      }
    }
  }

  private void encode(long row, byte[] to) {
    float[] values = new float[columns()];
    rows.read(row, values);
    BlockEncoder.encode(type, values, values.length, to);
  }

  private static void copy(MemorySegment stored, OutputStream out) throws IOException {
    byte[] part = new byte[(int) Math.min(COPY_BYTES, stored.byteSize())];
    for (long at = 0; at < stored.byteSize(); at += part.length) {
      int count = (int) Math.min(part.length, stored.byteSize() - at);
      MemorySegment.copy(stored, ValueLayout.JAVA_BYTE, at, part, 0, count);
      out.write(part, 0, count);
    }
  }

  /** A tensor of floats in memory, stored as F32. */
  public static OutputTensor of(String name, List<Long> shape, MemorySegment floats) {
    int columns = Math.toIntExact(shape.getLast());
    return new OutputTensor(
        name,
        DType.F32,
        shape,
        (row, out) ->
            MemorySegment.copy(
                floats, ValueLayout.JAVA_FLOAT_UNALIGNED, row * columns * 4L, out, 0, columns));
  }

  /** A tensor of a file, in the type that it has there; the file has to stay open. */
  public static OutputTensor of(StoredTensor tensor) {
    int columns = Math.toIntExact(tensor.shape().getLast());
    int size = Math.toIntExact(tensor.type().rowBytes(columns));
    return new OutputTensor(
        tensor.name(),
        tensor.type(),
        tensor.shape(),
        (row, out) -> {
          byte[] raw = new byte[size];
          MemorySegment.copy(tensor.data(), ValueLayout.JAVA_BYTE, row * size, raw, 0, size);
          Dequantizer.dequantize(tensor.type(), raw, columns, out);
        },
        tensor.source());
  }
}
