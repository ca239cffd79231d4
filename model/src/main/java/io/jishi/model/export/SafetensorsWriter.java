// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.Json;
import io.jishi.tensor.DType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a safetensors file: the length of the header, the header in JSON, the data. */
public final class SafetensorsWriter implements AtomicFiles.Body {
  private static final int ALIGNMENT = 8; // of the data, as the format's own writer keeps it

  private final Map<String, String> metadata;
  private final List<OutputTensor> tensors;
  private Progress progress = Progress.NONE;

  /**
   * A file of these tensors.
   *
   * @param metadata free text for the header
   * @param tensors of types F32, F16, BF16
   */
  public SafetensorsWriter(Map<String, String> metadata, List<OutputTensor> tensors) {
    this.metadata = Map.copyOf(metadata);
    this.tensors = List.copyOf(tensors);
  }

  /** Tells somebody how far the writing is. */
  public SafetensorsWriter tell(Progress listener) {
    progress = listener;
    return this;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    byte[] header = header();
    int padded = Math.ceilDiv(header.length, ALIGNMENT) * ALIGNMENT;
    byte[] json = Arrays.copyOf(header, padded);
    Arrays.fill(json, header.length, padded, (byte) ' ');
    out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).array());
    out.write(json);
    long done = 0;
    long total = tensors.stream().mapToLong(OutputTensor::bytes).sum();
    for (OutputTensor tensor : tensors) {
      progress.at(tensor.name(), done, total);
      tensor.writeTo(out);
      done += tensor.bytes();
    }
  }

  private byte[] header() {
    Map<String, Object> json = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      json.put("__metadata__", metadata);
    }
    long at = 0;
    for (OutputTensor tensor : tensors) {
      long end = at + tensor.bytes();
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", name(tensor.type()));
      entry.put("shape", tensor.shape());
      entry.put("data_offsets", List.of(at, end));
      if (json.put(tensor.name(), entry) != null) {
        throw new IllegalArgumentException("two tensors are named " + tensor.name());
      }
      at = end;
    }
    return Json.write(json).getBytes(StandardCharsets.UTF_8);
  }

  private static String name(DType type) {
    return switch (type) {
      case F32, F16, BF16 -> type.name();
      default -> throw new IllegalArgumentException("safetensors holds no " + type);
    };
  }
}
