// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.RandomWeights;
import io.jishi.tensor.Routing;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.Work;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mixtures and products by heads on every level, against the scalar ones. */
class AsmExpertsTest {
  private static final int WIDTH = 256;
  private static final int INNER = 512;

  /** Of the work, what the choice of experts may take on the host. */
  private static final double CHOICE_SHARE = 0.01;

  static Stream<Level> levels() {
    return Cpu.levels().stream().filter(level -> level != Level.SCALAR);
  }

  @ParameterizedTest
  @MethodSource("levels")
  void storedExpertsRunThroughEmittedProductsToTheBit(Level level) {
    for (DType type : new DType[] {DType.Q4_K, DType.Q8_0, DType.F32}) {
      List<FeedForward> experts = new ArrayList<>();
      for (int e = 0; e < 6; e++) {
        experts.add(expert(type, e, RandomWeights.make(type, 2 * INNER, WIDTH, e)));
      }
      Mixture mixture = mixture(experts, 2);
      for (int tokens : new int[] {1, 23}) {
        assertThat(run(level, mixture, tokens)).isDeepEqualTo(run(Level.SCALAR, mixture, tokens));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("levels")
  void productsByHeadsEqualThoseHeadByHead(Level level) {
    for (DType type : new DType[] {DType.F32, DType.Q8_0, DType.F16}) {
      for (Precision precision : Precision.values()) {
        List<Linear> heads = new ArrayList<>();
        for (int h = 0; h < 5; h++) {
          heads.add(Linear.of(RandomWeights.make(type, 40, 96, h)));
        }
        for (int tokens : new int[] {1, 70}) {
          float[][] together =
              run(level, tokens, 5 * 96, (ops, x) -> ops.headLinear(x, heads, precision));
          for (int h = 0; h < 5; h++) {
            int head = h;
            float[][] alone =
                run(
                    level,
                    tokens,
                    5 * 96,
                    (ops, x) ->
                        ops.linear(ops.columns(x, 96 * head, 96), heads.get(head), precision));
            for (int t = 0; t < tokens; t++) {
              assertThat(java.util.Arrays.copyOfRange(together[t], 40 * h, 40 * h + 40))
                  .isEqualTo(alone[t]);
            }
          }
        }
      }
    }
  }

  /** The system counts the pages of a mapped file that were touched. */
  @Test
  void weightsOfExpertsThatNobodyChoseStayOnTheDisk(@TempDir Path folder) throws IOException {
    Path smaps = Path.of("/proc/self/smaps");
    Assumptions.assumeTrue(Files.isReadable(smaps), "only Linux says which pages were touched");
    int count = 32;
    long bytes = 4L * 2 * INNER * WIDTH; // 1 MiB each
    Path file = folder.resolve("experts.bin");
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        Arena arena = Arena.ofShared()) {
      channel.write(java.nio.ByteBuffer.allocate(1), count * bytes - 1);
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, count * bytes, arena);
      List<FeedForward> experts = new ArrayList<>();
      for (int e = 0; e < count; e++) {
        MemorySegment own = mapped.asSlice(e * bytes, bytes);
        experts.add(expert(DType.F32, e, Weight.stored("e", DType.F32, 2 * INNER, WIDTH, own)));
      }
      run(Cpu.best(), mixture(experts, 2), 1);
      // Pages are mapped in groups: a little of the neighbours comes with what is read.
      assertThat(resident(smaps, file.getFileName().toString())).isBetween(2 * bytes, 3 * bytes);
    }
  }

  private static long resident(Path smaps, String name) throws IOException {
    boolean inside = false;
    long kilobytes = 0;
    for (String line : Files.readAllLines(smaps)) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        inside = line.endsWith(name);
      } else if (inside && line.startsWith("Rss:")) {
        kilobytes += Long.parseLong(line.replaceAll("\\D+", ""));
      }
    }
    return kilobytes * 1024;
  }

  private static FeedForward expert(DType type, int id, Weight gateUp) {
    Weight down = RandomWeights.make(type, WIDTH, INNER, 100 + id);
    return new FeedForward(Linear.of(gateUp), Linear.of(down), Activation.SILU);
  }

  private static Mixture mixture(List<FeedForward> experts, int chosen) {
    int n = experts.size();
    Routing routing = new Routing(n, chosen, Routing.Scoring.SOFTMAX, null, 1, 1, 1, true, 1);
    Weight router = RandomWeights.make(DType.F32, n, WIDTH, 77);
    return new Mixture(
        new Linear(List.of(router), Collections.singletonList(null), WIDTH, n), routing, experts);
  }

  private static float[][] run(Level level, Mixture mixture, int tokens) {
    return run(
        level,
        tokens,
        WIDTH,
        (ops, x) -> {
          Work before = ops.work();
          Tensor y = ops.mixture(x, mixture, Precision.FAST);
          Work work = ops.work().since(before);
          if (level != Level.SCALAR) {
            assertThat(work.java()).isLessThan(CHOICE_SHARE * work.emitted());
          }
          return y;
        });
  }

  @FunctionalInterface
  private interface Step {
    Tensor run(Ops ops, Tensor x);
  }

  private static float[][] run(Level level, int tokens, int cols, Step step) {
    Random random = new Random(5);
    try (Arena arena = Arena.ofShared();
        Ops ops = new CpuBackend(level).ops(2)) {
      Tensor x = new Tensor(arena.allocate(Tensor.bytes(tokens, cols), 64), tokens, cols);
      for (int i = 0; i < tokens * cols; i++) {
        x.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
      }
      ops.begin(new Batch());
      Tensor y = step.run(ops, x);
      float[][] rows = new float[tokens][];
      for (int t = 0; t < tokens; t++) {
        rows[t] = y.row(t);
      }
      return rows;
    }
  }
}
