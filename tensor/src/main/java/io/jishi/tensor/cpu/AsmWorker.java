// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.DType;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Kernel;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.LineKind;
import io.jishi.tensor.cpu.asm.ProductCall;
import io.jishi.tensor.cpu.asm.ProductKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One thread's part in {@link AsmProducts}: a run of tiles of one weight against all tokens. */
final class AsmWorker implements AutoCloseable {
  /** Columns of a panel: with the tokens' lines it stays within the first-level cache. */
  private static final int PANEL_COLUMNS = 512;

  /** Bytes of tiles that stay in the second-level cache for the next tile of tokens. */
  private static final int KEPT_BYTES = 128 << 10;

  private static final int ROW_FLOATS = 4 * AsmProducts.TILE;

  private final Kernels kernels;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment zeros = arena.allocate(ROW_FLOATS, 64);
  final ProductCall call = new ProductCall(arena);
  private MemorySegment panel = MemorySegment.NULL;
  private MemorySegment packed = MemorySegment.NULL;
  private MemorySegment edge = MemorySegment.NULL;
  private MemorySegment pad = MemorySegment.NULL;

  private Weight weight;
  private LineKind kind;
  private LineBuffer lines;
  private MemorySegment memory;
  private long base;
  private long tileBytes;
  private MemorySegment bias;
  private long biasOffset;

  AsmWorker(Kernels kernels) {
    this.kernels = kernels;
  }

  /** A row of zeros of at least {@code bytes} bytes whose beginning may be written. */
  MemorySegment pad(long bytes) {
    pad = grown(pad, bytes);
    return pad.fill((byte) 0);
  }

  /**
   * Multiplies tiles {@code first … first + tiles} of a weight.
   *
   * @param biasFloats the weight's bias, padded to whole tiles, or null
   * @param column of {@code y} where the weight's outputs begin
   */
  void run(
      Weight of,
      LineKind lineKind,
      LineBuffer activations,
      int first,
      int tiles,
      MemorySegment biasFloats,
      Tensor y,
      int column) {
    weight = of;
    kind = lineKind;
    lines = activations;
    tileBytes = Packing.packedBytes(of.type(), AsmProducts.TILE, of.cols(), AsmProducts.TILE);
    locate(first, tiles);
    bias = biasFloats == null ? zeros : biasFloats;
    biasOffset = biasFloats == null ? 0 : (long) first * ROW_FLOATS;
    int whole = Math.min(tiles, of.rows() / AsmProducts.TILE - first);
    long row = 4L * y.cols();
    long at = 4L * (column + first * AsmProducts.TILE);
    int together = together(whole);
    for (int done = 0; done < whole; done += together) {
      int count = Math.min(together, whole - done);
      product(count, y.data(), at + (long) done * ROW_FLOATS, row);
      base += count * tileBytes;
      biasOffset += biasFloats == null ? 0 : (long) count * ROW_FLOATS;
    }
    if (whole < tiles) {
      edge = grown(edge, (long) y.rows() * ROW_FLOATS);
      product(1, edge, 0, ROW_FLOATS);
      int count = of.rows() % AsmProducts.TILE;
      for (int t = 0; t < y.rows(); t++) {
        MemorySegment.copy(
            edge, (long) t * ROW_FLOATS, y.data(), t * row + at + whole * ROW_FLOATS, 4L * count);
      }
    }
  }

  /** How many tiles of weights pass all tiles of tokens before the next ones do. */
  private int together(int tiles) {
    boolean once = lines.tiles() == 1 || many(kernels, weight.type(), kind, lines);
    return once ? tiles : (int) Math.max(1, KEPT_BYTES / tileBytes);
  }

  /** Finds the tiles in memory, packed ones where they lie, stored ones after packing them here. */
  private void locate(int first, int tiles) {
    if (weight.layout() == Weight.Layout.PACKED) {
      memory = weight.data();
      base = first * tileBytes;
    } else {
      packed = grown(packed, tiles * tileBytes);
      pack(weight, first, tiles, packed);
      memory = packed;
      base = 0;
    }
  }

