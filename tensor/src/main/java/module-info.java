// SPDX-License-Identifier: Apache-2.0
/** Tensors, weights, the operations of the waist and the processors that run them. */
module io.jishi.tensor {
  requires transitive io.jishi.base;

  exports io.jishi.tensor;
}
