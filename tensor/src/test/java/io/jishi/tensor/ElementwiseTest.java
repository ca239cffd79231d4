// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ElementwiseTest {
  /** A few roundings of values of order one. */
  private static final double FLOAT_ERROR = 3e-6;

  private static final int ROWS = 5;

  @ParameterizedTest
  @CsvSource({"RMS,1,12,true", "RMS,3,12,false", "LAYER,1,12,true", "LAYER,4,3,false"})
  void aNormIsItsFormulaForEachGroup(Norm.Kind kind, int groups, int gains, boolean bias) {
    int cols = 12;
    float[][] x = LinearTest.randomRows(ROWS, cols, 1);
    Weight gain = Oracle.weight(1, gains, 1, 2);
    Weight shift = bias ? Oracle.weight(1, gains, 1, 3) : null;
    Norm norm = new Norm(kind, groups, gain, shift, 1e-3f);
    double[][] expected = new double[ROWS][cols];
    int n = cols / groups;
    for (int t = 0; t < ROWS; t++) {
      for (int g = 0; g < groups; g++) {
        double mean = 0;
        double squares = 0;
        for (int i = g * n; i < (g + 1) * n; i++) {
          mean += kind == Norm.Kind.LAYER ? x[t][i] / n : 0;
        }
        for (int i = g * n; i < (g + 1) * n; i++) {
          squares += (x[t][i] - mean) * (x[t][i] - mean) / n;
        }
        for (int i = g * n; i < (g + 1) * n; i++) {
          double factor = Oracle.row(gain, 0)[i % gains];
          double added = bias ? Oracle.row(shift, 0)[i % gains] : 0;
          expected[t][i] = (x[t][i] - mean) / Math.sqrt(squares + 1e-3f) * factor + added;
        }
      }
    }
    Tensor in = Oracle.tensor(x);
    Oracle.close(Oracle.run(ROWS, (ops, b) -> ops.norm(in, norm)), expected, FLOAT_ERROR);
  }

  @ParameterizedTest
  @EnumSource(value = Activation.class, mode = EnumSource.Mode.EXCLUDE, names = "CLAMPED_SWIGLU")
  void anActivationIsItsFormula(Activation activation) {
    float[][] x = LinearTest.randomRows(ROWS, 40, 4);
    x[0][0] = 30;
    x[0][1] = -30;
    x[0][2] = 0;
    double[][] expected = new double[ROWS][40];
    for (int t = 0; t < ROWS; t++) {
      for (int i = 0; i < 40; i++) {
        expected[t][i] = formula(activation, x[t][i]);
      }
    }
    Tensor in = Oracle.tensor(x);
    Oracle.close(Oracle.run(ROWS, (ops, b) -> ops.activate(in, activation)), expected, FLOAT_ERROR);
  }

  @Test
  void aClampedGateIsItsFormula() {
    float[][] x = {{-3, 9, 0.5f, 2, 8, -9}};
    double[][] expected = new double[1][3];
    for (int i = 0; i < 3; i++) {
      double g = Math.min(x[0][i], 7);
      double u = Math.clamp(x[0][3 + i], -7.0, 7.0);
      expected[0][i] = g / (1 + Math.exp(-1.702 * g)) * (u + 1);
    }
    Tensor in = Oracle.tensor(x);
    Oracle.close(
        Oracle.run(1, (ops, b) -> ops.gate(in, Activation.CLAMPED_SWIGLU)), expected, 2e-5);
  }

  @Test
  void theSmallOperationsAreTheirDefinitions() {
    float[][] x = LinearTest.randomRows(ROWS, 6, 5);
    float[][] y = LinearTest.randomRows(ROWS, 6, 6);
    float[][] one = LinearTest.randomRows(ROWS, 1, 7);
    Tensor a = Oracle.tensor(x);
    Tensor b = Oracle.tensor(y);
    Tensor c = Oracle.tensor(one);
    float[][] scaled = Oracle.run(ROWS, (ops, batch) -> ops.scale(a, 1.5f));
    float[][] product = Oracle.run(ROWS, (ops, batch) -> ops.multiply(a, b));
    float[][] rows = Oracle.run(ROWS, (ops, batch) -> ops.multiply(a, c));
    float[][] capped = Oracle.run(ROWS, (ops, batch) -> ops.softCap(a, 2));
    float[][] columns = Oracle.run(ROWS, (ops, batch) -> ops.columns(a, 2, 3));
    float[][] joined = Oracle.run(ROWS, (ops, batch) -> ops.join(a, c));
    for (int t = 0; t < ROWS; t++) {
      for (int i = 0; i < 6; i++) {
        assertThat(scaled[t][i]).isEqualTo(x[t][i] * 1.5f);
        assertThat(product[t][i]).isEqualTo(x[t][i] * y[t][i]);
        assertThat(rows[t][i]).isEqualTo(x[t][i] * one[t][0]);
        assertThat(Math.abs(capped[t][i] - 2 * Math.tanh(x[t][i] / 2.0))).isLessThan(FLOAT_ERROR);
        assertThat(joined[t][i]).isEqualTo(x[t][i]);
      }
      assertThat(columns[t]).containsExactly(x[t][2], x[t][3], x[t][4]);
      assertThat(joined[t][6]).isEqualTo(one[t][0]);
    }
  }

  @Test
  void aProductForEachHeadIsItsDefault() {
    Tensor x = Oracle.tensor(LinearTest.randomRows(ROWS, 3 * 32, 8));
    List<Linear> heads =
        List.of(
            Linear.of(Oracle.weight(20, 32, 1, 1)),
            Linear.of(Oracle.weight(20, 32, 1, 2)),
            Linear.of(Oracle.weight(20, 32, 1, 3)));
    float[][] fused = Oracle.run(ROWS, (ops, b) -> ops.headLinear(x, heads, Precision.EXACT));
    for (int h = 0; h < 3; h++) {
      int from = h;
      float[][] one =
          Oracle.run(
              ROWS,
              (ops, b) ->
                  ops.linear(ops.columns(x, 32 * from, 32), heads.get(from), Precision.EXACT));
      for (int t = 0; t < ROWS; t++) {
        assertThat(java.util.Arrays.copyOfRange(fused[t], 20 * h, 20 * h + 20)).isEqualTo(one[t]);
      }
    }
  }

  @Test
  void shapesThatDoNotAgreeAreRefused() {
    Tensor a = Oracle.tensor(new float[3][4]);
    Tensor b = Oracle.tensor(new float[3][2]);
    Norm norm = new Norm(Norm.Kind.LAYER, 1, Oracle.weight(1, 3, 1, 1), null, 0);
    assertThatThrownBy(() -> Oracle.run(3, (ops, batch) -> ops.multiply(a, b)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Oracle.run(3, (ops, batch) -> ops.norm(a, norm)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4 columns");
    assertThatThrownBy(() -> Oracle.run(3, (ops, batch) -> ops.columns(a, 2, 3)))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static double formula(Activation activation, double x) {
    double sigmoid = 1 / (1 + Math.exp(-x));
    return switch (activation) {
      case SILU -> x * sigmoid;
      case GELU -> x * normal(x);
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case RELU -> Math.max(x, 0);
      case RELU_SQUARED -> Math.max(x, 0) * Math.max(x, 0);
      case SIGMOID -> sigmoid;
      case CLAMPED_SWIGLU -> throw new IllegalArgumentException();
    };
  }

  /** The distribution function of the normal distribution by Simpson's rule. */
  private static double normal(double x) {
    double end = Math.clamp(x, -8, 8);
    int steps = 4000;
    double h = end / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-(i * h) * (i * h) / 2);
    }
    return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
  }
}
