// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

/**
 * How recurrent states lie in memory, the same on all levels: what kernels keep in the lanes of a
 * vector lies side by side.
 *
 * <ul>
 *   <li>convolution: {@code [kernel − 1, channels]}, the oldest token first;
 *   <li>state space: runs of {@link #LANES} channels (the last one may be shorter), in a run {@code
 *       [state, channels of the run]};
 *   <li>delta rule: {@code [valueHeads, keyDim, valueDim]};
 *   <li>weighted mean: {@code [3, channels]}: numerators, denominators, exponents.
 * </ul>
 */
public final class RecurrentLayout {
  /** Channels of a run. */
  public static final int LANES = 16;

  private RecurrentLayout() {}

  /** Where a run of a state space begins, floats; {@code channel} is its first. */
  public static int run(int channel, int state) {
    return channel * state;
  }

  /** Channels of the run that begins at {@code channel}. */
  public static int lanes(int channel, int channels) {
    return Math.min(LANES, channels - channel);
  }
}
