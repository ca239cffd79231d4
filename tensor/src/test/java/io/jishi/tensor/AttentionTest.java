// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionTest {
  /** FP32 sums over at most 200 keys, values of order one. */
  private static final double FLOAT_ERROR = 2e-5;

  /** Keys and values are rounded to 11 bits. */
  private static final double HALF_ERROR = 4e-3;

  /** Keys and values are rounded to 8 bits of mantissa. */
  private static final double BFLOAT_ERROR = 3e-2;

  /** To 127 steps between zero and the largest of their group. */
  private static final double BYTE_ERROR = 3e-2;

  @ParameterizedTest
  @CsvSource({"4,2,16,200", "3,1,10,65", "2,2,8,1", "8,8,6,64"})
  void agreesWithNaiveArithmeticInDoubles(int heads, int kvHeads, int dim, int tokens) {
    Attention spec =
        new Attention(heads, kvHeads, dim, null, null, null, 0, (float) (1 / Math.sqrt(dim)));
    float[][] qkv = LinearTest.randomRows(tokens, spec.inputWidth(), 3);
    double[][] expected = naive(spec, qkv);
    check(run(spec, qkv, DType.F32), expected, FLOAT_ERROR);
    check(run(spec, qkv, DType.F16), expected, HALF_ERROR);
    check(run(spec, qkv, DType.BF16), expected, BFLOAT_ERROR);
    if (dim % 4 == 0) {
      check(run(spec, qkv, DType.Q8_0), expected, BYTE_ERROR);
    }
  }

  @Test
  void rotationTurnsPairsByPositionTimesFrequency() {
    float[] frequencies = {1f, 0.25f};
    for (Rope.Style style : Rope.Style.values()) {
      Attention spec = new Attention(1, 1, 6, new Rope(style, 4, frequencies), null, null, 0, 0.5f);
      float[][] qkv = LinearTest.randomRows(40, 18, 9);
      float[][] turned = new float[40][];
      for (int t = 0; t < 40; t++) {
        turned[t] = qkv[t].clone();
        for (int head = 0; head < 2; head++) {
          for (int i = 0; i < 2; i++) {
            int a = head * 6 + (style == Rope.Style.PAIRS ? 2 * i : i);
            int b = a + (style == Rope.Style.PAIRS ? 1 : 2);
            double c = Math.cos(t * frequencies[i]);
            double s = Math.sin(t * frequencies[i]);
            turned[t][a] = (float) (qkv[t][a] * c - qkv[t][b] * s);
            turned[t][b] = (float) (qkv[t][b] * c + qkv[t][a] * s);
          }
        }
      }
      Attention plain = new Attention(1, 1, 6, null, null, null, 0, 0.5f);
      check(run(spec, qkv, DType.F32), naive(plain, turned), FLOAT_ERROR);
    }
  }

  private static void check(float[][] actual, double[][] expected, double error) {
    for (int t = 0; t < expected.length; t++) {
      for (int i = 0; i < expected[t].length; i++) {
        assertThat((double) actual[t][i]).isCloseTo(expected[t][i], Offset.offset(error));
      }
    }
  }

  private static float[][] run(Attention spec, float[][] qkv, DType cache) {
    int width = spec.kvHeads() * spec.headDim();
    int group = StateSpec.Rows.group(spec.headDim());
    StateSpec states =
        new StateSpec(java.util.List.of(new StateSpec.Rows(width, width, cache, group)));
    try (Arena arena = Arena.ofShared();
        StatePool pool = new StatePool(states, qkv.length);
        Ops ops = Backend.cpu().ops(0)) {
      Batch batch = new Batch();
      batch.add(pool.newState(), new int[qkv.length], 0, qkv.length, 0);
      int cols = spec.inputWidth();
      Tensor in = new Tensor(arena.allocate(Tensor.bytes(qkv.length, cols), 64), qkv.length, cols);
      for (int t = 0; t < qkv.length; t++) {
        in.write(t, 0, qkv[t], 0, cols);
      }
      ops.begin(batch);
      Tensor out = ops.attention(in, spec, 0, batch);
      float[][] rows = new float[qkv.length][];
      for (int t = 0; t < rows.length; t++) {
        rows[t] = out.row(t);
      }
      return rows;
    }
  }

  private static double[][] naive(Attention spec, float[][] qkv) {
    int dim = spec.headDim();
    int keys = spec.heads() * dim;
    int values = keys + spec.kvHeads() * dim;
    double[][] out = new double[qkv.length][spec.outputWidth()];
    for (int t = 0; t < qkv.length; t++) {
      for (int h = 0; h < spec.heads(); h++) {
        int kv = h / (spec.heads() / spec.kvHeads()) * dim;
        double[] p = new double[t + 1];
        double total = 0;
        for (int j = 0; j <= t; j++) {
          double score = 0;
          for (int i = 0; i < dim; i++) {
            score += (double) qkv[t][h * dim + i] * qkv[j][keys + kv + i];
          }
          p[j] = Math.exp(score * spec.scale());
          total += p[j];
        }
        for (int j = 0; j <= t; j++) {
          for (int i = 0; i < dim; i++) {
            out[t][h * dim + i] += p[j] / total * qkv[j][values + kv + i];
          }
        }
      }
    }
    return out;
  }
}
