// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention whose scores are more than scaled products, and latent attention. */
class ScoresTest {
  /** FP32 sums over at most 150 keys, values of order one. */
  private static final double FLOAT_ERROR = 3e-5;

  /** Rows are rounded to 8 bits or more; values are of order one. */
  private static final double ROUNDED_ERROR = 2e-2;

  private static final int TOKENS = 150;

  @ParameterizedTest
  @CsvSource({
    "9,0,false,false",
    "64,0,false,true",
    "0,2.5,false,false",
    "0,0,true,false",
    "0,0,false,true",
    "70,1.5,true,true"
  })
  void windowsCapsSlopesAndSinksAreTheirFormulas(
      int window, float cap, boolean alibi, boolean sink) {
    float[] slopes = alibi ? new float[] {0.5f, 0.0625f, 0.25f, 0.125f} : null;
    Weight sinks = sink ? Oracle.weight(1, 4, 1f, -0.5f, 3f, 0f) : null;
    Attention spec =
        new Attention(
            4, 2, 16, null, null, null, 0, 0.3f, false, new Scores(window, cap, slopes, sinks));
    float[][] qkv = LinearTest.randomRows(TOKENS, spec.inputWidth(), 11);
    StateSpec states = new StateSpec(List.of(new StateSpec.Rows(32, 32, DType.F32)));
    double[][] expected = naive(spec, qkv, window, cap, slopes, sinks);
    float[][] whole = attend(states, spec, qkv, TOKENS);
    Oracle.close(whole, expected, FLOAT_ERROR);
    org.assertj.core.api.Assertions.assertThat(attend(states, spec, qkv, 66, 1, 83))
        .isDeepEqualTo(whole);
  }

  private static float[][] attend(StateSpec states, Attention spec, float[][] qkv, int... counts) {
    return Oracle.run(
        states,
        counts,
        (ops, batch, from) ->
            ops.attention(Oracle.tensor(Oracle.part(qkv, from, batch.size())), spec, 0, batch));
  }

  private static double[][] naive(
      Attention spec, float[][] qkv, int window, float cap, float[] slopes, Weight sinks) {
    double[][] out = new double[TOKENS][64];
    for (int t = 0; t < TOKENS; t++) {
      for (int h = 0; h < 4; h++) {
        int first = window == 0 ? 0 : Math.max(0, t - window + 1);
        double total = sinks == null ? 0 : Math.exp(Oracle.row(sinks, 0)[h]);
        double[] p = new double[TOKENS];
        for (int j = first; j <= t; j++) {
          double score = 0;
          for (int i = 0; i < 16; i++) {
            score += (double) qkv[t][h * 16 + i] * qkv[j][64 + h / 2 * 16 + i];
          }
          score *= spec.scale();
          score = cap == 0 ? score : cap * Math.tanh(score / cap);
          score += slopes == null ? 0 : slopes[h] * (j - t);
          p[j] = Math.exp(score);
          total += p[j];
        }
        for (int j = first; j <= t; j++) {
          for (int i = 0; i < 16; i++) {
            out[t][h * 16 + i] += p[j] / total * qkv[j][96 + h / 2 * 16 + i];
          }
        }
      }
    }
    return out;
  }

