// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recurrent operations against naive arithmetic in doubles, and across cuts to the bit. */
class RecurrenceTest {
  /** Sums that live on over forty tokens. */
  private static final double FLOAT_ERROR = 3e-5;

  private static final int TOKENS = 40;

  @Test
  void aConvolutionIsItsFormula() {
    int channels = 5;
    Convolution spec =
        new Convolution(Oracle.weight(channels, 3, 1, 1), Oracle.weight(1, channels, 1, 2));
    float[][] x = LinearTest.randomRows(TOKENS, channels, 3);
    double[][] expected = new double[TOKENS][channels];
    for (int t = 0; t < TOKENS; t++) {
      for (int c = 0; c < channels; c++) {
        expected[t][c] = Oracle.row(spec.bias(), 0)[c];
        for (int k = 0; k < 3; k++) {
          int from = t - 2 + k;
          expected[t][c] += from < 0 ? 0 : (double) Oracle.row(spec.weight(), c)[k] * x[from][c];
        }
      }
    }
    check(spec.stateBytes(), expected, (ops, b, from) -> ops.convolve(in(x, from, b), spec, 0, b));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aStateSpaceIsItsFormula(int decays) {
    int heads = 4;
    int dim = 2;
    int n = 3;
    StateSpace spec =
        new StateSpace(
            heads,
            dim,
            n,
            2,
            decay(heads, decays),
            Oracle.weight(1, heads, 1, 4),
            Oracle.weight(1, heads, 1, 5));
    float[][] xbc = LinearTest.randomRows(TOKENS, spec.inputWidth(), 6);
    float[][] dt = LinearTest.randomRows(TOKENS, heads, 7);
    double[][] expected = new double[TOKENS][heads * dim];
    double[][][] s = new double[heads][dim][n];
    for (int t = 0; t < TOKENS; t++) {
      for (int h = 0; h < heads; h++) {
        double step = softplus(dt[t][h] + Oracle.row(spec.stepBias(), 0)[h]);
        for (int p = 0; p < dim; p++) {
          double x = xbc[t][h * dim + p];
          double y = Oracle.row(spec.skip(), 0)[h] * x;
          for (int j = 0; j < n; j++) {
            double a = Oracle.row(spec.decay(), h)[decays == 1 ? 0 : j];
            int b = heads * dim + h / 2 * n + j;
            s[h][p][j] = Math.exp(step * a) * s[h][p][j] + step * x * xbc[t][b];
            y += xbc[t][b + 2 * n] * s[h][p][j];
          }
          expected[t][h * dim + p] = y;
        }
      }
    }
    check(
        spec.stateBytes(),
        expected,
        (ops, b, from) -> ops.stateSpace(in(xbc, from, b), in(dt, from, b), spec, 0, b));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theDeltaRuleIsItsFormula(boolean channels) {
    int keyHeads = channels ? 4 : 2;
    int heads = 4;
    int dim = 3;
    int width = 5;
    int decays = channels ? heads * dim : heads;
    DeltaRule spec =
        new DeltaRule(
            keyHeads,
            heads,
            dim,
            width,
            channels,
            Oracle.weight(1, heads, -1f, -.2f, -.5f, -2f),
            Oracle.weight(1, decays, 1, 3));
    float[][] qkv = LinearTest.randomRows(TOKENS, spec.inputWidth(), 8);
    float[][] a = LinearTest.randomRows(TOKENS, decays, 9);
    float[][] b = LinearTest.randomRows(TOKENS, heads, 10);
    double[][] expected = new double[TOKENS][heads * width];
    double[][][] s = new double[heads][dim][width];
    for (int t = 0; t < TOKENS; t++) {
      for (int h = 0; h < heads; h++) {
        int key = h * keyHeads / heads * dim;
        double[] q = unit(qkv[t], key, dim, 1 / Math.sqrt(dim));
        double[] k = unit(qkv[t], keyHeads * dim + key, dim, 1);
        double rate = 1 / (1 + Math.exp(-b[t][h]));
        double[] seen = new double[width];
        for (int i = 0; i < dim; i++) {
          int at = channels ? h * dim + i : h;
          double fade =
              Math.exp(
                  Oracle.row(spec.decay(), 0)[h]
                      * softplus(a[t][at] + Oracle.row(spec.decayBias(), 0)[at]));
          for (int j = 0; j < width; j++) {
            s[h][i][j] *= fade;
            seen[j] += k[i] * s[h][i][j];
          }
        }
        for (int j = 0; j < width; j++) {
          double delta = rate * (qkv[t][2 * keyHeads * dim + h * width + j] - seen[j]);
          for (int i = 0; i < dim; i++) {
            s[h][i][j] += k[i] * delta;
            expected[t][h * width + j] += q[i] * s[h][i][j];
          }
        }
      }
    }
    check(
        spec.stateBytes(),
        expected,
        (ops, batch, from) ->
            ops.deltaRule(
                in(qkv, from, batch), in(a, from, batch), in(b, from, batch), spec, 0, batch));
  }

  @Test
  void theWeightedMeanIsItsFormulaForSmallAndHugeKeys() {
    int n = 4;
    WeightedMean spec =
        new WeightedMean(
            Oracle.weight(1, n, -1f, -.01f, -3f, -.2f), Oracle.weight(1, n, .5f, -1f, 2f, 0f));
    float[][] k = LinearTest.randomRows(TOKENS, n, 11);
    float[][] v = LinearTest.randomRows(TOKENS, n, 12);
    for (int t = 0; t < TOKENS; t++) {
      k[t][3] = k[t][3] * 100 - 300;
    }
    double[][] expected = new double[TOKENS][n];
    for (int t = 0; t < TOKENS; t++) {
      for (int c = 0; c < n; c++) {
        double decay = Oracle.row(spec.decay(), 0)[c];
        double max = k[t][c] + Oracle.row(spec.bonus(), 0)[c];
        for (int j = 0; j < t; j++) {
          max = Math.max(max, k[j][c] + (t - 1 - j) * decay);
        }
        double top = 0;
        double bottom = 0;
        for (int j = 0; j <= t; j++) {
          double e =
              j == t ? k[t][c] + Oracle.row(spec.bonus(), 0)[c] : k[j][c] + (t - 1 - j) * decay;
          top += Math.exp(e - max) * v[j][c];
          bottom += Math.exp(e - max);
        }
        expected[t][c] = top / bottom;
      }
    }
    // Exponents in the hundreds keep four digits behind the point.
    double error = 3e-4;
    check(
        spec.stateBytes(),
        expected,
        error,
        (ops, b, from) -> ops.weightedMean(in(k, from, b), in(v, from, b), spec, 0, b));
  }

  private static void check(long bytes, double[][] expected, Oracle.Part part) {
    check(bytes, expected, FLOAT_ERROR, part);
  }

  private static void check(long bytes, double[][] expected, double error, Oracle.Part part) {
    StateSpec states = new StateSpec(List.of(new StateSpec.Recurrent(bytes)));
    float[][] whole = Oracle.run(states, new int[] {TOKENS}, part);
    Oracle.close(whole, expected, error);
    assertThat(Oracle.run(states, new int[] {1, 17, 2, 20}, part)).isDeepEqualTo(whole);
  }

  private static Tensor in(float[][] rows, int from, Batch batch) {
    return Oracle.tensor(Oracle.part(rows, from, batch.size()));
  }

  /** Negative. */
  private static Weight decay(int rows, int cols) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = -0.1f - 0.37f * (i % 5);
    }
    return Oracle.weight(rows, cols, values);
  }

  private static double softplus(double x) {
    return Math.log1p(Math.exp(x));
  }

  private static double[] unit(float[] x, int from, int n, double scale) {
    double sum = 1e-6;
    for (int i = 0; i < n; i++) {
      sum += (double) x[from + i] * x[from + i];
    }
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      y[i] = x[from + i] / Math.sqrt(sum) * scale;
    }
    return y;
  }
}
