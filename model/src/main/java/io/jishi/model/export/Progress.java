// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

/** Is told how far the writing of a model is. */
@FunctionalInterface
public interface Progress {
  /** Tells nobody. */
  Progress NONE = (tensor, done, total) -> {};

  /**
   * Called before each tensor.
   *
   * @param tensor its name
   * @param done bytes of tensors that are written
   * @param total bytes of all tensors
   */
  void at(String tensor, long done, long total);
}
