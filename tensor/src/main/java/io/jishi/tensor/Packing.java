// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The packed layout of block formats, of the same size as the stored one.
 *
 * <p>Tile after tile of {@link Weight#TILE} rows (the last one may have n fewer); in a tile block
 * after block; of a block first its 32-bit words {@code [words][n]}, then, where a block has an odd
 * number of 16-bit units, the left-over half word {@code [n]}. That half word is the first of
 * blocks of 32 values (their scale) and the last of blocks of 256 (theirs). So word k of all rows
 * of a tile is one contiguous run: a loop over rows reads it in order.
 */
public final class Packing {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private Packing() {}

  /** 32-bit words in a block. */
  public static int words(DType type) {
    return type.blockBytes() / 4;
  }

  /** Whether a block has a half word beside its words. */
  public static boolean hasHalf(DType type) {
    return type.blockBytes() % 4 == 2;
  }

  /** Where word 0 stands in a stored block, bytes. */
  public static int wordsOffset(DType type) {
    return hasHalf(type) && type.blockSize() == 32 ? 2 : 0;
  }

  /** Where the half word stands in a stored block, bytes. */
  public static int halfOffset(DType type) {
    return wordsOffset(type) == 2 ? 0 : type.blockBytes() - 2;
  }

  /** What the words of a stored block are xor-ed with: adds 128 to the signed bytes of Q8_0. */
  public static int flip(DType type) {
    return type == DType.Q8_0 ? 0x80808080 : 0;
  }

  /** Rows of tile {@code tile}. */
  public static int lanes(Weight weight, int tile) {
    return Math.min(Weight.TILE, weight.rows() - tile * Weight.TILE);
  }

  /** Offset in bytes of block {@code block} of tile {@code tile} in the packed memory. */
  public static long blockOffset(Weight weight, int tile, int block) {
    DType type = weight.type();
    return (long) tile * Weight.TILE * type.rowBytes(weight.cols())
        + (long) block * lanes(weight, tile) * type.blockBytes();
  }

  static void pack(Weight weight, MemorySegment target) {
    DType type = weight.type();
    if (target.byteSize() != weight.bytes()) {
      throw new IllegalArgumentException(
          weight + " packs into " + weight.bytes() + " bytes, not " + target.byteSize());
    }
    int rowBytes = Math.toIntExact(type.rowBytes(weight.cols()));
    int blocks = weight.cols() / type.blockSize();
    byte[] raw = new byte[Math.multiplyExact(Math.min(Weight.TILE, weight.rows()), rowBytes)];
    MemorySegment heap = MemorySegment.ofArray(raw);
    byte[] packed = new byte[raw.length];
    for (int tile = 0; tile * Weight.TILE < weight.rows(); tile++) {
      int lanes = lanes(weight, tile);
      int size = lanes * rowBytes;
      long offset = (long) tile * Weight.TILE * rowBytes;
      MemorySegment.copy(weight.data(), offset, heap, 0, size);
      packTile(type, raw, packed, lanes, blocks, rowBytes);
      MemorySegment.copy(packed, 0, target, ValueLayout.JAVA_BYTE, offset, size);
    }
  }

  private static void packTile(
      DType type, byte[] raw, byte[] packed, int lanes, int blocks, int rowBytes) {
    int words = words(type);
    int wordsAt = wordsOffset(type);
    int flip = flip(type);
    int blockBytes = type.blockBytes();
    MemorySegment from = MemorySegment.ofArray(raw);
    MemorySegment to = MemorySegment.ofArray(packed);
    for (int lane = 0; lane < lanes; lane++) {
      for (int block = 0; block < blocks; block++) {
        int source = lane * rowBytes + block * blockBytes;
        int sink = block * lanes * blockBytes;
        for (int k = 0; k < words; k++) {
          to.set(
              INT, sink + (k * lanes + lane) * 4, from.get(INT, source + wordsAt + 4 * k) ^ flip);
        }
        if (hasHalf(type)) {
          short half = from.get(SHORT, source + halfOffset(type));
          to.set(SHORT, sink + words * lanes * 4 + lane * 2, half);
        }
      }
    }
  }

  static void unpack(Weight weight, int row, int firstBlock, int blocks, byte[] out) {
    DType type = weight.type();
    int tile = row / Weight.TILE;
    int lane = row % Weight.TILE;
    int lanes = lanes(weight, tile);
    int words = words(type);
    MemorySegment to = MemorySegment.ofArray(out);
    for (int block = 0; block < blocks; block++) {
      long source = blockOffset(weight, tile, firstBlock + block);
      int sink = block * type.blockBytes();
      for (int k = 0; k < words; k++) {
        int word = weight.data().get(INT, source + ((long) k * lanes + lane) * 4) ^ flip(type);
        to.set(INT, sink + wordsOffset(type) + 4 * k, word);
      }
      if (hasHalf(type)) {
        short half = weight.data().get(SHORT, source + (long) words * lanes * 4 + lane * 2L);
        to.set(SHORT, sink + halfOffset(type), half);
      }
    }
  }
}
