// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.RandomWeights;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Scores;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention on every level that this machine has, against the scalar one: equal to the bit. */
class AsmAttentionTest {
  private static final Backend SCALAR = new CpuBackend(Level.SCALAR);
  private static final int[] DIMS = {16, 32, 48, 64, 80, 96, 128, 256, 24};

  /** Heads that fill no whole vectors. */
  private static final int[] ODD_DIMS = {4, 6, 8, 10, 12, 14, 20, 28, 72, 100};

  private static final int[] EDGES = {1, 31, 32, 33, 63, 64, 65, 200};

  static Stream<Arguments> levelsAndTypes() {
    return Cpu.levels().stream()
        .filter(level -> level != Level.SCALAR)
        .flatMap(level -> StateSpec.CACHED.stream().map(type -> Arguments.of(level, type)));
  }

  @ParameterizedTest
  @MethodSource("levelsAndTypes")
  void everyShapeGivesTheBitsOfTheScalarOne(Level level, DType type) {
    Random random = new Random(level.ordinal() * 2 + type.ordinal());
    for (int i = 0; i < 28; i++) {
      int[] dims = i % 3 == 2 ? ODD_DIMS : DIMS;
      int dim = dims[i / 2 % dims.length];
      if (type == DType.Q8_0 && dim % 4 != 0) {
        continue; // no group of bytes divides it
      }
      Attention spec = shape(dim, random);
      assertThat(new CpuBackend(level).emits(spec)).isTrue();
      int spans = 1 + random.nextInt(3);
      try (AttentionRun expected = new AttentionRun(SCALAR, spec, type, spans, 2);
          AttentionRun actual = new AttentionRun(new CpuBackend(level), spec, type, spans, 2)) {
        for (int step = 0; step < 4; step++) {
          float[][][] tokens = new float[spans][][];
          for (int s = 0; s < spans; s++) {
            int count = step == 2 ? 1 : 1 + random.nextInt(90);
            tokens[s] = rows(count, spec.inputWidth(), random);
          }
          String what = level + " " + type + " " + spec + ", step " + step;
          same(what, actual.step(tokens), expected.step(tokens));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levelsAndTypes")
  void contextsAtTheEdgesOfBlocksAreRight(Level level, DType type) {
    Random random = new Random(5);
    Attention spec = new Attention(6, 2, 64, null, null, null, 0, 0.125f);
    for (int length : EDGES) {
      spec = length % 2 == 0 ? spec : windowed(spec, length / 3);
      float[][] tokens = rows(length, spec.inputWidth(), random);
      float[][] one = rows(1, spec.inputWidth(), random);
      try (AttentionRun expected = new AttentionRun(SCALAR, spec, type, 1, 1);
          AttentionRun actual = new AttentionRun(new CpuBackend(level), spec, type, 1, 1)) {
        same(length + " tokens", actual.step(tokens), expected.step(tokens));
        same("one behind " + length, actual.step(one), expected.step(one));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levelsAndTypes")
  void aTokensResultDependsNeitherOnTheCutNorOnNeighboursNorOnThreads(Level level, DType type) {
    Random random = new Random(8);
    Rope rope = rope(Rope.Style.HALVES, 64);
    for (int group : new int[] {1, 3, 4, 7}) {
      Attention plain =
          new Attention(2 * group, 2, 64, rope, gain(64, 1), gain(64, 2), 1e-5f, .125f);
      Attention spec = group == 1 ? plain : with(plain, group == 4, scores(2 * group, 40, random));
      Backend backend = new CpuBackend(level);
      float[][] tokens = rows(150, spec.inputWidth(), random);
      float[][] together = run(backend, spec, type, tokens, tokens.length, 2);
      for (int cut : new int[] {1, 2, 5, 31, 64, 100}) {
        same("cut by " + cut, run(backend, spec, type, tokens, cut, 1), together);
      }
      float[][] other = rows(41, spec.inputWidth(), random);
      try (AttentionRun pair = new AttentionRun(backend, spec, type, 2, 2)) {
        float[][] both = pair.step(other, tokens);
        same("beside another", Arrays.copyOfRange(both, 41, 191), together);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levelsAndTypes")
  void whatLaterTokensHoldNeverReachesEarlierOnes(Level level, DType type) {
    Random random = new Random(9);
    Attention plain = new Attention(2, 2, 32, null, null, null, 0, 0.2f);
    Scores scores = new Scores(90, 2, new float[] {.5f, .25f}, gain(2, 7));
    for (Attention spec : new Attention[] {plain, with(plain, false, scores)}) {
      spoil(level, type, spec, random);
    }
  }

  private static void spoil(Level level, DType type, Attention spec, Random random) {
    Backend backend = new CpuBackend(level);
    float[][] tokens = rows(100, spec.inputWidth(), random);
    float[][] clean = run(backend, spec, type, tokens, 100, 2);
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -Float.MAX_VALUE}) {
      float[][] spoilt = Arrays.stream(tokens).map(float[]::clone).toArray(float[][]::new);
      Arrays.fill(spoilt[70], bad);
      float[][] actual = run(backend, spec, type, spoilt, 100, 2);
      same("before " + bad, Arrays.copyOf(actual, 70), Arrays.copyOf(clean, 70));
      same("with " + bad, actual, run(SCALAR, spec, type, spoilt, 100, 2));
    }
  }

  /** Equal to the bit, any NaN to any other. */
  private static void same(String what, float[][] actual, float[][] expected) {
    assertThat(actual.length).isEqualTo(expected.length);
    for (int t = 0; t < expected.length; t++) {
      int i = Arrays.mismatch(actual[t], expected[t]);
      assertThat(i)
          .as(
              "%s, token %d: %s for %s",
              what, t, i < 0 ? 0 : actual[t][i], i < 0 ? 0 : expected[t][i])
          .isNegative();
    }
  }

  private static float[][] run(
      Backend backend, Attention spec, DType type, float[][] tokens, int cut, int threads) {
    float[][] out = new float[tokens.length][];
    try (AttentionRun run = new AttentionRun(backend, spec, type, 1, threads)) {
      for (int from = 0; from < tokens.length; from += cut) {
        float[][] some = Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + cut));
        System.arraycopy(run.step(some), 0, out, from, some.length);
      }
    }
    return out;
  }

  private static Attention shape(int dim, Random random) {
    int kvHeads = 1 + random.nextInt(3);
    int heads = kvHeads * (1 + random.nextInt(8));
    Rope rope =
        switch (random.nextInt(3)) {
          case 0 -> null;
          case 1 -> rope(Rope.Style.HALVES, random.nextBoolean() ? dim : Math.min(dim, 16));
          default -> rope(Rope.Style.PAIRS, random.nextBoolean() ? dim : Math.min(dim, 4));
        };
    boolean norm = random.nextBoolean();
    Attention plain =
        new Attention(
            heads,
            kvHeads,
            dim,
            rope,
            norm ? gain(dim, 3) : null,
            norm ? gain(dim, 4) : null,
            1e-6f,
            (float) (1 / Math.sqrt(dim)));
    return random.nextInt(3) == 0
        ? plain
        : with(plain, random.nextBoolean(), scores(heads, 1 + random.nextInt(150), random));
  }

  /** Some of what may happen to scores. */
  private static Scores scores(int heads, int window, Random random) {
    float[] slopes = new float[heads];
    for (int h = 0; h < heads; h++) {
      slopes[h] = (float) Math.pow(2, -8.0 * (h + 1) / heads);
    }
    return new Scores(
        random.nextBoolean() ? window : 0,
        random.nextBoolean() ? 0.5f + 3 * random.nextFloat() : 0,
        random.nextBoolean() ? slopes : null,
        random.nextBoolean() ? RandomWeights.make(DType.F32, 1, heads, 9) : null);
  }

  private static Attention with(Attention plain, boolean normLast, Scores scores) {
    return new Attention(
        plain.heads(),
        plain.kvHeads(),
        plain.headDim(),
        plain.rope(),
        plain.queryNorm(),
        plain.keyNorm(),
        plain.eps(),
        plain.scale(),
        normLast,
        scores);
  }

  private static Attention windowed(Attention plain, int window) {
    return with(plain, false, new Scores(window, 0, null, null));
  }

  private static io.jishi.tensor.Weight gain(int dim, int seed) {
    return RandomWeights.make(DType.F32, 1, dim, seed);
  }

  private static Rope rope(Rope.Style style, int dims) {
    float[] frequencies = new float[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(10_000, -2.0 * i / dims);
    }
    return new Rope(style, dims, frequencies);
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
}
