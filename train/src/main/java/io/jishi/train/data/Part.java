// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;

/**
 * One part of a mixture.
 *
 * @param name for messages
 * @param shards where it is read from; stays open as long as the stream is used
 * @param weight its share of the rows, relative to the other weights; above 0
 * @param packing how its documents become rows
 */
public record Part(String name, TokenShards shards, double weight, Packing packing) {
  /** Checks the weight and that there is something to draw. */
  public Part {
    if (!(weight > 0) || Double.isInfinite(weight)) {
      throw new JishiException.BadRequest(
          "weight", name + ": the weight must be above 0, not " + weight);
    }
    if (shards.tokens() < 2) {
      throw new JishiException.BadRequest("data", name + ": has no two tokens to learn from");
    }
  }
}
