// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Work;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention in both directions on every level, against the scalar one: equal to the bit. */
class AsmBidirectionalTest {
  private static final Backend SCALAR = new CpuBackend(Level.SCALAR);

  /** Some fill whole vectors, some do not; those of real towers (72, 80) are among them. */
  private static final int[] DIMS = {16, 32, 64, 72, 80, 96, 128, 4, 6, 10, 20, 28, 100};

  private static final int[] LENGTHS = {1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 200};

  static Stream<Level> levels() {
    return Cpu.levels().stream().filter(level -> level != Level.SCALAR);
  }

  @ParameterizedTest
  @MethodSource("levels")
  void everyShapeReachAndLengthGivesTheBitsOfTheScalarOne(Level level) {
    Random random = new Random(level.ordinal());
    Backend backend = new CpuBackend(level);
    try (Ops actual = backend.ops(2);
        Ops expected = SCALAR.ops(2)) {
      for (int i = 0; i < 5 * DIMS.length; i++) {
        BidirectionalAttention spec = shape(DIMS[i % DIMS.length], random);
        assertThat(backend.emits(spec)).isTrue();
        int[] spans = new int[1 + random.nextInt(3)];
        Arrays.setAll(spans, _ -> LENGTHS[random.nextInt(LENGTHS.length)]);
        float[][] rows = rows(Arrays.stream(spans).sum(), spec.inputWidth(), random);
        String what = level + " " + spec + " " + Arrays.toString(spans);
        same(what, run(actual, spec, rows, spans), run(expected, spec, rows, spans));
      }
      assertThat(actual.work().java()).isZero();
      assertThat(actual.work().emitted()).isEqualTo(expected.work().java());
    }
  }

