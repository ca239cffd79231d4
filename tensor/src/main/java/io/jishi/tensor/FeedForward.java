// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * A feed-forward layer: gated (Shazeer 2020) {@code down(act(gate(x)) ⊙ up(x))}, or not {@code
 * down(act(up(x)))}.
 *
 * @param gateUp gate and up {@code [2 · inner, width]}, gate first; or up alone {@code [inner,
 *     width]}
 * @param down {@code [width, inner]}
 * @param activation of the gate, or of up
 */
public record FeedForward(Linear gateUp, Linear down, Activation activation) {
  /** Checks the shapes. */
  public FeedForward {
    if (gateUp.out() != down.in() && gateUp.out() != 2 * down.in()) {
      throw new IllegalArgumentException(gateUp.out() + " values, but down takes " + down.in());
    }
  }

  /** Whether there is a gate. */
  public boolean gated() {
    return gateUp.out() != down.in();
  }
}
