// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.model.Origin;
import io.jishi.tensor.Weight;

/**
 * A changed copy that a decoder reads in the place of a tensor that learns: gains that are stored
 * less 1, decays that are stored as logarithms, rows in another order.
 *
 * @param source what learns
 * @param weight what the decoder reads
 * @param copy the gradient of that
 */
record Copy(Trainable source, Weight weight, Trainable copy, Origin origin) {
  /** Makes the copy out of the values of now. */
  void refresh() {
    origin.forward(source.data(), weight.data());
    weight.changed();
  }

  /** Passes the copy's gradient on to what learns. */
  void fold() {
    if (copy.filled()) {
      origin.backward(source.data(), copy.gradient(), source.summed());
      copy.clear();
    }
  }
}
