// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.RandomBlocks;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
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

/** One layer's attention of 32 heads over 8 of 64 values, of the tokens after a past. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class AttentionBenchmark {
  private static final Attention SPEC = new Attention(32, 8, 64, null, null, null, 1e-5f, 0.125f);

  /** Tokens in the cache. */
  @Param({"128", "2048"})
  public int past;

  /** Tokens that attend. */
  @Param({"1", "256"})
  public int tokens;

  /** What the cache holds. */
  @Param({"F16", "F32"})
  public DType cache;

  private final Arena arena = Arena.ofShared();
  private final Batch batch = new Batch();
  private Ops ops;
  private StatePool pool;
  private SequenceState state;
  private Tensor input;

  /** Fills the cache. */
  @Setup(Level.Trial)
  public void open() {
    ops = Backend.cpu().ops(0);
    StateSpec spec = new StateSpec(List.of(new StateSpec.Rows(512, 512, cache)));
    pool = new StatePool(spec, past + tokens + StateSpec.BLOCK);
    state = pool.newState();
    attend(past);
    batch.commit();
    input = random(tokens);
  }

  /** The same tokens again and again: what they append is cut off first. */
  @Benchmark
  public Tensor attention() {
    state.truncate(past);
    batch.clear();
    batch.add(state, new int[tokens], 0, tokens, 0);
    ops.begin(batch);
    return ops.attention(input, SPEC, 0, batch);
  }

  private void attend(int count) {
    batch.clear();
    batch.add(state, new int[count], 0, count, 0);
    ops.begin(batch);
    ops.attention(random(count), SPEC, 0, batch);
  }

  private Tensor random(int rows) {
    int cols = SPEC.inputWidth();
    Tensor x = new Tensor(arena.allocate(Tensor.bytes(rows, cols), 64), rows, cols);
    RandomBlocks.fill(DType.F32, x.data(), 1, rows);
    return x;
  }

  /** Gives back the memory. */
  @TearDown(Level.Trial)
  public void close() {
    state.close();
    pool.close();
    ops.close();
    arena.close();
  }
}
