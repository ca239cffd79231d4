// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a GGUF file of version 3: metadata, the table of tensors, the data. */
public final class GgufWriter implements AtomicFiles.Body {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32; // the format's default

  private final Map<String, Object> metadata = new LinkedHashMap<>();
  private final List<OutputTensor> tensors;
  private Progress progress = Progress.NONE;

  /** A value with its type before it, as another file has it. */
  private record Stored(byte[] bytes) {}

  /** The kinds of metadata, at the number that files hold. */
  private enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    BOOL,
    STRING,
    ARRAY,
    U64,
    I64,
    F64
  }

  /** A file of these tensors. */
  public GgufWriter(List<OutputTensor> tensors) {
    this.tensors = List.copyOf(tensors);
  }

  /**
   * Adds a pair.
   *
   * @param value an {@code Integer} (unsigned), {@code Float}, {@code Boolean}, {@code String},
   *     {@code boolean[]}, {@code int[]}, {@code float[]} or {@code String[]}
   */
  public GgufWriter put(String key, Object value) {
    kind(value);
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a pair of another file.
   *
   * @param bytes of type and value: see {@link io.jishi.model.gguf.GgufMetadata#stored}
   */
  public GgufWriter putStored(String key, byte[] bytes) {
    metadata.put(key, new Stored(bytes.clone()));
    return this;
  }

  /** Whether the key was added. */
  public boolean has(String key) {
    return metadata.containsKey(key);
  }

  /** Tells somebody how far the writing is. */
  public GgufWriter tell(Progress listener) {
    progress = listener;
    return this;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    Buffer header = new Buffer();
    header.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    header.u32(VERSION);
    header.u64(tensors.size());
    header.u64(metadata.size());
    metadata.forEach(header::pair);
    long offset = 0;
    for (OutputTensor tensor : tensors) {
      header.tensor(tensor, offset);
      offset += padded(tensor.bytes());
    }
    header.writeBytes(new byte[(int) (padded(header.size()) - header.size())]);
    header.writeTo(out);
    long done = 0;
    long total = tensors.stream().mapToLong(OutputTensor::bytes).sum();
    for (OutputTensor tensor : tensors) {
      progress.at(tensor.name(), done, total);
      tensor.writeTo(out);
      done += tensor.bytes();
      out.write(new byte[(int) (padded(tensor.bytes()) - tensor.bytes())]);
    }
  }

  private static long padded(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  private static Kind kind(Object value) {
    return switch (value) {
      case Integer _ -> Kind.U32;
      case Float _ -> Kind.F32;
      case Boolean _ -> Kind.BOOL;
      case String _ -> Kind.STRING;
      case boolean[] _, int[] _, float[] _, String[] _ -> Kind.ARRAY;
      default -> throw new IllegalArgumentException("no kind of metadata: " + value.getClass());
    };
  }

  /** Little-endian values in memory. */
  private static final class Buffer extends ByteArrayOutputStream {
    void pair(String key, Object value) {
      string(key);
      if (value instanceof Stored stored) {
        writeBytes(stored.bytes);
        return;
      }
      u32(kind(value).ordinal());
      switch (value) {
        case Integer i -> u32(i);
        case Float f -> u32(Float.floatToRawIntBits(f));
        case Boolean b -> write(b ? 1 : 0);
        case String s -> string(s);
        case boolean[] a -> {
          array(Kind.BOOL, a.length);
          for (boolean v : a) {
            write(v ? 1 : 0);
          }
        }
        case int[] a -> {
          array(Kind.I32, a.length);
          for (int v : a) {
            u32(v);
          }
        }
        case float[] a -> {
          array(Kind.F32, a.length);
          for (float v : a) {
            u32(Float.floatToRawIntBits(v));
          }
        }
        case String[] a -> {
          array(Kind.STRING, a.length);
          for (String v : a) {
            string(v);
          }
        }
        default -> throw new IllegalStateException();
      }
    }

    void tensor(OutputTensor tensor, long offset) {
      string(tensor.name());
      u32(tensor.shape().size());
      for (long size : tensor.shape().reversed()) {
        u64(size);
      }
      u32(tensor.type().id());
      u64(offset);
    }

    private void array(Kind elements, int count) {
      u32(elements.ordinal());
      u64(count);
    }

    private void string(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      u64(utf8.length);
      writeBytes(utf8);
    }

    private void u32(int value) {
      writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    private void u64(long value) {
      writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }
  }
}
