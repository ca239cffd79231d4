// SPDX-License-Identifier: Apache-2.0
package io.jishi.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * How random weights are made in each stored type: plain numbers, or blocks of random bytes in
 * which only the half-precision scales are set, so that values have mean 0 and a wanted deviation.
 * The layouts are those of ggml's {@code ggml-common.h}, written here again so that this table and
 * the one under test have no line in common.
 */
public enum BlockType {
  /** Single precision. */
  F32(0, 1, 4, 0, -1, -1, 0),
  /** Half precision. */
  F16(1, 1, 2, 0, -1, -1, 0),
  /** The upper half of single precision. */
  BF16(30, 1, 2, 0, -1, -1, 0),
  /** d·(q - 8), q of 4 bits. */
  Q4_0(2, 32, 18, 4.6, 0, -1, 0),
  /** d·q + m, q of 4 bits. */
  Q4_1(3, 32, 20, 4.6, 0, 2, -7.5),
  /** d·(q - 16), q of 5 bits. */
  Q5_0(6, 32, 22, 9.2, 0, -1, 0),
  /** d·q + m, q of 5 bits. */
  Q5_1(7, 32, 24, 9.2, 0, 2, -15.5),
  /** d·q, q of 8 bits. */
  Q8_0(8, 32, 34, 73.9, 0, -1, 0),
  /** d·s·q - m·t, q of 2 bits, s and t of 4. */
  Q2_K(10, 256, 84, 12.8, 80, 82, 1.5),
  /** d·(s - 32)·(q - 4), q of 3 bits, s of 6. */
  Q3_K(11, 256, 110, 43, 108, -1, 0),
  /** d·s·q - m·t, q of 4 bits, s and t of 6. */
  Q4_K(12, 256, 144, 257, 0, 2, 7.5),
  /** d·s·q - m·t, q of 5 bits, s and t of 6. */
  Q5_K(13, 256, 176, 525, 0, 2, 15.5),
  /** d·s·(q - 32), q of 6 bits, s of 8. */
  Q6_K(14, 256, 210, 1366, 208, -1, 0);

  private final int id;
  private final int blockSize;
  private final int blockBytes;
  private final double spread; // deviation of the values where d = 1
  private final int scaleAt;
  private final int minimumAt; // -1: none
  private final double minimum; // where d = 1, so that the mean is 0

  BlockType(
      int id,
      int blockSize,
      int blockBytes,
      double spread,
      int scaleAt,
      int minimumAt,
      double minimum) {
    this.id = id;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
    this.spread = spread;
    this.scaleAt = scaleAt;
    this.minimumAt = minimumAt;
    this.minimum = minimum;
  }

  /** The number of this type in GGUF files. */
  public int id() {
    return id;
  }

  /** Values per block. */
  public int blockSize() {
    return blockSize;
  }

  /** Bytes of so many values. */
  public long bytes(long values) {
    return values / blockSize * blockBytes;
  }

  /** Writes {@code values} random values of mean 0 and about the given deviation. */
  public void write(OutputStream out, long values, double deviation, SplittableRandom random)
      throws IOException {
    int blocksAtOnce = (1 << 16) / blockBytes;
    byte[] bytes = new byte[blocksAtOnce * blockBytes];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (long left = values / blockSize; left > 0; left -= blocksAtOnce) {
      int blocks = (int) Math.min(left, blocksAtOnce);
      random.nextBytes(bytes);
      for (int i = 0; i < blocks; i++) {
        block(buffer, i * blockBytes, deviation, random);
      }
      out.write(bytes, 0, blocks * blockBytes);
    }
  }

  private void block(ByteBuffer buffer, int at, double deviation, SplittableRandom random) {
    // Uniform over ±√3 has deviation 1.
    double uniform = (random.nextInt() / (double) (1L << 31)) * Math.sqrt(3);
    switch (this) {
      case F32 -> buffer.putFloat(at, (float) (deviation * uniform));
      case F16 -> buffer.putShort(at, Float.floatToFloat16((float) (deviation * uniform)));
      case BF16 ->
          buffer.putShort(
              at, (short) (Float.floatToRawIntBits((float) (deviation * uniform)) >>> 16));
      default -> scales(buffer, at, deviation / spread * (1 + uniform / 4));
    }
  }

  private void scales(ByteBuffer buffer, int at, double scale) {
    buffer.putShort(at + scaleAt, Float.floatToFloat16((float) scale));
    if (minimumAt >= 0) {
      buffer.putShort(at + minimumAt, Float.floatToFloat16((float) (scale * minimum)));
    }
  }
}
