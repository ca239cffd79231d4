// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A matrix of a model {@code [rows, cols]} = {@code [out, in]}, held as its file stores it: never
 * blown up to floats. A vector is one row. Code outside of a backend reads rows, never the memory.
 *
 * <p>Immutable but for one kind: STORED floats under training, whose owner writes to their memory
 * and then says so by {@link #changed}. A packed copy carries the version that it was made from.
 */
public final class Weight {
  /** How the blocks lie in memory. */
  public enum Layout {
    /** Row after row, as in the file. */
    STORED,
    /**
     * {@link Weight#tile} rows at a time, word k of each row's block side by side: see {@link
     * Packing}.
     */
    PACKED
  }

  private final String name;
  private final DType type;
  private final int rows;
  private final int cols;
  private final Layout layout;
  private final int tile;
  private final MemorySegment data;
  private volatile long version;

  private Weight(
      String name, DType type, int rows, int cols, Layout layout, int tile, MemorySegment data) {
    this.name = name;
    this.type = type;
    this.rows = rows;
    this.cols = cols;
    this.layout = layout;
    this.tile = tile;
    this.data = data;
    long expected =
        layout == Layout.PACKED
            ? Packing.packedBytes(type, rows, cols, tile)
            : Math.multiplyExact(rows, type.rowBytes(cols));
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          this + " takes " + expected + " bytes, not " + data.byteSize());
    }
  }

  /**
   * A weight over stored bytes.
   *
   * @param data exactly {@code rows · type.rowBytes(cols)} bytes, little-endian
   */
  public static Weight stored(String name, DType type, int rows, int cols, MemorySegment data) {
    return new Weight(name, type, rows, cols, Layout.STORED, 1, data);
  }

  /**
   * A packed copy of this stored weight.
   *
   * @param target receives it: exactly {@link Packing#packedBytes} bytes
   * @param tile rows that lie side by side, a divisor of {@link Packing#MAX_TILE}
   */
  public Weight pack(MemorySegment target, int tile) {
    if (layout == Layout.PACKED) {
      throw new IllegalArgumentException(this + " is packed already");
    }
    Weight packed = packed(this, target, tile);
    Packing.packTiles(this, 0, Math.ceilDiv(rows, tile), tile, target);
    return packed;
  }

  /** A stored weight over memory that a backend has packed it into: see {@link #pack}. */
  public static Weight packed(Weight stored, MemorySegment data, int tile) {
    Weight packed =
        new Weight(stored.name, stored.type, stored.rows, stored.cols, Layout.PACKED, tile, data);
    packed.version = stored.version;
    return packed;
  }

  /** How often {@link #changed} was called, or had been when this was packed. */
  public long version() {
    return version;
  }

  /**
   * Says that the owner has written to the memory. For one thread at a time.
   *
   * @throws IllegalStateException where this is not a matrix of stored floats
   */
  public void changed() {
    if (!floats()) {
      throw new IllegalStateException(this + " cannot change: it is not stored as floats");
    }
    version = version + 1;
  }

  /** The tensor's name in its file, for messages. */
  public String name() {
    return name;
  }

  /** How values are stored. */
  public DType type() {
    return type;
  }

  /** Outputs. */
  public int rows() {
    return rows;
  }

  /** Inputs. */
  public int cols() {
    return cols;
  }

  /** How the blocks lie in memory. */
  public Layout layout() {
    return layout;
  }

  /** Rows that lie side by side in memory; 1 where {@link Layout#STORED}. */
  public int tile() {
    return tile;
  }

  /** The memory, for backends alone. */
  public MemorySegment data() {
    return data;
  }

  /** Bytes held. */
  public long bytes() {
    return data.byteSize();
  }

  /**
   * Decodes row {@code row} into {@code out[0 … cols)}.
   *
   * @param scratch at least {@code type.rowBytes(cols)} bytes; not used for stored F32
   */
  public void row(int row, byte[] scratch, float[] out) {
    if (floats()) {
      Objects.checkIndex(row, rows);
      long at = (long) row * cols * Float.BYTES;
      MemorySegment.copy(data, ValueLayout.JAVA_FLOAT_UNALIGNED, at, out, 0, cols);
    } else {
      storedRow(row, 0, cols, scratch);
      Dequantizer.dequantize(type, scratch, cols, out);
    }
  }

  /** The values of a vector: a weight of one row. */
  public void vector(float[] out) {
    row(0, floats() ? null : new byte[Math.toIntExact(type.rowBytes(cols))], out);
  }

  private boolean floats() {
    return type == DType.F32 && layout == Layout.STORED;
  }

  /**
   * Bytes of a part of a row as the file stores them, whatever the layout.
   *
   * @param from first column, a multiple of the block size
   * @param count columns, a multiple of the block size
   */
  public void storedRow(int row, int from, int count, byte[] out) {
    Objects.checkIndex(row, rows);
    Objects.checkFromIndexSize(from, count, cols);
    int size = Math.toIntExact(type.rowBytes(count));
    if (layout == Layout.PACKED) {
      Packing.unpack(this, row, from, count, out);
    } else {
      long at = row * type.rowBytes(cols) + type.rowBytes(from);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, out, 0, size);
    }
  }

  @Override
  public String toString() {
    String where = layout == Layout.PACKED ? "PACKED(" + tile + ")" : "STORED";
    return name + " " + type + " [" + rows + ", " + cols + "] " + where;
  }
}
