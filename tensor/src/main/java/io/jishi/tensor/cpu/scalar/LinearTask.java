// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.Products;
import io.jishi.tensor.cpu.Team;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;

/**
 * {@code y[t, o] = b[o] + Σ_i x[t, i] · w[o, i]}, a chunk of work being {@value Tile#LANES} rows of
 * one weight. Output rows lie across the lanes, sums start from the bias, inputs are taken in
 * ascending order with one fused multiply-add each, so one token and five hundred share one order.
 * Integer formats: exact sums over the 32 or 16 values of a scale, then one fused multiply-add with
 * the product of both scales; then one with each minimum and the scaled sum of its activations.
 */
public final class LinearTask implements Products, Team.Task {
  private static final int LANES = Tile.LANES;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  /** Tokens whose sums are kept at a time: their lanes fit into the second-level cache. */
  private static final int TOKENS = 256;

  /** Columns of a float format that are staged at a time. */
  private static final int COLUMNS = 32;

  private final Scratch[] scratch;
  private final Quantized quantized = new Quantized();
  private float[] floats = new float[0];
  private Tensor x;
  private Tensor y;
  private Linear linear;
  private Precision precision;

  /** What one worker needs. */
  private static final class Scratch {
    final Tile tile = new Tile();
    final int[] sums = new int[LANES];
    final float[][] columns = new float[256][LANES];
    final byte[] row = new byte[256 * Float.BYTES];
    final short[] shorts = new short[COLUMNS];
    final float[] values = new float[256];
    float[][] acc = new float[1][LANES];
    float[] bias = new float[0];
  }

  /** Products for a team of {@code workers}. */
  public LinearTask(int workers) {
    scratch = new Scratch[workers];
    for (int w = 0; w < workers; w++) {
      scratch[w] = new Scratch();
    }
  }

  @Override
  public void run(Team team, int width, Tensor in, Linear weights, Precision how, Tensor out) {
    x = in;
    y = out;
    linear = weights;
    precision = how;
    stageInput();
    int tiles = 0;
    for (int k = 0; k < weights.weights().size(); k++) {
      tiles += tiles(weights.weights().get(k));
    }
    team.run(tiles, width, this);
  }

  private static int tiles(Weight weight) {
    return (weight.rows() + LANES - 1) / LANES;
  }

  private boolean integer(Weight weight) {
    return precision == Precision.FAST && !weight.type().plain();
  }

  private void stageInput() {
    int rows = x.rows();
    int cols = x.cols();
    int count = Math.multiplyExact(rows, cols);
    if (floats.length < count) {
      floats = new float[count];
    }
    MemorySegment.copy(x.data(), ValueLayout.JAVA_FLOAT, 0, floats, 0, count);
    boolean any = false;
    for (int k = 0; k < linear.weights().size(); k++) {
      any |= integer(linear.weights().get(k));
    }
    if (any) {
      quantized.resize(rows, cols);
      for (int t = 0; t < rows; t++) {
        quantized.row(floats, t * cols, cols);
      }
    }
  }

  @Override
  public void run(int chunk, int worker) {
    int part = 0;
    int column = 0;
    int tile = chunk;
    Weight weight = linear.weights().getFirst();
    while (tile >= tiles(weight)) {
      tile -= tiles(weight);
      column += weight.rows();
      weight = linear.weights().get(++part);
    }
    for (int from = 0; from < x.rows(); from += TOKENS) {
      int count = Math.min(TOKENS, x.rows() - from);
      Scratch s = scratch[worker];
      prepare(s, linear.biases().get(part), tile, count);
      if (integer(weight)) {
        integers(s, weight, tile, from, count);
      } else {
        floats(s, weight, tile, from, count);
      }
      store(s, weight, tile, column, from, count);
    }
  }

