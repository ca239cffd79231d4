// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BidirectionalAttentionTest {
  /** FP32 sums over at most 200 keys, values of order one. */
  private static final double FLOAT_ERROR = 2e-5;

  @ParameterizedTest
  @CsvSource({"4,2,16,200,0", "3,1,10,65,0", "2,2,8,1,0", "4,4,6,130,3", "2,1,8,200,70"})
  void agreesWithNaiveArithmeticInDoubles(int heads, int kvHeads, int dim, int tokens, int reach) {
    BidirectionalAttention spec = spec(heads, kvHeads, dim, null, reach);
    float[][] qkv = LinearTest.randomRows(tokens, spec.inputWidth(), 3);
    double[][] expected = naive(spec, qkv);
    float[][] actual = run(spec, qkv, 2, tokens);
    for (int t = 0; t < tokens; t++) {
      for (int i = 0; i < spec.outputWidth(); i++) {
        assertThat((double) actual[t][i]).isCloseTo(expected[t][i], Offset.offset(FLOAT_ERROR));
      }
    }
  }

  @Test
  void neitherNeighboursNorThreadsChangeABit() {
    Rope rope = new Rope(Rope.Style.HALVES, 8, new float[] {1, 0.5f, 0.1f, 0.01f});
    for (int reach : new int[] {0, 9}) {
      BidirectionalAttention spec = spec(4, 2, 8, rope, reach);
      float[][] qkv = LinearTest.randomRows(150, spec.inputWidth(), 5);
      float[][] alone = run(spec, qkv, 1, 150);
      assertThat(run(spec, qkv, 2, 150)).isDeepEqualTo(alone);
      float[][] beside = LinearTest.randomRows(227, spec.inputWidth(), 6);
      System.arraycopy(qkv, 0, beside, 70, 150);
      float[][] all = run(spec, beside, 2, 70, 150, 7);
      for (int t = 0; t < 150; t++) {
        assertThat(all[70 + t]).isEqualTo(alone[t]);
      }
    }
  }

  /** Turning all positions by the same amount changes nothing: a check of the rotation. */
  @Test
  void rotationDependsOnDistancesAlone() {
    Rope rope = new Rope(Rope.Style.HALVES, 8, new float[] {1, 0.5f, 0.1f, 0.01f});
    BidirectionalAttention turned = spec(1, 1, 8, rope, 0);
    float[][] qkv = LinearTest.randomRows(2, turned.inputWidth(), 7);
    double angle = 1;
    float[][] byHand = {qkv[0], qkv[1].clone()};
    for (int part = 0; part < 16; part += 8) {
      for (int i = 0; i < 4; i++) {
        double a = qkv[1][part + i];
        double b = qkv[1][part + i + 4];
        double f = angle * rope.frequencies()[i];
        byHand[1][part + i] = (float) (a * Math.cos(f) - b * Math.sin(f));
        byHand[1][part + i + 4] = (float) (b * Math.cos(f) + a * Math.sin(f));
      }
    }
    double[][] expected = naive(spec(1, 1, 8, null, 0), byHand);
    float[][] actual = run(turned, qkv, 1, 2);
    for (int i = 0; i < 8; i++) {
      assertThat((double) actual[1][i]).isCloseTo(expected[1][i], Offset.offset(FLOAT_ERROR));
    }
  }

  private static BidirectionalAttention spec(
      int heads, int kvHeads, int dim, Rope rope, int reach) {
    return new BidirectionalAttention(
        heads, kvHeads, dim, rope, (float) (1 / Math.sqrt(dim)), reach);
  }

  private static float[][] run(
      BidirectionalAttention spec, float[][] qkv, int threads, int... spans) {
    try (Arena arena = Arena.ofShared();
        Ops ops = Backend.cpu().ops(threads)) {
      Batch batch = new Batch();
      for (int count : spans) {
        batch.addSpan(new int[count], 0, count, 0);
      }
      int cols = spec.inputWidth();
      Tensor in = new Tensor(arena.allocate(Tensor.bytes(qkv.length, cols), 64), qkv.length, cols);
      for (int t = 0; t < qkv.length; t++) {
        in.write(t, 0, qkv[t], 0, cols);
      }
      ops.begin(batch);
      Tensor out = ops.bidirectionalAttention(in, spec, batch);
      float[][] rows = new float[qkv.length][];
      for (int t = 0; t < rows.length; t++) {
        rows[t] = out.row(t);
      }
      return rows;
    }
  }

  private static double[][] naive(BidirectionalAttention spec, float[][] qkv) {
    int dim = spec.headDim();
    int group = spec.heads() / spec.kvHeads();
    double[][] out = new double[qkv.length][spec.outputWidth()];
    for (int t = 0; t < qkv.length; t++) {
      for (int h = 0; h < spec.heads(); h++) {
        double sum = 0;
        for (int j = 0; j < qkv.length; j++) {
          if (spec.reach() > 0 && Math.abs(t - j) > spec.reach()) {
            continue;
          }
          double score = 0;
          int key = (spec.heads() + h / group) * dim;
          for (int i = 0; i < dim; i++) {
            score += (double) qkv[t][h * dim + i] * qkv[j][key + i];
          }
          double p = Math.exp(score * spec.scale());
          sum += p;
          for (int i = 0; i < dim; i++) {
            out[t][h * dim + i] += p * qkv[j][key + spec.kvHeads() * dim + i];
          }
        }
        for (int i = 0; i < dim; i++) {
          out[t][h * dim + i] /= sum;
        }
      }
    }
    return out;
  }
}
