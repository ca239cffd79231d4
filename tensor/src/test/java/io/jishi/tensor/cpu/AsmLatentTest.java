// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Rope;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Latent attention on every level of this machine, against the scalar one: equal to the bit. */
class AsmLatentTest {
  private static final Backend SCALAR = new CpuBackend(Level.SCALAR);
  private static final Rope ROPE = new Rope(Rope.Style.PAIRS, 8, new float[] {1, .3f, .1f, .01f});

  static Stream<Arguments> levelsAndTypes() {
    return Cpu.levels().stream()
        .filter(level -> level != Level.SCALAR)
        .flatMap(level -> StateSpec.CACHED.stream().map(type -> Arguments.of(level, type)));
  }

  @ParameterizedTest
  @MethodSource("levelsAndTypes")
  void everyShapeGivesTheBitsOfTheScalarOne(Level level, DType type) {
    Random random = new Random(level.ordinal() * 8 + type.ordinal());
    for (int rank : new int[] {4, 12, 20, 32, 64, 160}) {
      LatentAttention spec =
          new LatentAttention(
              1 + random.nextInt(20), rank, 8, random.nextInt(3) > 0 ? ROPE : null, 0.15f);
      float[][] tokens = rows(170, spec, random);
      float[][] expected = run(SCALAR, spec, type, tokens, 2, 170);
      Backend backend = new CpuBackend(level);
      String what = level + " " + type + " " + spec;
      same(what, run(backend, spec, type, tokens, 2, 170), expected);
      same(what + " cut", run(backend, spec, type, tokens, 1, 1, 30, 33, 64, 1, 41), expected);
    }
  }

  @Test
  void whatKernelsCannotDoIsSaid() {
    for (Level level : Cpu.levels()) {
      Backend backend = new CpuBackend(level);
      boolean plain = level == Level.SCALAR;
      assertThat(backend.emits(new LatentAttention(2, 20, 8, null, 1))).isTrue();
      assertThat(backend.emits(new LatentAttention(2, 21, 8, null, 1))).isEqualTo(plain);
      assertThat(backend.emits(new Attention(2, 2, 4, null, null, null, 0, 1))).isTrue();
      assertThat(backend.emits(new Attention(2, 2, 3, null, null, null, 0, 1))).isEqualTo(plain);
    }
  }

  @Test
  void whatKernelsCannotDoRunsAllTheSame() {
    Random random = new Random(4);
    LatentAttention spec = new LatentAttention(3, 21, 8, ROPE, 0.15f);
    float[][] tokens = rows(70, spec, random);
    float[][] expected = run(SCALAR, spec, DType.F16, tokens, 1, 70);
    for (Level level : Cpu.levels()) {
      same(level + "", run(new CpuBackend(level), spec, DType.F16, tokens, 2, 30, 40), expected);
    }
  }

  /** Steps of so many tokens; a token is its queries, then its row. */
  private static float[][] run(
      Backend backend,
      LatentAttention spec,
      DType type,
      float[][] tokens,
      int threads,
      int... counts) {
    StateSpec.Rows first = new StateSpec.Rows(12, 4, type, 4);
    StateSpec.Rows rows = new StateSpec.Rows(spec.rowWidth(), 0, type, type == DType.Q8_0 ? 4 : 1);
    float[][] out = new float[tokens.length][];
    try (StatePool pool = new StatePool(new StateSpec(List.of(first, rows)), tokens.length);
        SequenceState state = pool.newState();
        Ops ops = backend.ops(threads);
        Arena arena = Arena.ofShared()) {
      Batch batch = new Batch();
      int at = 0;
      for (int count : counts) {
        batch.clear();
        batch.add(state, new int[count], 0, count, 0);
        ops.begin(batch);
        float[][] some = Arrays.copyOfRange(tokens, at, at + count);
        Tensor queries = tensor(arena, some, 0, spec.queryWidth());
        Tensor latent = tensor(arena, some, spec.queryWidth(), spec.rowWidth());
        Tensor y = ops.latentAttention(queries, latent, spec, 1, batch);
        for (int t = 0; t < count; t++) {
          out[at++] = y.row(t);
        }
        batch.commit();
      }
    }
    return out;
  }

  private static Tensor tensor(Arena arena, float[][] rows, int from, int cols) {
    Tensor x = new Tensor(arena.allocate(Tensor.bytes(rows.length, cols), 64), rows.length, cols);
    for (int t = 0; t < rows.length; t++) {
      x.write(t, 0, rows[t], from, cols);
    }
    return x;
  }

  private static float[][] rows(int tokens, LatentAttention spec, Random random) {
    float[][] x = new float[tokens][spec.queryWidth() + spec.rowWidth()];
    for (float[] row : x) {
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) random.nextGaussian();
      }
    }
    return x;
  }

  private static void same(String what, float[][] actual, float[][] expected) {
    for (int t = 0; t < expected.length; t++) {
      assertThat(Arrays.mismatch(actual[t], expected[t])).as("%s, token %d", what, t).isNegative();
    }
  }
}
