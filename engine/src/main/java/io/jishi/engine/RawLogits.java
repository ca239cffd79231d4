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
import java.util.function.Supplier;

/** One computation of raw logits, on a state of its own; see {@link Engine#logits}. */
final class RawLogits implements Supplier<float[][]> {
  private static final int CHUNK = 256;

  private final Decoder decoder;
  private final Ops ops;
  private final int[] tokens;
  private final boolean all;

  RawLogits(Decoder decoder, Ops ops, int[] tokens, boolean all) {
    this.decoder = decoder;
    this.ops = ops;
    this.tokens = tokens;
    this.all = all;
  }

  @Override
  public float[][] get() {
    float[][] rows = new float[all ? tokens.length : 1][];
    Batch batch = new Batch();
    Decoder exactly = decoder.forLength(tokens.length);
    try (StatePool pool = new StatePool(decoder.stateSpec(DType.F32), tokens.length);
        SequenceState state = pool.newState()) {
      for (int at = 0; at < tokens.length; at += CHUNK) {
        int count = Math.min(CHUNK, tokens.length - at);
        boolean last = at + count == tokens.length;
        batch.clear();
        batch.add(state, tokens, at, count, all ? count : last ? 1 : 0);
        Tensor out = exactly.forward(ops, batch, Precision.EXACT);
        float[] flat = out.data().toArray(ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < out.rows(); i++) {
          rows[all ? at + i : 0] = Arrays.copyOfRange(flat, i * out.cols(), (i + 1) * out.cols());
        }
      }
    }
    return rows;
  }
}
