// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.tensor.ForwardingOps;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import java.util.Map;

/**
 * Runs a model with an adapter: each product with a matrix that the adapter knows gets its two
 * small products added. The model's weights are read as they are.
 */
public final class AdapterOps extends ForwardingOps {
  private final Additions additions;

  /**
   * Wraps operations; {@link #close} closes them too.
   *
   * @param pairs by the names of matrices: see {@link Adapter#forModel}
   */
  public AdapterOps(Ops ops, Adapter adapter, Map<String, Adapter.Pair> pairs) {
    super(ops);
    this.additions = new Additions(adapter, pairs);
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    Tensor base = ops.linear(x, linear, precision);
    Additions.Addition addition = additions.of(linear);
    if (addition == null) {
      return base;
    }
    Tensor high = addition.apply(ops, x, 1, precision);
    Tensor sum = ops.add(base, high);
    ops.release(base);
    ops.release(high);
    return sum;
  }

  @Override
  public void close() {
    ops.close();
    additions.close();
  }
}
