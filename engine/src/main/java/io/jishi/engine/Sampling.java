// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;

/**
 * How a token is drawn from the logits. Order: temperature, top-k, top-p, min-p, then one draw.
 *
 * @param temperature divides the logits; 0 takes the most likely token (the lowest id of equals)
 * @param topK keep this many of the most likely tokens; 0 keeps all
 * @param topP keep the smallest set of most likely tokens that reaches this probability (Holtzman
 *     et al. 2020); 1 keeps all
 * @param minP drop tokens less likely than this fraction of the most likely one (Nguyen et al.
 *     2024); 0 keeps all
 * @param seed the same seed gives the same draws; null draws a seed
 */
public record Sampling(float temperature, int topK, float topP, float minP, Long seed) {
  /** Always the most likely token. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 0L);

  /** Refuses values outside of their ranges. */
  public Sampling {
    check(temperature >= 0 && temperature <= 100, "temperature", "0 to 100", temperature);
    check(topK >= 0, "top_k", "0 or more", topK);
    check(topP > 0 && topP <= 1, "top_p", "above 0, at most 1", topP);
    check(minP >= 0 && minP <= 1, "min_p", "0 to 1", minP);
  }

  private static void check(boolean ok, String field, String range, Number value) {
    if (!ok) {
      throw new JishiException.BadRequest(field, field + " must be " + range + ", not " + value);
    }
  }
}
