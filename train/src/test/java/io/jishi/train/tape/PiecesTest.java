// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.tensor.Backend;
import io.jishi.tensor.MatrixProducts;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What learns is cut into pieces that cover every value once. */
class PiecesTest {
  /** A sum of 100,000 squares in pieces of 32,768 in FP32: a few roundings of 2⁻²⁴ on the way. */
  private static final double ERROR = 1e-5;

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void coverEveryValueOnce(int threads) {
    try (Parameters parameters = new Parameters(_ -> true);
        Machine machine = new Machine(Backend.cpu(), threads, MatrixProducts.Inputs.FP32)) {
      int[][] shapes = {{1, 7}, {100, 1000}, {0, 5}, {1, 32 << 10}, {1, 1}, {3, 30_000}};
      for (int[] shape : shapes) {
        parameters.add("p" + parameters.list().size(), shape[0], shape[1]);
      }
      Pieces pieces = new Pieces(parameters.list());
      int[][] seen = new int[shapes.length][];
      for (int i = 0; i < shapes.length; i++) {
        seen[i] = new int[shapes[i][0] * shapes[i][1]];
      }
      pieces.each(
          machine,
          (index, at, count, _) -> {
            for (int i = 0; i < count; i++) {
              seen[index][(int) at + i]++;
            }
          });
      for (int[] each : seen) {
        assertThat(each).containsOnly(each.length == 0 ? new int[0] : new int[] {1});
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void normOfAllGradients(int threads) {
    try (Parameters parameters = new Parameters(_ -> true);
        Machine machine = new Machine(Backend.cpu(), threads, MatrixProducts.Inputs.FP32)) {
      SplittableRandom random = new SplittableRandom(5);
      double expected = 0;
      for (int rows : new int[] {1, 90, 3}) {
        Trainable t = parameters.add("p" + rows, rows, 1000);
        for (long i = 0; i < t.count(); i++) {
          float value = (float) random.nextGaussian();
          t.summed().setAtIndex(Rows.FLOAT, i, value);
          expected += (double) value * value;
        }
      }
      parameters.add("untouched", 2, 2);
      double sum = new Pieces(parameters.list()).squaredNorm(machine);
      assertThat(sum).isCloseTo(expected, within(ERROR * expected));
    }
  }
}
