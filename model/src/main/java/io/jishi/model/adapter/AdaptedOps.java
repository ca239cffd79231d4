// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.tensor.ForwardingOps;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import java.util.List;

/** The operations that one adapter adds to, for rows that all have it. */
final class AdaptedOps extends ForwardingOps {
  private final Additions additions;
  private final float scale;

  /**
   * Over operations that stay the caller's.
   *
   * @param scale what the adapter adds is multiplied by this
   */
  AdaptedOps(Ops ops, Additions additions, float scale) {
    super(ops);
    this.additions = additions;
    this.scale = scale;
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    Tensor base = ops.linear(x, linear, precision);
    Additions.Addition addition = additions.of(linear);
    if (addition == null) {
      return base;
    }
    Tensor high = addition.apply(ops, x, scale, precision);
    Tensor sum = ops.add(base, high);
    ops.release(base);
    ops.release(high);
    return sum;
  }

  @Override
  public Tensor headLinear(Tensor x, List<Linear> heads, Precision precision) {
    Tensor base = ops.headLinear(x, heads, precision);
    int in = heads.getFirst().in();
    int out = heads.getFirst().out();
    for (int h = 0; h < heads.size(); h++) {
      Additions.Addition addition = additions.of(heads.get(h));
      if (addition != null) {
        Tensor part = ops.columns(x, h * in, in);
        Tensor high = addition.apply(ops, part, scale, precision);
        ops.release(part);
        addColumns(base, h * out, high);
        ops.release(high);
      }
    }
    return base;
  }

  /** Adds to some columns of a result that nobody has seen yet. */
  private static void addColumns(Tensor y, int at, Tensor high) {
    float[] sums = new float[high.cols()];
    float[] more = new float[high.cols()];
    for (int t = 0; t < y.rows(); t++) {
      y.read(t, at, sums, 0, sums.length);
      high.read(t, 0, more, 0, more.length);
      for (int i = 0; i < sums.length; i++) {
        sums[i] += more[i];
      }
      y.write(t, at, sums, 0, sums.length);
    }
  }

  @Override
  public Tensor mixture(Tensor x, Mixture mixture, Precision precision) {
    return ops.mixture(x, mixture, precision, additions.in(mixture) ? this : ops);
  }

  @Override
  public void close() {} // the operations are the caller's
}
