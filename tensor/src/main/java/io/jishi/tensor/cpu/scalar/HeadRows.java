// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Tensor;

/**
 * Makes the heads of tokens ready for attention in plain Java: norms and rotation, in the order
 * that the layer wants. Once {@link #prepare prepared} for a layer, several threads may ask.
 */
public final class HeadRows {
  private final RotaryTable rotary = new RotaryTable();
  private float[] queryGain = new float[0];
  private float[] keyGain = new float[0];
  private Attention attention;

  /** Nothing is known yet. */
  public HeadRows() {}

  /** A new step: other positions. */
  public void begin() {
    rotary.begin();
  }

  /** Reads what the layer's norms and rotation need. */
  public void prepare(Attention spec, Batch batch) {
    attention = spec;
    if (spec.rope() != null) {
      rotary.prepare(spec.rope(), batch);
    }
    if (spec.queryNorm() != null) {
      if (queryGain.length != spec.headDim()) {
        queryGain = new float[spec.headDim()];
        keyGain = new float[spec.headDim()];
      }
      spec.queryNorm().vector(queryGain);
      spec.keyNorm().vector(keyGain);
    }
  }

  /** Reads queries, keys and values of token {@code t} into {@code row} and makes them ready. */
  public void read(Tensor qkv, int t, float[] row) {
    qkv.read(t, 0, row, 0, attention.inputWidth());
    heads(t, row, 0, attention.heads(), queryGain);
    heads(t, row, attention.outputWidth(), attention.kvHeads(), keyGain);
  }

  private void heads(int t, float[] row, int from, int count, float[] gain) {
    boolean norm = attention.queryNorm() != null;
    for (int h = 0; h < count; h++) {
      int at = from + h * attention.headDim();
      if (norm && !attention.normLast()) {
        RmsNorm.rms(row, at, attention.headDim(), gain, attention.eps(), row, at);
      }
      if (attention.rope() != null) {
        rotary.turn(t, row, at);
      }
      if (norm && attention.normLast()) {
        RmsNorm.rms(row, at, attention.headDim(), gain, attention.eps(), row, at);
      }
    }
  }
}
