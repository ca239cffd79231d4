// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Weight;
import java.util.ArrayList;
import java.util.List;

/** Projections and norms over tensors. */
record Linears(Tensors tensors) {

  Linear linear(int l, TensorRole role, int out, int in, boolean bias) {
    return joined(l, in, bias, List.of(role), out);
  }

  /** Several projections of one input. */
  Linear joined(int l, int in, boolean bias, List<TensorRole> roles, int... outs) {
    List<Weight> weights = new ArrayList<>();
    List<Weight> biases = new ArrayList<>();
    for (int k = 0; k < outs.length; k++) {
      weights.add(tensors.matrix(roles.get(k), l, outs[k], in));
      biases.add(bias ? tensors.bias(roles.get(k), l, outs[k]) : null);
    }
    return Linear.of(weights, biases);
  }

  Norm norm(TensorRole role, int l, int size, NormSpec norm) {
    Weight bias = norm.bias() ? tensors.bias(role, l, size) : null;
    return new Norm(norm.kind(), 1, gain(role, l, size, norm), bias, norm.eps());
  }

  Weight gain(TensorRole role, int l, int size, NormSpec norm) {
    boolean add = norm.plusOne() && !tensors.checkpoint().gguf();
    return add
        ? tensors.floats(role, l, 1, size, Origin.Change.PLUS_ONE)
        : tensors.vector(role, l, size);
  }
}
