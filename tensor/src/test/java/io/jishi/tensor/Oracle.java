// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;

/** What tests of the operations share: random inputs, a step over them, and comparison. */
final class Oracle {
  /** A step: takes the operations and the batch. */
  interface Step {
    Tensor run(Ops ops, Batch batch);
  }

  private Oracle() {}

  static Weight weight(int rows, int cols, double deviation, long seed) {
    Random random = new Random(seed);
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return weight(rows, cols, values);
  }

  static Weight weight(int rows, int cols, float... values) {
    MemorySegment memory = Arena.ofAuto().allocate(4L * values.length, 64);
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
    return Weight.stored("test", DType.F32, rows, cols, memory);
  }

  static float[] row(Weight weight, int row) {
    float[] values = new float[weight.cols()];
    weight.row(row, new byte[4 * weight.cols()], values);
    return values;
  }

  static Tensor tensor(float[][] rows) {
    int cols = rows[0].length;
    Tensor x =
        new Tensor(Arena.ofAuto().allocate(Tensor.bytes(rows.length, cols), 64), rows.length, cols);
    for (int t = 0; t < rows.length; t++) {
      x.write(t, 0, rows[t], 0, cols);
    }
    return x;
  }

  /** One step of {@code tokens} tokens. */
  static float[][] run(int tokens, Step step) {
    return run(
        new StateSpec(List.of()), new int[] {tokens}, (ops, batch, from) -> step.run(ops, batch));
  }

  /** A step that is given the first token's index. */
  interface Part {
    Tensor run(Ops ops, Batch batch, int from);
  }

  /** Steps of so many tokens of one sequence. */
  static float[][] run(StateSpec states, int[] counts, Part part) {
    int all = java.util.Arrays.stream(counts).sum();
    float[][] rows = new float[all][];
    try (StatePool pool = new StatePool(states, all + 64);
        SequenceState state = pool.newState();
        Ops ops = Backend.cpu().ops(0)) {
      int from = 0;
      for (int count : counts) {
        Batch batch = new Batch();
        batch.add(state, new int[count], 0, count, 0);
        ops.begin(batch);
        Tensor y = part.run(ops, batch, from);
        for (int t = 0; t < count; t++) {
          rows[from + t] = y.row(t);
        }
        batch.commit();
        from += count;
      }
    }
    return rows;
  }

  static float[][] part(float[][] rows, int from, int count) {
    return java.util.Arrays.copyOfRange(rows, from, from + count);
  }

  static void close(float[][] actual, double[][] expected, double error) {
    for (int t = 0; t < expected.length; t++) {
      assertThat(actual[t]).hasSize(expected[t].length);
      for (int i = 0; i < expected[t].length; i++) {
        assertThat((double) actual[t][i])
            .as("row %d, column %d", t, i)
            .isCloseTo(expected[t][i], Offset.offset(error));
      }
    }
  }
}
