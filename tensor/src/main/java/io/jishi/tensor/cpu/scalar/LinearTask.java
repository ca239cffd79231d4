// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Linear;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.Products;
import io.jishi.tensor.cpu.Team;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The product that {@link Linear} defines, a chunk of work being {@link Lanes#COUNT} rows of one
 * weight. Output rows lie across the lanes and inputs are taken in ascending order, so one token
 * and five hundred share one order.
 */
public final class LinearTask implements Products, Team.Task {
  private static final int LANES = Lanes.COUNT;

  /** Tokens whose sums are kept at a time: their lanes fit into the second-level cache. */
  private static final int TOKENS = 256;

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
    final IntegerProducts integers = new IntegerProducts();
    final FloatProducts floats = new FloatProducts();
    final float[] start = new float[LANES];
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
    int chunks = 0;
    for (int k = 0; k < weights.weights().size(); k++) {
      chunks += chunks(weights.weights().get(k));
    }
    team.run(chunks, width, this);
  }

  private static int chunks(Weight weight) {
    return Math.ceilDiv(weight.rows(), LANES);
  }

  private boolean integer(Weight weight) {
    return precision == Precision.FAST && weight.type().integer();
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
    int local = chunk;
    Weight weight = linear.weights().getFirst();
    while (local >= chunks(weight)) {
      local -= chunks(weight);
      column += weight.rows();
      weight = linear.weights().get(++part);
    }
    Scratch s = scratch[worker];
    int rows = Math.min(LANES, weight.rows() - local * LANES);
    start(s, linear.biases().get(part), local * LANES, rows);
    for (int from = 0; from < x.rows(); from += TOKENS) {
      int count = Math.min(TOKENS, x.rows() - from);
      prepare(s, count);
      if (integer(weight)) {
        integers(s, weight, local, from, count);
      } else {
        floats(s, weight, local, from, count);
      }
      for (int t = 0; t < count; t++) {
        y.write(from + t, column + local * LANES, s.acc[t], 0, rows);
      }
    }
  }

  /** What the sums of the rows from {@code first} on begin with. */
  private static void start(Scratch s, Weight bias, int first, int rows) {
    Arrays.fill(s.start, 0);
    if (bias != null) {
      if (s.bias.length < bias.cols()) {
        s.bias = new float[bias.cols()];
      }
      bias.vector(s.bias);
      System.arraycopy(s.bias, first, s.start, 0, rows);
    }
  }

  private static void prepare(Scratch s, int count) {
    if (s.acc.length < count) {
      s.acc = new float[count][LANES];
    }
    for (int t = 0; t < count; t++) {
      System.arraycopy(s.start, 0, s.acc[t], 0, LANES);
    }
  }

  private void integers(Scratch s, Weight weight, int chunk, int from, int count) {
    int cols = x.cols();
    int blockSize = weight.type().blockSize();
    s.tile.begin(weight, chunk);
    for (int block = 0; block < cols / blockSize; block++) {
      s.tile.load(block);
      for (int g = 0; g < blockSize / 32; g++) {
        s.tile.group(g);
        int at = block * blockSize + 32 * g;
        for (int t = 0; t < count; t++) {
          s.integers.group(s.tile, quantized, (from + t) * cols + at, s.acc[t]);
        }
      }
    }
  }

  private void floats(Scratch s, Weight weight, int chunk, int from, int count) {
    int cols = x.cols();
    int step = FloatProducts.step(weight.type());
    for (int first = 0; first < cols; first += step) {
      int n = Math.min(step, cols - first);
      s.floats.load(weight, chunk, first, n);
      for (int t = 0; t < count; t++) {
        s.floats.add(floats, (from + t) * cols + first, n, s.acc[t]);
      }
    }
  }
}
