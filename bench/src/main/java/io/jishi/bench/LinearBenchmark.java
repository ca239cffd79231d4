// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench;

import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.RandomBlocks;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Products {@code [tokens, 2048] · [2048, 2048]ᵀ}, of several matrices so that no cache holds them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class LinearBenchmark {
  private static final int SIZE = 2048;
  private static final long COLD_BYTES = 256L << 20;
  private static final double DEVIATION = 0.02;

  /** How the weights are stored. */
  @Param({"Q4_0", "Q8_0", "Q4_K", "Q6_K", "F16", "F32"})
  public DType type;

  /** Rows of the input. */
  @Param({"1", "4", "16", "512"})
  public int tokens;

  private final Arena arena = Arena.ofShared();
  private final Batch batch = new Batch();
  private Ops ops;
  private Linear[] layers;
  private Tensor x;
  private int next;

  /** Makes the matrices. */
  @Setup(Level.Trial)
  public void open() {
    Backend backend = Backend.cpu();
    ops = backend.ops(0);
    long bytes = SIZE * type.rowBytes(SIZE);
    layers = new Linear[(int) Math.max(1, COLD_BYTES / bytes)];
    var memory = backend.weightMemory(arena);
    for (int i = 0; i < layers.length; i++) {
      try (Arena stored = Arena.ofShared()) {
        MemorySegment blocks = stored.allocate(bytes, 64);
        RandomBlocks.fill(type, blocks, DEVIATION, i);
        layers[i] =
            Linear.of(backend.prepare(Weight.stored("w", type, SIZE, SIZE, blocks), memory));
      }
    }
    x = new Tensor(arena.allocate(Tensor.bytes(tokens, SIZE), 64), tokens, SIZE);
    RandomBlocks.fill(DType.F32, x.data(), 1, layers.length);
  }

  /** One product. */
  @Benchmark
  public Tensor linear() {
    ops.begin(batch);
    next = (next + 1) % layers.length;
    Tensor y = ops.linear(x, layers[next], Precision.FAST);
    ops.release(y);
    return y;
  }

  /** Gives back the memory. */
  @TearDown(Level.Trial)
  public void close() {
    ops.close();
    arena.close();
  }
}
