// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import java.util.List;

/** What guesses masked tokens of an encoder, with its weights: see {@link DecoderSpec.Masked}. */
public final class MaskedHead {
  private final List<Summary.Step> steps;
  private final Linear output;

  MaskedHead(List<Summary.Step> steps, Linear output) {
    this.steps = List.copyOf(steps);
    this.output = output;
  }

  /**
   * Logits of hidden states, {@code [tokens, width]} to {@code [tokens, vocabulary]}.
   *
   * @param hidden what {@link Decoder#hidden} gives; is the caller's
   */
  public Tensor logits(Ops ops, Tensor hidden, Precision precision) {
    Tensor x = transform(ops, hidden, precision);
    return Part.then(ops, x, ops.linear(x, output, precision));
  }

  /**
   * All but the last product, {@code [tokens, width]} to {@code [tokens, width]}.
   *
   * @param hidden is the caller's
   */
  public Tensor transform(Ops ops, Tensor hidden, Precision precision) {
    return Summary.run(steps, ops, hidden, precision);
  }

  /** The last product. */
  public Linear output() {
    return output;
  }
}
