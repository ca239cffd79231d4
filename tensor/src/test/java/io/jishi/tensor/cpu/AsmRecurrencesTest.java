// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DType;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.Ops;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;
import io.jishi.tensor.Work;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Recurrent operations on every level, against the scalar ones: equal to the bit. */
class AsmRecurrencesTest {
  /** Tokens of each of two sequences, step by step. */
  private static final int[][] STEPS = {{3, 1}, {1, 1}, {0, 5}, {12, 2}};

  /** One operation over inputs that are made for the batch. */
  @FunctionalInterface
  private interface Part {
    Tensor run(Ops ops, Batch batch, Inputs in);
  }

  /** Random tensors, the same for all who ask in the same order. */
  private static final class Inputs {
    private final Random random = new Random(4);
    private final Arena arena;

    private Inputs(Arena arena) {
      this.arena = arena;
    }

    Tensor next(Batch batch, int cols) {
      int rows = batch.size();
      Tensor x = new Tensor(arena.allocate(Tensor.bytes(rows, cols), 64), rows, cols);
      for (int i = 0; i < rows * cols; i++) {
        x.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
      }
      return x;
    }
  }

  static Stream<Level> levels() {
    return Cpu.levels().stream().filter(level -> level != Level.SCALAR);
  }

  @ParameterizedTest
  @MethodSource("levels")
  void convolutionsOfAnyLengthAreThePlainOnes(Level level) {
    for (int channels : new int[] {16, 48, 1072, 20}) {
      for (int kernel = 1; kernel <= 8; kernel++) {
        Weight bias = kernel % 2 == 0 ? null : weight(1, channels, 1);
        Convolution spec = new Convolution(weight(channels, kernel, 2), bias);
        boolean emitted = channels % 16 == 0 && kernel > 1 && kernel < 7;
        if (kernel > 1) {
          same(
              level,
              spec.stateBytes(),
              emitted,
              (ops, batch, in) -> ops.convolve(in.next(batch, channels), spec, 1, batch));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void stateSpacesOfBothKindsAreThePlainOnes(Level level) {
    space(level, new StateSpace(48, 1, 16, 1, decay(48, 16), weight(1, 48, 1), null), true);
    space(level, new StateSpace(272, 1, 6, 1, decay(272, 1), weight(1, 272, 1), null), true);
    Weight bias = weight(1, 6, 3);
    space(level, new StateSpace(6, 32, 10, 2, decay(6, 1), weight(1, 6, 1), bias), true);
    space(level, new StateSpace(6, 16, 7, 3, decay(6, 1), weight(1, 6, 1), bias), false);
    space(level, new StateSpace(6, 12, 8, 3, decay(6, 1), weight(1, 6, 1), bias), false);
    space(level, new StateSpace(6, 16, 4, 1, decay(6, 4), weight(1, 6, 1), bias), false);
  }

  private static void space(Level level, StateSpace spec, boolean emitted) {
    same(
        level,
        spec.stateBytes(),
        emitted,
        (ops, batch, in) ->
            ops.stateSpace(
                in.next(batch, spec.inputWidth()), in.next(batch, spec.heads()), spec, 1, batch));
  }

  @ParameterizedTest
  @MethodSource("levels")
  void theDeltaRuleIsThePlainOne(Level level) {
    for (int[] shape :
        new int[][] {{2, 4, 16, 16}, {3, 3, 32, 48}, {2, 6, 64, 128}, {1, 2, 8, 16}}) {
      for (boolean channels : new boolean[] {false, true}) {
        int columns = channels ? shape[1] * shape[2] : shape[1];
        DeltaRule spec =
            new DeltaRule(
                shape[0],
                shape[1],
                shape[2],
                shape[3],
                channels,
                decay(1, shape[1]),
                weight(1, columns, 6));
        same(
            level,
            spec.stateBytes(),
            shape[2] % 16 == 0,
            (ops, batch, in) ->
                ops.deltaRule(
                    in.next(batch, spec.inputWidth()),
                    in.next(batch, spec.decayWidth()),
                    in.next(batch, spec.valueHeads()),
                    spec,
                    1,
                    batch));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void weightedMeansAreThePlainOnes(Level level) {
    for (int channels : new int[] {16, 1104, 40}) {
      WeightedMean spec = new WeightedMean(decay(1, channels), weight(1, channels, 2));
      same(
          level,
          spec.stateBytes(),
          channels % 16 == 0,
          (ops, batch, in) ->
              ops.weightedMean(in.next(batch, channels), in.next(batch, channels), spec, 1, batch));
    }
  }

  private static void same(Level level, long bytes, boolean emitted, Part part) {
    assertThat(run(level, bytes, emitted, part))
        .isDeepEqualTo(run(Level.SCALAR, bytes, false, part));
  }

  /** The results of all steps and what the states hold then. */
  private static float[][] run(Level level, long bytes, boolean emitted, Part part) {
    StateSpec.Recurrent before = new StateSpec.Recurrent(64);
    StateSpec spec = new StateSpec(List.of(before, new StateSpec.Recurrent(bytes)));
    List<float[]> rows = new ArrayList<>();
    try (Arena arena = Arena.ofShared();
        StatePool pool = new StatePool(spec, 256);
        Ops ops = new CpuBackend(level).ops(2)) {
      SequenceState[] states = {pool.newState(), pool.newState()};
      Inputs inputs = new Inputs(arena);
      Batch batch = new Batch();
      for (int[] counts : STEPS) {
        batch.clear();
        for (int s = 0; s < counts.length; s++) {
          if (counts[s] > 0) {
            batch.add(states[s], new int[counts[s]], 0, counts[s], 0);
          }
        }
        ops.begin(batch);
        Tensor out = part.run(ops, batch, inputs);
        for (int t = 0; t < batch.size(); t++) {
          rows.add(out.row(t));
        }
        batch.commit();
      }
      for (SequenceState state : states) {
        MemorySegment memory = state.recurrent(1);
        rows.add(memory.toArray(ValueLayout.JAVA_FLOAT));
      }
      Work work = ops.work();
      assertThat(work.emitted() > 0).as("emitted").isEqualTo(emitted);
      assertThat(work.java() > 0).as("java").isEqualTo(!emitted);
    }
    return rows.toArray(float[][]::new);
  }

  /** Negative. */
  private static Weight decay(int rows, int cols) {
    Weight weight = weight(rows, cols, 9);
    for (int i = 0; i < rows * cols; i++) {
      float value = weight.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
      weight.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, -0.05f - Math.abs(value));
    }
    return weight;
  }

  private static Weight weight(int rows, int cols, long seed) {
    Random random = new Random(seed);
    MemorySegment memory = Arena.ofAuto().allocate(4L * rows * cols, 64);
    for (int i = 0; i < rows * cols; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    return Weight.stored("test", DType.F32, rows, cols, memory);
  }
}