  /** Memory of the call before holds what spoils every sum that it gets into. */
  @ParameterizedTest
  @MethodSource("levels")
  void whatAnotherSequenceHeldNeverReachesThisOne(Level level) {
    Random random = new Random(3);
    for (int dim : new int[] {32, 20}) {
      for (int reach : new int[] {0, 40}) {
        BidirectionalAttention spec = new BidirectionalAttention(4, 2, dim, null, .2f, reach);
        float[][] rows = rows(170, spec.inputWidth(), random);
        float[][] clean;
        try (Ops ops = new CpuBackend(level).ops(2)) {
          clean = run(ops, spec, rows, 70, 100);
        }
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -Float.MAX_VALUE}) {
          float[][] spoilt = Arrays.stream(rows).map(float[]::clone).toArray(float[][]::new);
          for (int t = 0; t < 70; t++) {
            Arrays.fill(spoilt[t], bad);
          }
          try (Ops ops = new CpuBackend(level).ops(2)) {
            float[][] before = rows(170, spec.inputWidth(), random);
            Arrays.stream(before).forEach(row -> Arrays.fill(row, bad));
            run(ops, spec, before, 170);
            float[][] beside = run(ops, spec, spoilt, 70, 100);
            same("beside " + bad, tail(beside, 70), tail(clean, 70));
            float[][] alone = run(ops, spec, tail(rows, 70), 100);
            same("behind " + bad, alone, tail(clean, 70));
          }
        }
      }
    }
  }

  /** A tower's layers change between windows and the whole, and may merge tokens in between. */
  @ParameterizedTest
  @MethodSource("levels")
  void oneStepMayCutItsTokensAnewAndHaveFewerOfThem(Level level) {
    Random random = new Random(6);
    for (int dim : new int[] {32, 12}) {
      Rope rope = rope(Rope.Style.HALVES, dim);
      BidirectionalAttention spec = new BidirectionalAttention(2, 2, dim, rope, .3f, 0);
      float[][] rows = rows(96, spec.inputWidth(), random);
      try (Ops actual = new CpuBackend(level).ops(2);
          Ops expected = SCALAR.ops(2)) {
        for (Ops ops : new Ops[] {actual, expected}) {
          ops.begin(batch(96));
        }
        for (int[] spans : new int[][] {{96}, {48, 48}, {30, 36, 30}, {24}, {96}}) {
          float[][] some = Arrays.copyOf(rows, Arrays.stream(spans).sum());
          float[][] wanted = step(expected, spec, some, batch(spans));
          same(Arrays.toString(spans), step(actual, spec, some, batch(spans)), wanted);
        }
      }
    }
  }

  @Test
  void whatKernelsCannotDoRunsInPlainJavaAndSaysSo() {
    BidirectionalAttention spec = new BidirectionalAttention(3, 1, 3, null, .5f, 0);
    float[][] rows = rows(70, spec.inputWidth(), new Random(4));
    float[][] expected;
    try (Ops ops = SCALAR.ops(1)) {
      expected = run(ops, spec, rows, 70);
    }
    for (Level level : Cpu.levels()) {
      Backend backend = new CpuBackend(level);
      assertThat(backend.emits(spec)).isEqualTo(level == Level.SCALAR);
      try (Ops ops = backend.ops(2)) {
        same(level + "", run(ops, spec, rows, 70), expected);
        Work work = ops.work();
        assertThat(work.emitted()).isZero();
        assertThat(work.java()).isPositive();
      }
    }
  }

  private static BidirectionalAttention shape(int dim, Random random) {
    int kvHeads = 1 + random.nextInt(3);
    Rope rope =
        switch (random.nextInt(3)) {
          case 0 -> null;
          case 1 -> rope(Rope.Style.HALVES, random.nextBoolean() ? dim : Math.min(dim, 16));
          default -> rope(Rope.Style.PAIRS, random.nextBoolean() ? dim : Math.min(dim, 4));
        };
    int reach = random.nextBoolean() ? 0 : 1 + random.nextInt(100);
    float scale = (float) (1 / Math.sqrt(dim));
    int heads = kvHeads * (1 + random.nextInt(4));
    return new BidirectionalAttention(heads, kvHeads, dim, rope, scale, reach);
  }

  private static Rope rope(Rope.Style style, int dims) {
    float[] frequencies = new float[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(10_000, -2.0 * i / dims);
    }
    return new Rope(style, dims, frequencies);
  }

  private static Batch batch(int... spans) {
    Batch batch = new Batch();
    for (int count : spans) {
      batch.addSpan(new int[count], 0, count, 0);
    }
    return batch;
  }

  private static float[][] run(Ops ops, BidirectionalAttention spec, float[][] rows, int... spans) {
    Batch batch = batch(spans);
    ops.begin(batch);
    return step(ops, spec, rows, batch);
  }

  private static float[][] step(Ops ops, BidirectionalAttention spec, float[][] rows, Batch batch) {
    try (Arena arena = Arena.ofShared()) {
      int cols = spec.inputWidth();
      Tensor in =
          new Tensor(arena.allocate(Tensor.bytes(rows.length, cols), 64), rows.length, cols);
      for (int t = 0; t < rows.length; t++) {
        in.write(t, 0, rows[t], 0, cols);
      }
      Tensor out = ops.bidirectionalAttention(in, spec, batch);
      float[][] result = new float[rows.length][];
      Arrays.setAll(result, out::row);
      return result;
    }
  }

  private static float[][] rows(int tokens, int cols, Random random) {
    float[][] x = new float[tokens][cols];
    for (float[] row : x) {
      float size = (float) Math.scalb(1.0, random.nextInt(6) - 4);
      for (int i = 0; i < cols; i++) {
        row[i] = (float) random.nextGaussian() * size;
      }
    }
    return x;
  }

  private static float[][] tail(float[][] rows, int from) {
    return Arrays.copyOfRange(rows, from, rows.length);
  }

  /** Equal to the bit, any NaN to any other. */
  private static void same(String what, float[][] actual, float[][] expected) {
    assertThat(actual.length).isEqualTo(expected.length);
    for (int t = 0; t < expected.length; t++) {
      assertThat(Arrays.mismatch(actual[t], expected[t])).as("%s, token %d", what, t).isNegative();
    }
  }
}
