// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.model.Decoder;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntSupplier;

/**
 * One computation of raw logits, on a state of its own; see {@link Engine#logits}. It is cut like a
 * prompt, so that callers who generate have their steps in between; the cut changes no bit.
 */
final class RawLogits implements Errand.Parts<float[][]> {
  private final Decoder decoder;
  private final Ops ops;
  private final int[] tokens;
  private final boolean all;
  private final IntSupplier chunk;
  private final float[][] rows;
  private final Batch batch = new Batch();
  private Decoder exactly;
  private StatePool pool;
  private SequenceState state;
  private int at;

  /**
   * Nothing is computed yet.
   *
   * @param chunk how many tokens may be computed now without a pause
   */
  RawLogits(Decoder decoder, Ops ops, int[] tokens, boolean all, IntSupplier chunk) {
    this.decoder = decoder;
    this.ops = ops;
    this.tokens = tokens;
    this.all = all;
    this.chunk = chunk;
    this.rows = new float[all ? tokens.length : 1][];
  }

  @Override
  public float[][] next() {
    if (pool == null) {
      exactly = decoder.forLength(tokens.length);
      pool = new StatePool(decoder.stateSpec(DType.F32), tokens.length);
      state = pool.newState();
    }
    int count = Math.min(chunk.getAsInt(), tokens.length - at);
    boolean last = at + count == tokens.length;
    batch.clear();
    batch.add(state, tokens, at, count, all ? count : last ? 1 : 0);
    Tensor out = exactly.forward(ops, batch, Precision.EXACT);
    float[] flat = out.data().toArray(ValueLayout.JAVA_FLOAT);
    for (int i = 0; i < out.rows(); i++) {
      rows[all ? at + i : 0] = Arrays.copyOfRange(flat, i * out.cols(), (i + 1) * out.cols());
    }
    at += count;
    return last ? rows : null;
  }

  @Override
  public void close() {
    if (state != null) {
      state.close();
    }
    if (pool != null) {
      pool.close();
    }
  }
}
