// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;

/** The part of a layer that mixes tokens, with its weights. */
sealed interface Mixer {

  /** {@code [tokens, width]} to {@code [tokens, width]}; appends to the states of the batch. */
  Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision);

  /**
   * Attention with grouped heads.
   *
   * @param layer its number, by which states know it
   * @param input queries, keys and values
   * @param attention heads, rotation, norms
   * @param output back to the hidden state
   */
  record Grouped(int layer, Linear input, Attention attention, Linear output) implements Mixer {
    @Override
    public Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision) {
      Tensor qkv = ops.linear(x, input, precision);
      Tensor mixed = ops.attention(qkv, attention, layer, batch);
      ops.release(qkv);
      Tensor out = ops.linear(mixed, output, precision);
      ops.release(mixed);
      return out;
    }
  }
}
