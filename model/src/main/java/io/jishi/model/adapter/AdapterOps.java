// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.tensor.ForwardingOps;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.util.List;
import java.util.Map;

/**
 * Runs a model with an adapter: each product with a matrix that the adapter knows gets its two
 * small products added. The model's weights are read as they are.
 */
public final class AdapterOps extends ForwardingOps {
  private final Additions additions;
  private final AdaptedOps adapted;

  /**
   * Wraps operations; {@link #close} closes them too.
   *
   * @param pairs by weights: see {@link Adapter#forModel}
   */
  public AdapterOps(Ops ops, Adapter adapter, Map<Weight, Adapter.Pair> pairs) {
    super(ops);
    this.additions = new Additions(adapter, pairs);
    this.adapted = new AdaptedOps(ops, additions, 1);
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    return adapted.linear(x, linear, precision);
  }

  @Override
  public Tensor headLinear(Tensor x, List<Linear> heads, Precision precision) {
    return adapted.headLinear(x, heads, precision);
  }

  @Override
  public Tensor mixture(Tensor x, Mixture mixture, Precision precision) {
    return adapted.mixture(x, mixture, precision);
  }

  @Override
  public void close() {
    ops.close();
    additions.close();
  }
}
