// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Tensor;

/** Is shown the hidden states of a forward pass on the way. */
@FunctionalInterface
public interface LayerObserver {
  /** Looks at nothing. */
  LayerObserver NONE = (layer, hidden) -> {};

  /**
   * Called behind each layer.
   *
   * @param layer its number, from 0
   * @param hidden {@code [tokens, width]}; valid as long as its {@code Ops} says
   */
  void layer(int layer, Tensor hidden);
}
