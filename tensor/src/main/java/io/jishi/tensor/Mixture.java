// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.List;

/**
 * A mixture of experts (Shazeer et al. 2017): a feed-forward layer of which each token takes a few.
 *
 * @param router {@code [experts, width]}
 * @param routing the choice
 * @param experts their layers, by id
 */
public record Mixture(Linear router, Routing routing, List<FeedForward> experts) {
  /** Checks the numbers. */
  public Mixture {
    if (router.out() != routing.experts() || experts.size() != routing.experts()) {
      throw new IllegalArgumentException(
          router.out() + " router outputs, " + experts.size() + " experts, " + routing);
    }
  }
}