  /**
   * Packs tiles {@code first … first + tiles} of a stored weight to the start of {@code target}.
   */
  void pack(Weight stored, int first, int tiles, MemorySegment target) {
    Kernel packer = kernels.packer(stored.type());
    boolean padded = stored.type().plain() && stored.cols() % LineKind.BYTES.columns() != 0;
    long size = Packing.tileBytes(stored.type(), stored.cols(), AsmProducts.TILE);
    for (int i = 0; i < tiles; i++) {
      int row = (first + i) * AsmProducts.TILE;
      boolean whole = row + AsmProducts.TILE <= stored.rows() && packer != null && !padded;
      if (!whole || !call.pack(packer, stored, row, target, i * size)) {
        MemorySegment tile = target.asSlice(i * size, size);
        Packing.packTiles(stored, first + i, 1, AsmProducts.TILE, tile);
      }
    }
  }

  private void product(int tiles, MemorySegment out, long outOffset, long outStride) {
    DType type = weight.type();
    int columns = Math.max(type.blockSize(), kind.columns());
    int blocks = (weight.cols() + columns - 1) / columns;
    boolean many = many(kernels, type, kind, lines);
    int piece = many ? Math.max(1, PANEL_COLUMNS / columns) : blocks;
    for (int from = 0; from < blocks; from += piece) {
      int count = Math.min(piece, blocks - from);
      boolean panels = many && kind == LineKind.BYTES;
      if (panels) {
        expand(from, count, tiles);
      }
      for (int i = 0; i < lines.tiles(); i++) {
        long y = outOffset + lines.start(i) * outStride;
        call.x(lines.memory(), lines.offset(i, from * (columns / kind.columns())));
        call.y(out, y, outStride);
        if (from > 0) {
          call.start(out, y, outStride, ROW_FLOATS);
        } else {
          call.start(bias, biasOffset, 0, bias == zeros ? 0 : ROW_FLOATS);
        }
        ProductKernel kernel = kernel(kernels, type, kind, lines, i);
        if (panels) {
          int groups = count * (columns / 32);
          call.weights(panel, 0, (long) groups * kernels.groupBytes(type));
          call.run(kernel, groups, tiles);
        } else {
          tiles(kernel, from);
          call.run(kernel, count, tiles);
        }
      }
    }
  }

  /** The product for a tile of tokens: of panels where many tokens pass them. */
  static ProductKernel kernel(
      Kernels kernels, DType type, LineKind kind, LineBuffer lines, int tile) {
    return kind == LineKind.BYTES && many(kernels, type, kind, lines)
        ? kernels.panelProduct(type, lines.size(tile))
        : kernels.product(type, kind, lines.size(tile));
  }

  /** Whether tokens pass pieces of a weight: {@link Kernels#panels}. */
  static boolean many(Kernels kernels, DType type, LineKind kind, LineBuffer lines) {
    return lines.tiles() > 0 && kernels.panels(type, kind, lines.size(0), lines.tiles());
  }

  private void expand(int from, int count, int tiles) {
    DType type = weight.type();
    int groupBytes = kernels.groupBytes(type);
    int blockBytes = groupBytes * (type.blockSize() / 32);
    panel = grown(panel, (long) tiles * count * blockBytes);
    ProductKernel kernel = kernels.expand(type);
    tiles(kernel, from);
    call.y(panel, 0, 0);
    call.expand(kernel, count, tiles, blockBytes);
  }

  private void tiles(ProductKernel kernel, int from) {
    call.weights(memory, base + (long) from * kernel.blockBytes(), tileBytes);
  }

  private MemorySegment grown(MemorySegment old, long bytes) {
    return old.byteSize() >= bytes ? old : arena.allocate(bytes, 64);
  }

  /** A weight's floats in whole tiles, zeros behind them. */
  static MemorySegment padded(Arena arena, Weight vector) {
    float[] values = new float[vector.cols()];
    vector.vector(values);
    int tiles = (values.length + AsmProducts.TILE - 1) / AsmProducts.TILE;
    MemorySegment out = arena.allocate((long) tiles * ROW_FLOATS, 64);
    MemorySegment.copy(values, 0, out, ValueLayout.JAVA_FLOAT, 0, values.length);
    return out;
  }

  @Override
  public void close() {
    arena.close();
  }
}
