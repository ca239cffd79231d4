// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Batch;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;

/** What a branch of a layer computes, with its weights. */
sealed interface Part permits Mixer, Channel {

  /**
   * {@code [tokens, width]} to {@code [tokens, width]}; may append to the states of the batch. What
   * goes in stays the caller's.
   */
  Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision);

  /** Releases a tensor that was needed for another. */
  static Tensor then(Ops ops, Tensor used, Tensor result) {
    ops.release(used);
    return result;
  }
}
