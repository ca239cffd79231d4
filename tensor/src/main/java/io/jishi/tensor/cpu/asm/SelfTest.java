// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * Tries a kernel before it is used: one block of 16 rows against plain arithmetic. It finds a
 * processor, an emulator or a system that does not do what it says; the property tests find the
 * rest.
 */
final class SelfTest {
  /** Activations are rounded to 8 bits, or to BF16: in units of Σ|x·w|. */
  private static final double ERROR = 2e-2;

  private static final int ROWS = 16;

  private final DType type;
  private final LineKind kind;
  private final int tokens;
  private final int cols;

  private SelfTest(DType type, LineKind kind, int tokens) {
    this.type = type;
    this.kind = kind;
    this.tokens = tokens;
    this.cols = Math.max(type.blockSize(), LineKind.BYTES.columns());
  }

  /**
   * Whether a product gives what it should.
   *
   * @param expander decodes into panels first; null where the product takes packed weights
   */
  static boolean passes(
      DType type, LineKind kind, Kernel writer, ProductKernel product, ProductKernel expander) {
    try (Arena arena = Arena.ofConfined()) {
      return new SelfTest(type, kind, product.tokens()).run(arena, writer, product, expander);
    }
  }

  private boolean run(Arena arena, Kernel writer, ProductKernel product, ProductKernel expander) {
    Random random = new Random(cols);
    Weight stored = weight(arena, random);
    long size = Packing.packedBytes(type, ROWS, cols, ROWS);
    MemorySegment packed = stored.pack(arena.allocate(size, 64), ROWS).data();
    MemorySegment x = arena.allocate(4L * tokens * cols, 64);
    for (int i = 0; i < tokens * cols; i++) {
      x.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    MemorySegment lines = arena.allocate(Lines.bytes(tokens, cols, kind.columns()), 64);
    ProductCall call = new ProductCall(arena);
    int count = cols / kind.columns();
    for (int t = 0; t < tokens; t++) {
      call.lines(
          writer,
          x,
          4L * t * cols,
          4 * kind.columns(),
          lines,
          (long) t * Lines.BYTES,
          count,
          (long) tokens * Lines.BYTES);
    }
    MemorySegment y = arena.allocate(64L * tokens, 64);
    call.x(lines, 0).start(arena.allocate(64, 64), 0, 0, 0);
    call.weights(packed, 0, size);
    int blocks = cols / Math.max(type.blockSize(), kind.columns());
    if (expander == null) {
      call.y(y, 0, 64).run(product, blocks, 1);
    } else {
      MemorySegment panel = arena.allocate((long) count * product.blockBytes(), 64);
      call.y(panel, 0, 0).expand(expander, blocks, 1, count / blocks * product.blockBytes());
      call.weights(panel, 0, 0).y(y, 0, 64).run(product, count, 1);
    }
    return agrees(stored, x, y);
  }

  /** Bytes from which any two make a small finite half-precision number. */
  private Weight weight(Arena arena, Random random) {
    MemorySegment memory = arena.allocate(ROWS * type.rowBytes(cols), 64);
    for (long i = 0; i < memory.byteSize(); i++) {
      memory.set(ValueLayout.JAVA_BYTE, i, (byte) (0x20 + random.nextInt(0x1C)));
    }
    return Weight.stored("self-test", type, ROWS, cols, memory);
  }

  private boolean agrees(Weight stored, MemorySegment x, MemorySegment y) {
    float[] w = new float[cols];
    byte[] raw = new byte[Math.toIntExact(type.rowBytes(cols))];
    for (int row = 0; row < ROWS; row++) {
      stored.storedRow(row, 0, cols, raw);
      Dequantizer.dequantize(type, raw, cols, w);
      for (int t = 0; t < tokens; t++) {
        double sum = 0;
        double magnitude = 0;
        for (int i = 0; i < cols; i++) {
          double product = (double) w[i] * x.getAtIndex(ValueLayout.JAVA_FLOAT, t * cols + i);
          sum += product;
          magnitude += Math.abs(product);
        }
        float actual = y.getAtIndex(ValueLayout.JAVA_FLOAT, (long) t * ROWS + row);
        if (!(Math.abs(actual - sum) <= ERROR * magnitude)) {
          return false;
        }
      }
    }
    return true;
  }
}
