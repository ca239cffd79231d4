// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.model.Decoder;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Something to measure: a prefill, or the decode of some sequences side by side. */
sealed interface Workload extends AutoCloseable {
  /** {@code prefill} or {@code decode}. */
  String kind();

  /** Tokens of one sequence. */
  int tokens();

  /** Sequences side by side. */
  int batch();

  /**
   * Does all of it once, from empty states.
   *
   * @param between called between steps, every now and then
   */
  void run(Ops ops, Runnable between);

  /** Bytes that a run has to read at least. */
  double bytes(Costs costs);

  /** Multiplications and additions of a run. */
  double operations(Costs costs);

  /** Gives back the states' memory. */
  @Override
  void close();

  private static int[] ids(Decoder decoder, int count) {
    int[] ids = new int[count];
    Arrays.setAll(ids, i -> (int) ((i * 7919L + 13) % decoder.spec().vocabulary()));
    return ids;
  }

  /** Reads a prompt in steps as the engine takes them. */
  final class Prefill implements Workload {
    private static final int CHUNK = 256;

    private final Decoder decoder;
    private final int[] ids;
    private final StatePool pool;
    private final SequenceState state;
    private final Batch step = new Batch();

    Prefill(Decoder decoder, DType cache, int tokens) {
      this.decoder = decoder;
      this.ids = ids(decoder, tokens);
      this.pool = new StatePool(decoder.stateSpec(cache), tokens);
      this.state = pool.newState();
    }

    @Override
    public String kind() {
      return "prefill";
    }

    @Override
    public int tokens() {
      return ids.length;
    }

    @Override
    public int batch() {
      return 1;
    }

    @Override
    public void run(Ops ops, Runnable between) {
      state.truncate(0);
      for (int at = 0; at < ids.length; at += CHUNK) {
        int count = Math.min(CHUNK, ids.length - at);
        step.clear();
        step.add(state, ids, at, count, at + count == ids.length ? 1 : 0);
        decoder.forward(ops, step, Precision.FAST);
        between.run();
      }
    }

    @Override
    public double bytes(Costs costs) {
      double sum = costs.outputBytes();
      for (int at = 0; at < ids.length; at += CHUNK) {
        sum += costs.layerBytes() + costs.cacheBytes(Math.min(at + CHUNK, ids.length));
      }
      return sum;
    }

    @Override
    public double operations(Costs costs) {
      return costs.operations(0, ids.length) + costs.outputOperations();
    }

    @Override
    public void close() {
      state.close();
      pool.close();
    }
  }

  /** Continues empty sequences token by token. */
  final class Decode implements Workload {
    private static final int STEPS_BETWEEN = 4;

    private final Decoder decoder;
    private final int tokens;
    private final int[] ids;
    private final StatePool pool;
    private final List<SequenceState> states = new ArrayList<>();
    private final Batch step = new Batch();

    Decode(Decoder decoder, DType cache, int tokens, int batch) {
      this.decoder = decoder;
      this.tokens = tokens;
      this.ids = ids(decoder, tokens);
      this.pool =
          new StatePool(decoder.stateSpec(cache), (long) batch * (tokens + StateSpec.BLOCK));
      for (int s = 0; s < batch; s++) {
        states.add(pool.newState());
      }
    }

    @Override
    public String kind() {
      return "decode";
    }

    @Override
    public int tokens() {
      return tokens;
    }

    @Override
    public int batch() {
      return states.size();
    }

    @Override
    public void run(Ops ops, Runnable between) {
      states.forEach(state -> state.truncate(0));
      for (int at = 0; at < tokens; at++) {
        step.clear();
        for (SequenceState state : states) {
          step.add(state, ids, at, 1, 1);
        }
        decoder.forward(ops, step, Precision.FAST);
        if (at % STEPS_BETWEEN == 0) {
          between.run();
        }
      }
    }

    @Override
    public double bytes(Costs costs) {
      double weights = costs.layerBytes() + costs.outputBytes();
      return tokens * (weights + batch() * costs.cacheBytes(tokens / 2.0));
    }

    @Override
    public double operations(Costs costs) {
      return batch() * (costs.operations(0, tokens) + tokens * costs.outputOperations());
    }

    @Override
    public void close() {
      states.forEach(SequenceState::close);
      pool.close();
    }
  }
}