  @Test
  void aNormAfterTheRotationIsNotOneBeforeIt() {
    Rope rope = new Rope(Rope.Style.HALVES, 4, new float[] {1, 0.5f});
    Weight gain = Oracle.weight(1, 4, 1f, 2f, 3f, 4f);
    Attention last = new Attention(1, 1, 4, rope, gain, gain, 1e-6f, 0.5f, true, Scores.PLAIN);
    Attention plain = new Attention(1, 1, 4, null, null, null, 0, 0.5f);
    float[][] qkv = LinearTest.randomRows(20, 12, 2);
    float[][] made = new float[20][];
    for (int t = 0; t < 20; t++) {
      made[t] = qkv[t].clone();
      for (int at = 0; at < 8; at += 4) {
        double squares = 0;
        for (int i = 0; i < 2; i++) {
          double c = Math.cos(t * rope.frequencies()[i]);
          double s = Math.sin(t * rope.frequencies()[i]);
          made[t][at + i] = (float) (qkv[t][at + i] * c - qkv[t][at + i + 2] * s);
          made[t][at + i + 2] = (float) (qkv[t][at + i + 2] * c + qkv[t][at + i] * s);
        }
        for (int i = 0; i < 4; i++) {
          squares += (double) made[t][at + i] * made[t][at + i] / 4;
        }
        for (int i = 0; i < 4; i++) {
          made[t][at + i] *= (float) ((i + 1) / Math.sqrt(squares + 1e-6));
        }
      }
    }
    StateSpec states = new StateSpec(List.of(new StateSpec.Rows(4, 4, DType.F32)));
    float[][] expected = attend(states, plain, made, 20);
    double[][] doubles = new double[20][4];
    for (int t = 0; t < 20; t++) {
      for (int i = 0; i < 4; i++) {
        doubles[t][i] = expected[t][i];
      }
    }
    Oracle.close(attend(states, last, qkv, 20), doubles, FLOAT_ERROR);
  }

  @Test
  void latentAttentionIsAttentionOverItsRows() {
    int heads = 20;
    int rank = 12;
    int rotary = 4;
    Rope rope = new Rope(Rope.Style.PAIRS, rotary, new float[] {0.7f, 0.1f}, 1.25f);
    LatentAttention spec = new LatentAttention(heads, rank, rotary, rope, 0.2f);
    float[][] queries = LinearTest.randomRows(TOKENS, spec.queryWidth(), 3);
    float[][] rows = LinearTest.randomRows(TOKENS, spec.rowWidth(), 4);
    double[][] expected = new double[TOKENS][heads * rank];
    for (int t = 0; t < TOKENS; t++) {
      for (int h = 0; h < heads; h++) {
        double[] query = turned(queries[t], h * (rank + rotary), rank, t, rope);
        double[] p = new double[t + 1];
        double total = 0;
        for (int j = 0; j <= t; j++) {
          double[] key = turned(rows[j], 0, rank, j, rope);
          double score = 0;
          for (int i = 0; i < rank + rotary; i++) {
            score += query[i] * key[i];
          }
          p[j] = Math.exp(score * spec.scale());
          total += p[j];
        }
        for (int j = 0; j <= t; j++) {
          for (int i = 0; i < rank; i++) {
            expected[t][h * rank + i] += p[j] / total * rows[j][i];
          }
        }
      }
    }
    for (DType type : StateSpec.CACHED) {
      StateSpec states = new StateSpec(List.of(new StateSpec.Rows(rank + rotary, 0, type, 4)));
      float[][] whole = latent(states, spec, queries, rows, TOKENS);
      Oracle.close(whole, expected, type == DType.F32 ? FLOAT_ERROR : ROUNDED_ERROR);
      org.assertj.core.api.Assertions.assertThat(latent(states, spec, queries, rows, 1, 63, 86))
          .isDeepEqualTo(whole);
    }
  }

  private static float[][] latent(
      StateSpec states, LatentAttention spec, float[][] queries, float[][] rows, int... counts) {
    return Oracle.run(
        states,
        counts,
        (ops, batch, from) ->
            ops.latentAttention(
                Oracle.tensor(Oracle.part(queries, from, batch.size())),
                Oracle.tensor(Oracle.part(rows, from, batch.size())),
                spec,
                0,
                batch));
  }

  private static double[] turned(float[] x, int from, int rank, int position, Rope rope) {
    double[] y = new double[rank + rope.dims()];
    for (int i = 0; i < y.length; i++) {
      y[i] = x[from + i];
    }
    for (int i = 0; i < rope.dims() / 2; i++) {
      double angle = position * (double) rope.frequencies()[i];
      double a = x[from + rank + 2 * i];
      double b = x[from + rank + 2 * i + 1];
      y[rank + 2 * i] = rope.magnitude() * (a * Math.cos(angle) - b * Math.sin(angle));
      y[rank + 2 * i + 1] = rope.magnitude() * (b * Math.cos(angle) + a * Math.sin(angle));
    }
    return y;
  }
}