  /** Sums start from the bias. */
  private static void prepare(Scratch s, Weight bias, int tile, int count) {
    if (s.acc.length < count) {
      s.acc = new float[count][LANES];
    }
    int lanes = 0;
    if (bias != null) {
      if (s.bias.length < bias.cols()) {
        s.bias = new float[bias.cols()];
      }
      bias.vector(s.bias);
      lanes = Math.min(LANES, bias.cols() - tile * LANES);
    }
    for (int t = 0; t < count; t++) {
      System.arraycopy(s.bias, lanes == 0 ? 0 : tile * LANES, s.acc[t], 0, lanes);
      Arrays.fill(s.acc[t], lanes, LANES, 0);
    }
  }

  private void integers(Scratch s, Weight weight, int tile, int from, int count) {
    int cols = x.cols();
    int blockSize = weight.type().blockSize();
    s.tile.begin(weight, tile);
    for (int block = 0; block < cols / blockSize; block++) {
      s.tile.load(block);
      for (int g = 0; g < blockSize / 32; g++) {
        s.tile.group(g);
        int at = block * blockSize + 32 * g;
        for (int t = 0; t < count; t++) {
          group(s, (from + t) * cols + at, s.acc[t]);
        }
      }
    }
  }

  /** Adds 32 values, whose activations start at {@code at}, to one token's sums. */
  private void group(Scratch s, int at, float[] acc) {
    Tile tile = s.tile;
    int firstSum = quantized.sums[at / 16];
    int secondSum = quantized.sums[at / 16 + 1];
    float scale = quantized.scales[at / 32];
    int[] sum = s.sums;
    if (tile.parts == 2) {
      Arrays.fill(sum, -tile.bias * firstSum);
      half(tile, 0, at, sum);
      scale(sum, tile.scale[0], scale, acc);
      Arrays.fill(sum, -tile.bias * secondSum);
      half(tile, 4, at + 16, sum);
      scale(sum, tile.scale[1], scale, acc);
    } else {
      Arrays.fill(sum, -tile.bias * (firstSum + secondSum));
      half(tile, 0, at, sum);
      half(tile, 4, at + 16, sum);
      scale(sum, tile.scale[0], scale, acc);
    }
    if (tile.hasMin && tile.parts == 2) {
      one(tile.min[0], scale * firstSum, acc);
      one(tile.min[1], scale * secondSum, acc);
    } else if (tile.hasMin) {
      one(tile.min[0], scale * (firstSum + secondSum), acc);
    }
  }

  /** Adds the exact products of 16 values. */
  private void half(Tile tile, int first, int at, int[] sum) {
    words(tile.q[first], tile.q[first + 1], quantized.values, at, sum);
    words(tile.q[first + 2], tile.q[first + 3], quantized.values, at + 8, sum);
  }

  /**
   * Adds the exact products of two words of four unsigned bytes, whose activations start at {@code
   * at}. The shape is C2's (25.0.3): a loop of more than two products is not unrolled far enough to
   * be vectorised, nor are all loops of a method that has more than about four. So this method has
   * four and is too long (over 325 bytes of code, with its checks) to be inlined among others: that
   * doubled the speed of decode, which varied by the same factor from run to run before.
   */
  static void words(int[] a, int[] b, byte[] v, int at, int[] sum) {
    if (a.length != LANES) {
      throw new IllegalArgumentException("lanes of the first word: " + a.length);
    }
    if (b.length != LANES) {
      throw new IllegalArgumentException("lanes of the second word: " + b.length);
    }
    if (sum.length != LANES) {
      throw new IllegalArgumentException("lanes of the sums: " + sum.length);
    }
    Objects.checkFromIndexSize(at, 8, v.length);
    int x0 = v[at];
    int x1 = v[at + 1];
    int x2 = v[at + 2];
    int x3 = v[at + 3];
    for (int r = 0; r < LANES; r++) {
      sum[r] += (a[r] & 255) * x0 + (a[r] >>> 24) * x3;
    }
    for (int r = 0; r < LANES; r++) {
      sum[r] += (a[r] >>> 8 & 255) * x1 + (a[r] >>> 16 & 255) * x2;
    }
    int x4 = v[at + 4];
    int x5 = v[at + 5];
    int x6 = v[at + 6];
    int x7 = v[at + 7];
    for (int r = 0; r < LANES; r++) {
      sum[r] += (b[r] & 255) * x4 + (b[r] >>> 24) * x7;
    }
    for (int r = 0; r < LANES; r++) {
      sum[r] += (b[r] >>> 8 & 255) * x5 + (b[r] >>> 16 & 255) * x6;
    }
  }

