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

  /** Scales of the blocks of one matrix: a table, since a conversion per block would be slow. */
  private static final int SCALES = 16;

  /** Deviation of ±[1, 2): what random signs and mantissas give under the exponent 0. */
  private static final double PLAIN_SPREAD = Math.sqrt(7.0 / 3);

  /**
   * Where a block holds its half-precision numbers; all its other bytes may be anything.
   *
   * @param spread deviation of the values where the scale is 1
   * @param scaleAt offset of the scale
   * @param minimumAt offset of the minimum, -1 for none
   * @param minimum that gives mean 0 where the scale is 1
   */
  private record Scales(double spread, int scaleAt, int minimumAt, double minimum) {}

  /** Plain numbers: random bits that are kept, and the exponent that is set, four to a word. */
  private record Bits(long keep, long set) {}

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
    // Whole blocks and whole words.
    int piece = Math.max(1, PIECE_BYTES / type.blockBytes() / 8) * 8 * type.blockBytes();
    int pieces = Math.toIntExact((data.byteSize() + piece - 1) / piece);
    Team team = Team.process();
    long[][] buffers = new long[team.size()][piece / Long.BYTES];
    Bits bits = type.plain() ? bits(type, deviation) : new Bits(-1, 0);
    Scales scales = type.plain() ? null : scales(type);
    short[] table = type.plain() ? null : table(deviation / scales.spread);
    short[] minima = type.plain() ? null : table(scales.minimum * deviation / scales.spread);
    long start = mix(seed);
    team.run(
        pieces,
        team.size(),
        (index, worker) -> {
          long from = (long) index * piece;
          MemorySegment part = data.asSlice(from, Math.min(piece, data.byteSize() - from));
          words(start + from / Long.BYTES, bits, buffers[worker]);
          MemorySegment.copy(MemorySegment.ofArray(buffers[worker]), 0, part, 0, part.byteSize());
          if (scales != null) {
            set(part, type.blockBytes(), scales, table, minima);
          }
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

  /** Puts one scale of the table into each block; which one, the random byte there says. */
  private static void set(
      MemorySegment part, int blockBytes, Scales scales, short[] table, short[] minima) {
    for (long at = 0; at < part.byteSize(); at += blockBytes) {
      int which = part.get(ValueLayout.JAVA_BYTE, at + scales.scaleAt) & SCALES - 1;
      part.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + scales.scaleAt, table[which]);
      if (scales.minimumAt >= 0) {
        part.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + scales.minimumAt, minima[which]);
      }
    }
  }

  /** Half-precision numbers around {@code middle}, a quarter to either side. */
  private static short[] table(double middle) {
    short[] table = new short[SCALES];
    for (int i = 0; i < SCALES; i++) {
      double factor = 0.75 + 0.5 * i / (SCALES - 1);
      table[i] = Float.floatToFloat16((float) (middle * factor));
    }
    return table;
  }

  private static Bits bits(DType type, double deviation) {
    int exponent = (int) Math.round(Math.log(deviation / PLAIN_SPREAD) / Math.log(2));
    return switch (type) {
      case F32 -> repeat(0x807F_FFFFL, (127L + exponent) << 23, 0x1_0000_0001L);
      case BF16 -> repeat(0x807FL, (127L + exponent) << 7, 0x1_0001_0001_0001L);
      case F16 -> repeat(0x83FFL, Math.clamp(15L + exponent, 1, 30) << 10, 0x1_0001_0001_0001L);
      default -> throw new IllegalArgumentException(type + " is not plain");
    };
  }

  private static Bits repeat(long keep, long set, long lanes) {
    return new Bits(keep * lanes, set * lanes);
  }

  /** The layouts are those that {@link Dequantizer} reads; spreads follow from uniform bytes. */
  private static Scales scales(DType type) {
    return switch (type) {
      case Q4_0 -> new Scales(4.64, 0, -1, 0);
      case Q4_1 -> new Scales(4.61, 0, 2, -7.5);
      case Q5_0 -> new Scales(9.25, 0, -1, 0);
      case Q5_1 -> new Scales(9.23, 0, 2, -15.5);
      case Q8_0 -> new Scales(73.9, 0, -1, 0);
      case Q2_K -> new Scales(13.9, 80, 82, 1.5);
      case Q3_K -> new Scales(43.3, 108, -1, 0);
      case Q4_K -> new Scales(258, 0, 2, 7.5);
      case Q5_K -> new Scales(527, 0, 2, 15.5);
      case Q6_K -> new Scales(1366, 208, -1, 0);
      default -> throw new IllegalArgumentException(type + " has no blocks to fill");
    };
  }
}
