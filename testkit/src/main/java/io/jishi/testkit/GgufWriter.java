// SPDX-License-Identifier: Apache-2.0
package io.jishi.testkit;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes GGUF files, version 3. It checks nothing: tests write bad files with it too. Metadata and
 * tensors come out in the order in which they were added.
 */
public final class GgufWriter {
  private final Buffer metadata = new Buffer();
  private final List<Tensor> tensors = new ArrayList<>();
  private int pairs;
  private int alignment = 32;

  /** The types of metadata values; the ordinal is the number in the file. */
  public enum Type {
    /** Unsigned byte. */
    U8,
    /** Signed byte. */
    I8,
    /** Unsigned 16 bits. */
    U16,
    /** Signed 16 bits. */
    I16,
    /** Unsigned 32 bits. */
    U32,
    /** Signed 32 bits. */
    I32,
    /** Single precision. */
    F32,
    /** One byte, 0 or 1. */
    BOOL,
    /** UTF-8. */
    STRING,
    /** An array; its value is an {@link Array}. */
    ARRAY,
    /** Unsigned 64 bits. */
    U64,
    /** Signed 64 bits. */
    I64,
    /** Double precision. */
    F64
  }

  /** The values of an array, all of one type. */
  public record Array(Type type, List<?> values) {}

  /** Writes a tensor's bytes, so that a large one never stands in memory. */
  @FunctionalInterface
  public interface Data {
    /** Writes exactly the bytes that were announced. */
    void writeTo(OutputStream out) throws IOException;
  }

  private record Tensor(String name, int type, long[] shape, long bytes, Data data) {}

  /** Adds a pair: a Number for numeric types, Boolean, String, or {@link Array}. */
  public GgufWriter put(String key, Type type, Object value) {
    metadata.string(key);
    metadata.u32(type.ordinal());
    metadata.value(type, value);
    pairs++;
    return this;
  }

  /** Adds a text. */
  public GgufWriter put(String key, String value) {
    return put(key, Type.STRING, value);
  }

  /** Adds an unsigned 32-bit number, the usual type of counts. */
  public GgufWriter put(String key, int value) {
    return put(key, Type.U32, value);
  }

  /** Adds a single-precision number. */
  public GgufWriter put(String key, float value) {
    return put(key, Type.F32, value);
  }

  /** Adds an array. */
  public GgufWriter put(String key, Type elements, List<?> values) {
    return put(key, Type.ARRAY, new Array(elements, values));
  }

  /** Sets the alignment of tensors, and says so in the metadata. */
  public GgufWriter align(int bytes) {
    alignment = bytes;
    return put("general.alignment", bytes);
  }

  /**
   * Adds a tensor of the given bytes.
   *
   * @param type the number of the type in GGUF files
   * @param shape row-major, the contiguous dimension last
   */
  public GgufWriter tensor(String name, int type, long[] shape, byte[] data) {
    return tensor(name, type, shape, data.length, out -> out.write(data));
  }

  /** Adds a tensor whose {@code bytes} bytes are made while the file is written. */
  public GgufWriter tensor(String name, int type, long[] shape, long bytes, Data data) {
    tensors.add(new Tensor(name, type, shape.clone(), bytes, data));
    return this;
  }

  /** The file in memory. */
  public byte[] toBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Writes the file. */
  public void write(Path path) {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 20)) {
      writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeTo(OutputStream out) throws IOException {
    Buffer header = header();
    header.pad(alignment);
    header.writeTo(out);
    for (Tensor tensor : tensors) {
      tensor.data.writeTo(out);
      out.write(new byte[(int) (padded(tensor.bytes) - tensor.bytes)]);
    }
  }

  private Buffer header() {
    Buffer header = new Buffer();
    header.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    header.u32(3);
    header.u64(tensors.size());
    header.u64(pairs);
    header.writeBytes(metadata.toByteArray());
    long offset = 0;
    for (Tensor tensor : tensors) {
      header.string(tensor.name);
      header.u32(tensor.shape.length);
      for (int i = tensor.shape.length - 1; i >= 0; i--) {
        header.u64(tensor.shape[i]);
      }
      header.u32(tensor.type);
      header.u64(offset);
      offset += padded(tensor.bytes);
    }
    return header;
  }

  private long padded(long bytes) {
    return Math.ceilDiv(bytes, alignment) * alignment;
  }

  /** Little-endian values in memory. */
  private static final class Buffer extends ByteArrayOutputStream {
    void string(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      u64(utf8.length);
      writeBytes(utf8);
    }

    void u32(int value) {
      writeBytes(little(4).putInt(value).array());
    }

    void u64(long value) {
      writeBytes(little(8).putLong(value).array());
    }

    void value(Type type, Object value) {
      switch (type) {
        case U8, I8 -> write(((Number) value).intValue());
        case U16, I16 -> writeBytes(little(2).putShort(((Number) value).shortValue()).array());
        case U32, I32 -> u32(((Number) value).intValue());
        case F32 -> u32(Float.floatToRawIntBits(((Number) value).floatValue()));
        case BOOL -> write((Boolean) value ? 1 : 0);
        case STRING -> string((String) value);
        case U64, I64 -> u64(((Number) value).longValue());
        case F64 -> u64(Double.doubleToRawLongBits(((Number) value).doubleValue()));
        case ARRAY -> {
          Array array = (Array) value;
          u32(array.type.ordinal());
          u64(array.values.size());
          array.values.forEach(v -> value(array.type, v));
        }
      }
    }

    void pad(int alignment) {
      writeBytes(new byte[Math.ceilDiv(size(), alignment) * alignment - size()]);
    }

    private static ByteBuffer little(int bytes) {
      return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
