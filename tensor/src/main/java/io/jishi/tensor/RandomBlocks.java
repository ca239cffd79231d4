// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import io.jishi.tensor.cpu.Team;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Random weights as a file would store them, for measurements: finite, of mean about 0 and a wanted
 * size, made at the speed of memory. Word k is a hash of the seed and k (SplitMix64, Steele et al.
 * 2014), so the bytes depend on the seed alone, not on the threads that made them.
 */
public final class RandomBlocks {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final int PIECE_BYTES = 256 << 10;

  /** Values by which the deviation of random blocks is found. */
  private static final int SAMPLE = 1 << 16;

  /** Scales of the blocks of one matrix: a table, since a conversion per block would be slow. */
  private static final int SCALES = 16;

  /** Deviation of ±[1, 2): what random signs and mantissas give under the exponent 0. */
  private static final double PLAIN_SPREAD = Math.sqrt(7.0 / 3);

  /** Plain numbers: random bits that are kept, and the exponent that is set, in each word. */
  private record Bits(long keep, long set) {}

  /** What is written into each block: one of 16 scales, and the minimum that belongs to it. */
  private record Table(BlockScales scales, short[] scale, short[] minimum) {}

  private RandomBlocks() {}

  /**
   * Fills memory with whole blocks.
   *
   * @param type a runnable one
   * @param data a whole number of blocks, reachable from every thread
   * @param deviation of the values, within a factor of 1.5
   * @throws IllegalArgumentException where the type is not runnable or a block is cut
   */
  public static void fill(DType type, MemorySegment data, double deviation, long seed) {
    if (!type.runnable() || data.byteSize() % type.blockBytes() != 0) {
      throw new IllegalArgumentException(data.byteSize() + " bytes cannot be filled with " + type);
    }
    Bits bits = type.plain() ? bits(type, deviation) : new Bits(-1, 0);
    Table table = type.plain() ? null : table(type, deviation / spread(type));
    // Whole blocks and whole words.
    int piece = Math.max(1, PIECE_BYTES / type.blockBytes() / 8) * 8 * type.blockBytes();
    int pieces = Math.toIntExact((data.byteSize() + piece - 1) / piece);
    Team team = Team.process();
    long[][] buffers = new long[team.size()][piece / Long.BYTES];
    long start = mix(seed);
    team.run(
        pieces,
        team.size(),
        (index, worker) -> {
          long from = (long) index * piece;
          MemorySegment part = data.asSlice(from, Math.min(piece, data.byteSize() - from));
          words(start + from / Long.BYTES, bits, buffers[worker]);
          finish(part, buffers[worker], type, table);
        });
  }

  private static void words(long first, Bits bits, long[] out) {
    long keep = bits.keep;
    long set = bits.set;
    for (int i = 0; i < out.length; i++) {
      out[i] = mix(first + i) & keep | set;
    }
  }

  /** The {@code n}-th output of SplitMix64. */
  private static long mix(long n) {
    long z = n * GOLDEN;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** Copies the words and puts a scale into each block; which one, the random byte there says. */
  private static void finish(MemorySegment part, long[] words, DType type, Table table) {
    MemorySegment.copy(MemorySegment.ofArray(words), 0, part, 0, part.byteSize());
    if (table == null) {
      return;
    }
    for (long at = 0; at < part.byteSize(); at += type.blockBytes()) {
      int which = part.get(ValueLayout.JAVA_BYTE, at + table.scales.at()) & SCALES - 1;
      table.scales.write(part, at, table.scale[which], table.minimum[which]);
    }
  }

  /** Scales around {@code middle}, a quarter to either side and of both signs. */
  private static Table table(DType type, double middle) {
    BlockScales scales = BlockScales.of(type);
    short[] scale = new short[SCALES];
    short[] minimum = new short[SCALES];
    for (int i = 0; i < SCALES; i++) {
      double factor = 0.75 + 0.5 * (i / 2) / (SCALES / 2 - 1);
      double signed = (i % 2 == 0 ? 1 : -1) * middle * factor;
      scale[i] = scales.bits(signed);
      minimum[i] = Float.floatToFloat16((float) (signed * scales.minimum()));
    }
    return new Table(scales, scale, minimum);
  }

  /** The deviation of random blocks whose scales are about 1: of a sample. */
  private static double spread(DType type) {
    byte[] raw = new byte[Math.toIntExact(type.rowBytes(SAMPLE))];
    long[] words = new long[raw.length / Long.BYTES + 1];
    words(0, new Bits(-1, 0), words);
    finish(MemorySegment.ofArray(raw), words, type, table(type, 1));
    float[] values = new float[SAMPLE];
    Dequantizer.dequantize(type, raw, SAMPLE, values);
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares / SAMPLE);
  }

  private static Bits bits(DType type, double deviation) {
    int exponent = (int) Math.round(Math.log(deviation / PLAIN_SPREAD) / Math.log(2));
    return switch (type) {
      case F32 -> repeat(0x807F_FFFFL, (127L + exponent) << 23, 0x1_0000_0001L);
      case BF16 -> repeat(0x807FL, (127L + exponent) << 7, 0x1_0001_0001_0001L);
      case F16 ->
          repeat(0x83FFL, (long) Math.clamp(15 + exponent, 1, 30) << 10, 0x1_0001_0001_0001L);
      default -> throw new IllegalArgumentException(type + " is not plain");
    };
  }

  private static Bits repeat(long keep, long set, long lanes) {
    return new Bits(keep * lanes, set * lanes);
  }
}