  private static void scale(int[] sum, float[] d, float scale, float[] acc) {
    for (int r = 0; r < LANES; r++) {
      acc[r] = Math.fma((float) sum[r], d[r] * scale, acc[r]);
    }
  }

  private void floats(Scratch s, Weight weight, int tile, int from, int count) {
    int cols = x.cols();
    int step = weight.type().plain() ? COLUMNS : weight.type().blockSize();
    for (int first = 0; first < cols; first += step) {
      int n = Math.min(step, cols - first);
      stageColumns(s, weight, tile, first, n);
      for (int t = 0; t < count; t++) {
        columns(s.columns, floats, (from + t) * cols + first, n, s.acc[t]);
      }
    }
  }

  /** Columns {@code first … first + n} of the tile's rows as floats, one array a column. */
  private static void stageColumns(Scratch s, Weight weight, int tile, int first, int n) {
    int lanes = Math.min(LANES, weight.rows() - tile * LANES);
    for (int r = 0; r < lanes; r++) {
      decode(s, weight, tile * LANES + r, first, n);
      for (int i = 0; i < n; i++) {
        s.columns[i][r] = s.values[i];
      }
    }
  }

  private static void decode(Scratch s, Weight weight, int row, int first, int n) {
    DType type = weight.layout() == Weight.Layout.STORED ? weight.type() : null;
    long at =
        row * weight.type().rowBytes(weight.cols()) + (long) first * weight.type().blockBytes();
    switch (type) {
      case F32 -> MemorySegment.copy(weight.data(), FLOAT, at, s.values, 0, n);
      case F16 -> {
        MemorySegment.copy(weight.data(), SHORT, at, s.shorts, 0, n);
        for (int i = 0; i < n; i++) {
          s.values[i] = Float.float16ToFloat(s.shorts[i]);
        }
      }
      case BF16 -> {
        MemorySegment.copy(weight.data(), SHORT, at, s.shorts, 0, n);
        for (int i = 0; i < n; i++) {
          s.values[i] = Float.intBitsToFloat(s.shorts[i] << 16);
        }
      }
      case null, default -> {
        weight.storedRow(row, first, n, s.row);
        Dequantizer.dequantize(weight.type(), s.row, n, s.values);
      }
    }
  }

  private static void columns(float[][] w, float[] x, int at, int n, float[] acc) {
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      four(
          w[i],
          x[at + i],
          w[i + 1],
          x[at + i + 1],
          w[i + 2],
          x[at + i + 2],
          w[i + 3],
          x[at + i + 3],
          acc);
    }
    for (; i < n; i++) {
      one(w[i], x[at + i], acc);
    }
  }

  static void four(
      float[] a,
      float xa,
      float[] b,
      float xb,
      float[] c,
      float xc,
      float[] d,
      float xd,
      float[] acc) {
    for (int r = 0; r < LANES; r++) {
      float sum = Math.fma(a[r], xa, acc[r]);
      sum = Math.fma(b[r], xb, sum);
      sum = Math.fma(c[r], xc, sum);
      acc[r] = Math.fma(d[r], xd, sum);
    }
  }

  private static void one(float[] w, float x, float[] acc) {
    for (int r = 0; r < LANES; r++) {
      acc[r] = Math.fma(w[r], x, acc[r]);
    }
  }

  private void store(Scratch s, Weight weight, int tile, int column, int from, int count) {
    int lanes = Math.min(LANES, weight.rows() - tile * LANES);
    for (int t = 0; t < count; t++) {
      y.write(from + t, column + tile * LANES, s.acc[t], 0, lanes);
    }
  }
}
