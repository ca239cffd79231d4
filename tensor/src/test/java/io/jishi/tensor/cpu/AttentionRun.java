// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/** Some sequences through the second of two layers of attention, step by step. */
final class AttentionRun implements AutoCloseable {
  private static final int LAYER = 1;
  private static final int TOKENS = 4096;

  private final Attention spec;
  private final Ops ops;
  private final StatePool pool;
  private final SequenceState[] states;
  private final Batch batch = new Batch();

  AttentionRun(Backend backend, Attention spec, DType type, int sequences, int threads) {
    this.spec = spec;
    int width = spec.kvHeads() * spec.headDim();
    StateSpec.Rows first = new StateSpec.Rows(12, 4, type, 4);
    int group = StateSpec.Rows.group(spec.headDim());
    pool =
        new StatePool(
            new StateSpec(List.of(first, new StateSpec.Rows(width, width, type, group))), TOKENS);
    ops = backend.ops(threads);
    states = new SequenceState[sequences];
    for (int s = 0; s < sequences; s++) {
      states[s] = pool.newState();
    }
  }

  /** Queries, keys and values of each sequence's next tokens; the results of all in order. */
  float[][] step(float[][]... tokens) {
    batch.clear();
    for (int s = 0; s < tokens.length; s++) {
      batch.add(states[s], new int[tokens[s].length], 0, tokens[s].length, 0);
    }
    try (Arena arena = Arena.ofShared()) {
      int cols = spec.inputWidth();
      Tensor in =
          new Tensor(arena.allocate(Tensor.bytes(batch.size(), cols), 64), batch.size(), cols);
      int row = 0;
      for (float[][] sequence : tokens) {
        for (float[] token : sequence) {
          in.write(row++, 0, token, 0, cols);
        }
      }
      ops.begin(batch);
      Tensor out = ops.attention(in, spec, LAYER, batch);
      float[][] rows = new float[batch.size()][];
      for (int t = 0; t < rows.length; t++) {
        rows[t] = out.row(t);
      }
      batch.commit();
      return rows;
    }
  }

  @Override
  public void close() {
    ops.close();
    pool.close();
  }
}
