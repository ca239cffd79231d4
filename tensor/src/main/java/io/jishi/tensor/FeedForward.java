// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * A gated feed-forward layer (Shazeer 2020): {@code down(act(gate(x)) ⊙ up(x))}.
 *
 * @param gateUp gate and up {@code [2 · inner, width]}, gate first
 * @param down {@code [width, inner]}
 * @param activation of the gate
 */
public record FeedForward(Linear gateUp, Linear down, Activation activation) {}
