// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;

/** The part of a layer that mixes the values of one token, with its weights. */
sealed interface Channel {

  /** {@code [tokens, width]} to {@code [tokens, width]}. */
  Tensor apply(Ops ops, Tensor x, Precision precision);

  /** A gated feed-forward layer. */
  record Gated(FeedForward layer) implements Channel {
    @Override
    public Tensor apply(Ops ops, Tensor x, Precision precision) {
      return ops.feedForward(x, layer, precision);
    }
  }
}
