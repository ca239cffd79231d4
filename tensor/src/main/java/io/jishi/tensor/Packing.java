// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The packed layout: tiles of rows, the last one filled up with rows of zeros, so that equal words
 * of all rows of a tile lie side by side and a vector takes them with one load.
 *
 * <p>A tile holds all 32-bit words of all its blocks, {@code [blocks][words][tile]}, then what is
 * left of each block, its <em>tail</em> of 0, 1 or 2 bytes, {@code [blocks][tile]}. The tail is the
 * first of blocks of 32 values (their scale) and the last of blocks of 256 (theirs). For plain
 * numbers a block is one word: one value of four bytes, or two of two; columns are filled up with
 * zeros to a multiple of {@value #COLUMNS}.
 */
public final class Packing {
  /** Columns of plain numbers come in multiples of this. */
  public static final int COLUMNS = 32;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private Packing() {}

  /** Bytes of what is packed as one block. */
  private static int unit(DType type) {
    return type.plain() ? 4 : type.blockBytes();
  }

  /** 32-bit words in a block; 1 for plain numbers. */
  public static int words(DType type) {
    return unit(type) / 4;
  }

  /** Bytes of a block beside its words. */
  public static int tailBytes(DType type) {
    return unit(type) % 4;
  }

  /** Where word 0 stands in a stored block, bytes. */
  public static int wordsOffset(DType type) {
    return type.blockSize() == 32 ? tailBytes(type) : 0;
  }

  /** Where the tail stands in a stored block, bytes. */
  public static int tailOffset(DType type) {
    return type.blockSize() == 32 ? 0 : unit(type) - tailBytes(type);
  }

  /** What the words of a stored block are xor-ed with: adds 128 to the signed bytes of Q8_0. */
  public static int flip(DType type) {
    return type == DType.Q8_0 ? 0x80808080 : 0;
  }

  /** Blocks of a row of {@code cols} columns. */
  public static int blocks(DType type, int cols) {
    return type.plain()
        ? (cols + COLUMNS - 1) / COLUMNS * (COLUMNS * type.blockBytes() / 4)
        : cols / type.blockSize();
  }

  /** Whether a type can be packed: its words have to be whole. */
  public static boolean packable(DType type) {
    return !type.plain() || type.blockBytes() == 2 || type.blockBytes() == 4;
  }

  /** Bytes of one tile. */
  public static long tileBytes(DType type, int cols, int tile) {
    return (long) blocks(type, cols) * unit(type) * tile;
  }

  /** Bytes of a packed matrix. */
  public static long packedBytes(DType type, int rows, int cols, int tile) {
    return Math.multiplyExact(tileBytes(type, cols, tile), (long) tiles(rows, tile));
  }

  /** Tiles of {@code rows} rows. */
  public static int tiles(int rows, int tile) {
    return (rows + tile - 1) / tile;
  }

  /** Offset in a tile of word {@code k} of block {@code block}, all rows. */
  public static long wordOffset(DType type, int tile, int block, int k) {
    return ((long) block * words(type) + k) * tile * 4;
  }

  /** Offset in a tile of the tails of block {@code block}, all rows. */
  public static long tailOffset(DType type, int cols, int tile, int block) {
    return ((long) blocks(type, cols) * words(type) * 4 + (long) block * tailBytes(type)) * tile;
  }

  /**
   * Packs tiles {@code first … first + count} of a stored weight to the beginning of {@code
   * target}.
   */
  public static void packTiles(
      Weight stored, int first, int count, int tile, MemorySegment target) {
    long size = tileBytes(stored.type(), stored.cols(), tile);
    for (int i = 0; i < count; i++) {
      packTile(stored, (first + i) * tile, tile, target.asSlice(i * size, size));
    }
  }

  private static void packTile(Weight stored, int firstRow, int tile, MemorySegment out) {
    DType type = stored.type();
    int rows = Math.min(tile, stored.rows() - firstRow);
    int rowBytes = Math.toIntExact(type.rowBytes(stored.cols()));
    int blocks = blocks(type, stored.cols());
    byte[] row = new byte[Math.max(rowBytes, blocks * unit(type))];
    MemorySegment in = MemorySegment.ofArray(row);
    if (rows < tile) {
      out.fill((byte) 0);
    }
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(stored.data(), (long) (firstRow + r) * rowBytes, in, 0, rowBytes);
      for (int block = 0; block < blocks; block++) {
        packBlock(type, in, block, r, tile, out);
      }
      packTails(type, in, stored.cols(), r, tile, out);
    }
  }

  private static void packBlock(
      DType type, MemorySegment row, int block, int r, int tile, MemorySegment out) {
    long from = (long) block * unit(type) + wordsOffset(type);
    for (int k = 0; k < words(type); k++) {
      int word = row.get(INT, from + 4L * k) ^ flip(type);
      out.set(INT, wordOffset(type, tile, block, k) + 4L * r, word);
    }
  }

  private static void packTails(
      DType type, MemorySegment row, int cols, int r, int tile, MemorySegment out) {
    int size = tailBytes(type);
    for (int block = 0; size > 0 && block < cols / type.blockSize(); block++) {
      long from = (long) block * type.blockBytes() + tailOffset(type);
      long to = tailOffset(type, cols, tile, block) + (long) size * r;
      MemorySegment.copy(row, from, out, to, size);
    }
  }

  /** Takes blocks {@code firstBlock … firstBlock + count} of a row out of a packed weight. */
  static void unpack(Weight packed, int row, int firstBlock, int count, byte[] out) {
    DType type = packed.type();
    int tile = packed.tile();
    int r = row % tile;
    long base = row / tile * tileBytes(type, packed.cols(), tile);
    MemorySegment to = MemorySegment.ofArray(out);
    for (int b = 0; b < count; b++) {
      int block = firstBlock + b;
      long sink = (long) b * unit(type);
      for (int k = 0; k < words(type); k++) {
        long from = base + wordOffset(type, tile, block, k) + 4L * r;
        int word = packed.data().get(INT, from) ^ flip(type);
        to.set(INT, sink + wordsOffset(type) + 4L * k, word);
      }
      int size = tailBytes(type);
      if (size > 0) {
        long from = base + tailOffset(type, packed.cols(), tile, block) + (long) size * r;
        MemorySegment.copy(packed.data(), from, to, sink + tailOffset(type), size);
      }
    }
  }

  /** Takes columns {@code first … first + count} of a row out of packed plain numbers. */
  static void unpackPlain(Weight packed, int row, int first, int count, byte[] out) {
    DType type = packed.type();
    int tile = packed.tile();
    int size = type.blockBytes();
    long base = row / tile * tileBytes(type, packed.cols(), tile) + 4L * (row % tile);
    MemorySegment to = MemorySegment.ofArray(out);
    for (int i = 0; i < count; i++) {
      long at = (long) (first + i) * size;
      MemorySegment.copy(
          packed.data(), base + at / 4 * 4 * tile + at % 4, to, (long) i * size, size);
    }
  }
}
