// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import java.util.List;

/**
 * What a model makes of whole sequences, with its weights: BERT's pooler, or the scores of a
 * cross-encoder.
 */
public final class Summary {
  private final Pooling pooling;
  private final List<Step> steps;

  /** A layer with its weights. */
  sealed interface Step permits Dense, Normed, Tanh {}

  /** A product; the activation may be null. */
  record Dense(Linear linear, Activation activation) implements Step {}

  /** A norm. */
  record Normed(Norm norm) implements Step {}

  /** The hyperbolic tangent. */
  record Tanh() implements Step {}

  Summary(Pooling pooling, List<Step> steps) {
    this.pooling = pooling;
    this.steps = List.copyOf(steps);
  }

  /** Which hidden state {@link #apply} takes. */
  public Pooling pooling() {
    return pooling;
  }

  /**
   * {@code [sequences, width]} to {@code [sequences, out]}.
   *
   * @param pooled is the caller's
   */
  public Tensor apply(Ops ops, Tensor pooled, Precision precision) {
    return run(steps, ops, pooled, precision);
  }

  /** Layers one after another; {@code in} is the caller's. */
  static Tensor run(List<Step> steps, Ops ops, Tensor in, Precision precision) {
    Tensor x = in;
    for (Step step : steps) {
      x =
          switch (step) {
            case Dense d -> {
              Tensor y = ops.linear(x, d.linear, precision);
              yield d.activation == null ? y : Part.then(ops, y, ops.activate(y, d.activation));
            }
            case Normed n -> ops.norm(x, n.norm);
            case Tanh _ -> ops.softCap(x, 1);
          };
    }
    return x;
  }
}
