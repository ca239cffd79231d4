// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.MatrixProducts.Inputs;
import io.jishi.tensor.Scores;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Attention and its gradients over more keys than a block holds, against formulas in double
 * precision; on memory that holds no numbers at first.
 */
class AttentionTilesTest {
  private static final int GROUP = 2;

  /** Of the largest element: sums of some hundred products, and what factors are rounded to. */
  private static double error(Inputs inputs) {
    return inputs == Inputs.FP32 ? 2e-5 : 2e-2;
  }

  /** What is attended to; {@code rank} columns of keys are the values, 0 where they are apart. */
  private record Case(int[] spans, int kvHeads, int dim, int rank, Scores scores, int ahead) {
    Case(int dim, int window, int ahead, int... spans) {
      this(spans, 2, dim, 0, new Scores(window, 0, null, null), ahead);
    }

    int heads() {
      return GROUP * kvHeads;
    }

    int valueDim() {
      return rank == 0 ? dim : rank;
    }
  }

  private static final Case[] CASES = {
    new Case(16, 0, 0, 5, 1100),
    new Case(20, 0, 0, 70, 1, 513),
    new Case(33, 100, 0, 700),
    new Case(48, 700, 0, 1300),
    new Case(16, 0, 5000, 530, 33),
    new Case(16, 40, 20, 600),
    new Case(new int[] {600, 3}, 1, 23, 17, Scores.PLAIN, 0),
    new Case(new int[] {520, 40}, 1, 16, 0, new Scores(0, 2, new float[] {0.1f, 0.02f}, null), 0)
  };

  /** Memory of one case: queries, keys, values, results, and the gradients of all. */
  private static final class Memory {
    final Case c;
    final int tokens;
    final int width;
    final MemorySegment data;
    final MemorySegment out;
    final MemorySegment gradients;
    final MemorySegment dOut;

    Memory(Arena arena, Case c, Random random) {
      this.c = c;
      tokens = Arrays.stream(c.spans).sum();
      width = (c.heads() + c.kvHeads) * c.dim + (c.rank == 0 ? c.kvHeads * c.dim : 0) + 3;
      data = floats(arena, tokens * width, random);
      dOut = floats(arena, tokens * c.heads() * c.valueDim(), random);
      out = arena.allocate(dOut.byteSize(), 64).fill((byte) 0xFF);
      gradients = arena.allocate(data.byteSize(), 64).fill((byte) 0xFF);
    }

    private static MemorySegment floats(Arena arena, int count, Random random) {
      MemorySegment x = arena.allocate(4L * count, 64);
      for (int i = 0; i < count; i++) {
        x.setAtIndex(Rows.FLOAT, i, (float) random.nextGaussian());
      }
      return x;
    }

    AttentionTiles.Places places(MemorySegment x, MemorySegment results) {
      int keys = c.heads() * c.dim;
      int values = c.rank == 0 ? keys + c.kvHeads * c.dim : keys;
      return new AttentionTiles.Places(
          new HeadPlaces(x, width, 0, c.dim),
          new HeadPlaces(x, width, keys, c.dim),
          new HeadPlaces(x, width, values, c.valueDim()),
          new HeadPlaces(results, c.heads() * c.valueDim(), 0, c.valueDim()));
    }
  }

  private static float[] sinks(Case c) {
    float[] sinks = new float[c.heads()];
    for (int h = 0; h < sinks.length; h++) {
      sinks[h] = 0.5f * h;
    }
    return c.rank == 0 ? sinks : null;
  }

  /** Results, gradients and those of sinks. */
  private static double[][] run(Memory x, Inputs inputs, int threads) {
    Case c = x.c;
    Batch batch = new Batch();
    for (int span : c.spans) {
      batch.addSpan(new int[span], 0, span, 0);
    }
    AttentionTiles.Shape shape =
        new AttentionTiles.Shape(
            c.heads(), c.kvHeads, 0.3f, c.scores, sinks(c), c.rank > 0, c.ahead);
    AttentionTiles.Places places = x.places(x.data, x.out);
    AttentionTiles.Places gradients = x.places(x.gradients, x.dOut);
    float[] logSums = new float[c.heads() * x.tokens];
    double[] sinkSums = new double[c.spans.length * c.heads()];
    try (Machine m = new Machine(Backend.cpu(), threads, inputs)) {
      long bytes = m.lanes() * places.scratchBytes(c.scores);
      m.reserve(bytes);
      m.scratch(0, bytes).fill((byte) 0xFF);
      AttentionTiles[] tiles = AttentionTiles.each(m, shape, batch, places, logSums);
      m.rows()
          .parallel(
              c.spans.length * c.heads(),
              (chunk, worker) -> tiles[worker].forward(chunk / c.heads(), chunk % c.heads()));
      m.rows()
          .parallel(
              c.spans.length * c.kvHeads,
              (chunk, worker) ->
                  tiles[worker].backward(
                      chunk / c.kvHeads,
                      chunk % c.kvHeads,
                      gradients,
                      c.rank == 0 ? sinkSums : null));
    }
    return new double[][] {doubles(x.out), doubles(x.gradients), sinkSums};
  }

