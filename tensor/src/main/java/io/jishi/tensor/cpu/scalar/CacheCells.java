// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.DType;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.cpu.Floats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Carries floats into a cache block and back in plain Java; {@link SequenceState} says how they
 * lie. This is the definition of the roundings: to the nearest half-precision or BF16 number, ties
 * to even; to bytes by {@code scale = max |x| / 127} of a group, {@code q = rint(x / scale)}, read
 * back as {@code q · scale} in FP32. One for each thread.
 */
public final class CacheCells {
  private static final int BLOCK = StateSpec.BLOCK;
  private static final int LARGEST = 127;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  private short[] halves = new short[BLOCK];
  private byte[] bytes = new byte[BLOCK];
  private final float[] scales = new float[BLOCK];

  /** Nothing but scratch memory. */
  public CacheCells() {}

  /** Writes a token's keys, {@code x[at …]}, all heads. */
  public void writeKeys(SequenceState state, int layer, int position, float[] x, int at) {
    StateSpec.Rows rows = state.rows(layer);
    MemorySegment block = state.block(position / BLOCK);
    long keys = state.keyOffset(layer);
    int slot = position % BLOCK;
    if (rows.type() != DType.Q8_0) {
      for (int i = 0; i < rows.keyWidth(); i++) {
        store(block, rows.type(), keys + ((long) i * BLOCK + slot) * rows.size(), x[at + i]);
      }
      return;
    }
    for (int g = 0; g < rows.keyWidth() / rows.group(); g++) {
      int first = g * rows.group();
      float scale = scale(x, at + first, rows.group());
      block.set(FLOAT, keys + rows.keyScales() + 4L * (g * BLOCK + slot), scale);
      for (int i = first; i < first + rows.group(); i++) {
        block.set(BYTE, keys + (long) i * BLOCK + slot, rounded(x[at + i], scale));
      }
    }
  }

  /** Writes a token's values, {@code x[at …]}, all heads of {@code dim} values. */
  public void writeValues(
      SequenceState state, int layer, int position, int dim, float[] x, int at) {
    StateSpec.Rows rows = state.rows(layer);
    MemorySegment block = state.block(position / BLOCK);
    long values = state.valueOffset(layer);
    for (int h = 0; h < rows.valueWidth() / dim; h++) {
      long place = ((long) h * BLOCK + position % BLOCK) * dim;
      int from = at + h * dim;
      if (rows.type() != DType.Q8_0) {
        for (int i = 0; i < dim; i++) {
          store(block, rows.type(), values + (place + i) * rows.size(), x[from + i]);
        }
        continue;
      }
      for (int i = 0; i < dim; i += rows.group()) {
        float scale = scale(x, from + i, rows.group());
        block.set(FLOAT, values + rows.valueScales() + (place + i) / rows.group() * 4, scale);
        for (int j = i; j < i + rows.group(); j++) {
          block.set(BYTE, values + place + j, rounded(x[from + j], scale));
        }
      }
    }
  }

  private static void store(MemorySegment block, DType type, long at, float value) {
    switch (type) {
      case F32 -> block.set(FLOAT, at, value);
      case F16 -> block.set(SHORT, at, Float.floatToFloat16(value));
      default -> block.set(SHORT, at, bf16(value));
    }
  }

  private static short bf16(float value) {
    return (short) (Float.floatToRawIntBits(Floats.toBf16(value)) >>> 16);
  }

  private static float scale(float[] x, int from, int count) {
    float max = 0;
    for (int i = from; i < from + count; i++) {
      max = Math.max(max, Math.abs(x[i]));
    }
    return max / LARGEST;
  }

  /** A scale of nothing but zeros is zero, and 0 / 0 becomes the byte 0. */
  private static byte rounded(float x, float scale) {
    int q = (int) Math.rint((double) x / scale);
    return (byte) Math.max(-LARGEST, Math.min(LARGEST, q));
  }

  /** Rows {@code first …} of the keys of a block as floats, as many as {@code keys} has. */
  public void readKeys(
      SequenceState state, int layer, int block, int first, float[][] keys, int count) {
    StateSpec.Rows rows = state.rows(layer);
    MemorySegment memory = state.block(block);
    long at = state.keyOffset(layer);
    for (int i = 0; i < count; i++) {
      int row = first + i;
      read(memory, rows.type(), at + (long) row * BLOCK * rows.size(), keys[i], BLOCK);
      if (rows.type() == DType.Q8_0) {
        if (i == 0 || row % rows.group() == 0) {
          long scale = at + rows.keyScales() + 4L * BLOCK * (row / rows.group());
          MemorySegment.copy(memory, FLOAT, scale, scales, 0, BLOCK);
        }
        for (int j = 0; j < BLOCK; j++) {
          keys[i][j] *= scales[j];
        }
      }
    }
  }

  /** The first {@code count} values of head {@code head} of a block as floats. */
  public void readValues(
      SequenceState state, int layer, int block, int head, float[][] values, int count) {
    StateSpec.Rows rows = state.rows(layer);
    MemorySegment memory = state.block(block);
    long at = state.valueOffset(layer);
    for (int j = 0; j < count; j++) {
      int dim = values[j].length;
      long place = ((long) head * BLOCK + j) * dim;
      read(memory, rows.type(), at + place * rows.size(), values[j], dim);
      for (int i = 0; rows.type() == DType.Q8_0 && i < dim; i++) {
        long scale = at + rows.valueScales() + (place + i) / rows.group() * 4;
        values[j][i] *= memory.get(FLOAT, scale);
      }
    }
  }

  private void read(MemorySegment memory, DType type, long at, float[] line, int count) {
    switch (type) {
      case F32 -> MemorySegment.copy(memory, FLOAT, at, line, 0, count);
      case Q8_0 -> {
        if (bytes.length < count) {
          bytes = new byte[count];
        }
        MemorySegment.copy(memory, BYTE, at, bytes, 0, count);
        for (int i = 0; i < count; i++) {
          line[i] = bytes[i];
        }
      }
      default -> {
        if (halves.length < count) {
          halves = new short[count];
        }
        MemorySegment.copy(memory, SHORT, at, halves, 0, count);
        widen(type, line, count);
      }
    }
  }

  private void widen(DType type, float[] line, int count) {
    if (type == DType.F16) {
      for (int i = 0; i < count; i++) {
        line[i] = Float.float16ToFloat(halves[i]);
      }
    } else {
      for (int i = 0; i < count; i++) {
        line[i] = Float.intBitsToFloat(halves[i] << 16);
      }
    }
  }
}
