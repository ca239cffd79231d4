// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The packed layout {@code PACKED(tile)}: word k of {@code tile} rows is one contiguous run, so
 * that a loop over rows reads memory in order.
 *
 * <p>A packed weight is one tile of rows after another, all of {@link #tileBytes}; lanes past the
 * last row hold zero bytes. A row is cut into blocks: those of its format, or of plain types one
 * 32-bit word ({@link #unit} columns: one of F32, two of F16 and BF16; the first column in the low
 * half), zeros standing for columns past the last up to a multiple of 32. A block is cut into its
 * 32-bit words and a tail, the 0, 1 or 2 bytes left over: the first bytes of blocks of 32 values
 * (their scale), else the last ones. A tile is one block after another, of each first the words,
 * {@code [words][tile]}, then the tails, {@code [tile]}: one stream. Words are little-endian and
 * those of Q8_0 are xor-ed with {@link #flip}, which makes its signed bytes unsigned.
 *
 * <p>So of lane {@code r} of a tile, word k of block b stands at byte {@code b · tile · bytes + 4 ·
 * (k · tile + r)} and its tail at {@code (b · bytes + 4 · words) · tile + r · tailBytes}, bytes
 * being those of a block.
 */
public final class Packing {
  /** What every tile divides: the widest one. */
  public static final int MAX_TILE = 128;

  private static final int PLAIN_COLUMNS = 32;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

  private Packing() {}

  /** Columns of a block in the packed layout. */
  public static int unit(DType type) {
    return type.plain() ? Math.max(1, 4 / type.blockBytes()) : type.blockSize();
  }

  /** Blocks of a packed row, those that only pad it included. */
  public static int blocks(DType type, int cols) {
    if (type.plain()) {
      return Math.ceilDiv(cols, PLAIN_COLUMNS) * PLAIN_COLUMNS / unit(type);
    }
    return cols / type.blockSize();
  }

  /** 32-bit words in a block. */
  public static int words(DType type) {
    return blockBytes(type) / 4;
  }

  /** Bytes in a block beside its words: 0, 1 or 2. */
  public static int tailBytes(DType type) {
    return blockBytes(type) % 4;
  }

  /** Where word 0 stands in a stored block, bytes. */
  public static int wordsOffset(DType type) {
    return type.blockSize() == 32 ? tailBytes(type) : 0;
  }

  /** Where the tail stands in a stored block, bytes. */
  public static int tailOffset(DType type) {
    return type.blockSize() == 32 ? 0 : blockBytes(type) - tailBytes(type);
  }

  /** What the words of a stored block are xor-ed with: adds 128 to the signed bytes of Q8_0. */
  public static int flip(DType type) {
    return type == DType.Q8_0 ? 0x80808080 : 0;
  }

  /** Bytes of one tile. */
  public static long tileBytes(DType type, int cols, int tile) {
    return (long) tile * blocks(type, cols) * blockBytes(type);
  }

  /** Bytes of a packed matrix: {@code ⌈rows / tile⌉} tiles. */
  public static long packedBytes(DType type, int rows, int cols, int tile) {
    if (tile < 1 || MAX_TILE % tile != 0) {
      throw new IllegalArgumentException("tiles of " + tile + " rows do not divide " + MAX_TILE);
    }
    return Math.multiplyExact(Math.ceilDiv(rows, tile), tileBytes(type, cols, tile));
  }

  /** Where block {@code block} of a tile begins, bytes from the tile's start. */
  public static long blockOffset(DType type, int tile, int block) {
    return (long) block * tile * blockBytes(type);
  }

  /** Where the tails of a block begin, bytes from its start in a tile. */
  public static long tailsOffset(DType type, int tile) {
    return 4L * words(type) * tile;
  }

  /** Bytes of a block of one row: its words and its tail. */
  public static int blockBytes(DType type) {
    return type.plain() ? unit(type) * type.blockBytes() : type.blockBytes();
  }

  /**
   * Packs tiles {@code first … first + count} of a stored weight to the start of {@code target}.
   */
  public static void packTiles(
      Weight stored, int first, int count, int tile, MemorySegment target) {
    DType type = stored.type();
    int rowBytes = Math.toIntExact(type.rowBytes(stored.cols()));
    byte[] row = new byte[blocks(type, stored.cols()) * blockBytes(type)];
    byte[] out = new byte[Math.toIntExact(tileBytes(type, stored.cols(), tile))];
    for (int i = 0; i < count; i++) {
      int firstRow = (first + i) * tile;
      int lanes = Math.min(tile, stored.rows() - firstRow);
      if (lanes < tile) {
        Arrays.fill(out, (byte) 0);
      }
      for (int lane = 0; lane < lanes; lane++) {
        long from = (long) (firstRow + lane) * rowBytes;
        MemorySegment.copy(stored.data(), ValueLayout.JAVA_BYTE, from, row, 0, rowBytes);
        packRow(type, stored.cols(), tile, lane, row, out);
      }
      MemorySegment.copy(out, 0, target, ValueLayout.JAVA_BYTE, (long) i * out.length, out.length);
    }
  }

  private static void packRow(DType type, int cols, int tile, int lane, byte[] row, byte[] out) {
    int words = words(type);
    int wordsAt = wordsOffset(type);
    int tailBytes = tailBytes(type);
    int tails = Math.toIntExact(tailsOffset(type, tile));
    int flip = flip(type);
    int blocks = blocks(type, cols);
    MemorySegment from = MemorySegment.ofArray(row);
    MemorySegment to = MemorySegment.ofArray(out);
    for (int block = 0; block < blocks; block++) {
      int at = block * blockBytes(type);
      for (int k = 0; k < words; k++) {
        int word = from.get(INT, at + wordsAt + 4L * k) ^ flip;
        to.set(INT, (long) at * tile + 4L * (k * tile + lane), word);
      }
      int tail = at * tile + tails + lane * tailBytes;
      System.arraycopy(row, at + tailOffset(type), out, tail, tailBytes);
    }
  }

  /** The stored bytes of columns {@code from … from + count} of a row of a packed weight. */
  static void unpack(Weight packed, int row, int from, int count, byte[] out) {
    DType type = packed.type();
    int tile = packed.tile();
    long start = row / tile * tileBytes(type, packed.cols(), tile);
    int lane = row % tile;
    if (type.plain()) {
      unpackPlain(packed, start, lane, from, count, out);
      return;
    }
    int words = words(type);
    int tailBytes = tailBytes(type);
    long tails = tailsOffset(type, tile);
    MemorySegment to = MemorySegment.ofArray(out);
    for (int i = 0; i < count / type.blockSize(); i++) {
      long block = start + blockOffset(type, tile, from / type.blockSize() + i);
      int at = i * type.blockBytes();
      for (int k = 0; k < words; k++) {
        long word = block + 4L * (k * tile + lane);
        to.set(INT, at + wordsOffset(type) + 4L * k, packed.data().get(INT, word) ^ flip(type));
      }
      long tail = block + tails + (long) lane * tailBytes;
      MemorySegment.copy(
          packed.data(), ValueLayout.JAVA_BYTE, tail, out, at + tailOffset(type), tailBytes);
    }
  }

  private static void unpackPlain(
      Weight packed, long start, int lane, int from, int count, byte[] out) {
    int size = packed.type().blockBytes();
    int unit = unit(packed.type());
    for (int i = 0; i < count; i++) {
      int col = from + i;
      long at = start + 4L * ((long) (col / unit) * packed.tile() + lane) + col % unit * size;
      MemorySegment.copy(packed.data(), ValueLayout.JAVA_BYTE, at, out, i * size, size);
    }
  }
}