  private static double[] doubles(MemorySegment x) {
    float[] floats = x.toArray(Rows.FLOAT);
    double[] out = new double[floats.length];
    Arrays.setAll(out, i -> floats[i]);
    return out;
  }

  /** The same in double precision, one query at a time. */
  private static double[][] exact(Memory x) {
    Case c = x.c;
    double[] data = doubles(x.data);
    double[] dOut = doubles(x.dOut);
    double[][] all = {
      new double[dOut.length], new double[data.length], new double[c.spans.length * c.heads()]
    };
    int start = 0;
    for (int s = 0; s < c.spans.length; s++) {
      for (int h = 0; h < c.heads(); h++) {
        for (int q = 0; q < c.spans[s]; q++) {
          query(x, data, dOut, all, start, s, h, q);
        }
      }
      start += c.spans[s];
    }
    return all;
  }

  private static void query(
      Memory x, double[] data, double[] dOut, double[][] all, int start, int s, int h, int q) {
    Case c = x.c;
    int from = c.scores.window() == 0 ? 0 : Math.max(0, q + 1 - c.scores.window());
    int to = (int) Math.min(c.spans[s], q + 1L + c.ahead);
    int qAt = (start + q) * x.width + h * c.dim;
    int kAt = start * x.width + (c.heads() + h / GROUP) * c.dim;
    int vAt = c.rank == 0 ? kAt + c.kvHeads * c.dim : kAt;
    int oAt = ((start + q) * c.heads() + h) * c.valueDim();
    double[] p = new double[to];
    double[] slopes = new double[to];
    double sink = sinks(c) == null ? 0 : Math.exp(sinks(c)[h]);
    double sum = sink;
    for (int k = from; k < to; k++) {
      double score = 0.3f * dot(data, qAt, data, kAt + k * x.width, c.dim);
      slopes[k] = 0.3f;
      if (c.scores.softCap() != 0) {
        double t = Math.tanh(score / c.scores.softCap());
        slopes[k] = 0.3f * (1 - t * t);
        score = c.scores.softCap() * t;
      }
      score += c.scores.slopes() == null ? 0 : (double) c.scores.slopes()[h] * (k - q);
      p[k] = Math.exp(score);
      sum += p[k];
    }
    double delta = 0;
    for (int k = from; k < to; k++) {
      p[k] /= sum;
      for (int i = 0; i < c.valueDim(); i++) {
        double value = data[vAt + k * x.width + i];
        all[0][oAt + i] += p[k] * value;
        all[1][vAt + k * x.width + i] += p[k] * dOut[oAt + i];
      }
      delta += p[k] * dot(dOut, oAt, data, vAt + k * x.width, c.valueDim());
    }
    for (int k = from; k < to; k++) {
      double dP = dot(dOut, oAt, data, vAt + k * x.width, c.valueDim());
      double d = p[k] * (dP - delta) * slopes[k];
      for (int i = 0; i < c.dim; i++) {
        all[1][qAt + i] += d * data[kAt + k * x.width + i];
        all[1][kAt + k * x.width + i] += d * data[qAt + i];
      }
    }
    all[2][s * c.heads() + h] -= sink / sum * delta;
  }

  private static double dot(double[] a, int aAt, double[] b, int bAt, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += a[aAt + i] * b[bAt + i];
    }
    return sum;
  }

  @ParameterizedTest
  @EnumSource
  void tilesAreTheFormulasAndDoNotDependOnThreads(Inputs inputs) {
    Random random = new Random(5);
    for (Case c : CASES) {
      try (Arena arena = Arena.ofShared()) {
        Memory x = new Memory(arena, c, random);
        double[][] actual = run(x, inputs, 1);
        assertThat(Arrays.deepEquals(run(x, inputs, 2), actual)).as("%s", c).isTrue();
        double[][] expected = exact(x);
        for (int part = 0; part < expected.length; part++) {
          double most = Arrays.stream(expected[part]).map(Math::abs).max().orElse(0);
          for (int i = 0; i < expected[part].length; i++) {
            boolean unused = part == 1 && i % x.width >= x.width - 3;
            double difference = actual[part][i] - expected[part][i];
            boolean good =
                unused
                    ? Double.isNaN(actual[part][i])
                    : Math.abs(difference) <= error(inputs) * most;
            if (!good) {
              String place = c + ", " + part + ", " + i;
              throw new AssertionError(
                  place + ": " + actual[part][i] + " is not " + expected[part][i]);
            }
          }
        }
      }
    }
  }
}
