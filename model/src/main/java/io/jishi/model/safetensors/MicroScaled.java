// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.safetensors;

import io.jishi.model.StoredTensor;
import io.jishi.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * Weights of four bits as gpt-oss publishes them: {@code *_blocks} {@code [.., n, 16]} holds the
 * codes of 32 values, two neighbours a byte, the first in the low half; {@code *_scales} {@code
 * [.., n]} their exponents. Both together are one tensor {@code [.., 32 n]} of type MXFP4, whose
 * blocks are the scale and then values i and i + 16 a byte. It is made when it is asked for, and
 * made again once nobody holds it.
 */
final class MicroScaled {
  private static final String BLOCKS = "_blocks";
  private static final String SCALES = "_scales";
  private static final int CODES = 16;

  private final MemorySegment blocks;
  private final MemorySegment scales;
  private WeakReference<MemorySegment> made = new WeakReference<>(null);

  private MicroScaled(MemorySegment blocks, MemorySegment scales) {
    this.blocks = blocks;
    this.scales = scales;
  }

  /** Puts tensors in the place of pairs of bytes; other bytes stay what nobody can ask for. */
  static void join(TensorMap tensors) {
    for (String name : List.copyOf(tensors.unknown().keySet())) {
      if (!name.endsWith(BLOCKS)) {
        continue;
      }
      String other = name.substring(0, name.length() - BLOCKS.length()) + SCALES;
      TensorMap.Bytes blocks = tensors.bytes(name);
      TensorMap.Bytes scales = tensors.bytes(other);
      if (blocks != null && scales != null && fits(blocks.shape(), scales.shape())) {
        List<Long> shape = new ArrayList<>(scales.shape());
        shape.set(shape.size() - 1, shape.getLast() * DType.MXFP4.blockSize());
        MicroScaled both = new MicroScaled(blocks.data(), scales.data());
        tensors.replace(name, other, new StoredTensor(name, DType.MXFP4, shape, both::packed));
      }
    }
  }

  private static boolean fits(List<Long> blocks, List<Long> scales) {
    int last = blocks.size() - 1;
    return last >= 1 && blocks.get(last) == CODES && blocks.subList(0, last).equals(scales);
  }

  private synchronized MemorySegment packed() {
    MemorySegment there = made.get();
    if (there == null) {
      there = pack();
      made = new WeakReference<>(there);
    }
    return there;
  }

  private MemorySegment pack() {
    long count = scales.byteSize();
    int size = DType.MXFP4.blockBytes();
    MemorySegment all = Arena.ofAuto().allocate(count * size, 64);
    byte[] in = new byte[CODES];
    byte[] out = new byte[size];
    for (long b = 0; b < count; b++) {
      MemorySegment.copy(blocks, ValueLayout.JAVA_BYTE, b * CODES, in, 0, CODES);
      out[0] = scales.get(ValueLayout.JAVA_BYTE, b);
      for (int i = 0; i < CODES; i++) {
        out[1 + i] = (byte) (code(in, i) | code(in, i + CODES) << 4);
      }
      MemorySegment.copy(out, 0, all, ValueLayout.JAVA_BYTE, b * size, size);
    }
    return all.asReadOnly();
  }

  private static int code(byte[] pairs, int i) {
    return pairs[i / 2] >> 4 * (i % 2) & 15;
  }
}
