// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * How a mixture chooses experts for a token from its router's scores, and what each counts.
 *
 * @param experts of which is chosen
 * @param chosen experts a token, the highest first; equals go by the lower id
 * @param scoring scores out of the router's products
 * @param bias {@code [1, experts]} added to the scores for the choice alone, or null
 * @param groups equal groups of experts of which only the best are open to the choice; 1 for all
 * @param openGroups how many are
 * @param groupTop experts whose scores a group is ranked by, added
 * @param normalise whether the weights of the chosen are divided by their sum
 * @param scale of the weights, at last
 */
public record Routing(
    int experts,
    int chosen,
    Scoring scoring,
    Weight bias,
    int groups,
    int openGroups,
    int groupTop,
    boolean normalise,
    float scale) {

  /** What becomes of the router's products. */
  public enum Scoring {
    /** Softmax over all experts. */
    SOFTMAX,
    /** Softmax over the chosen ones alone; the choice is by the products. */
    SOFTMAX_CHOSEN,
    /** The logistic function of each. */
    SIGMOID
  }

  /** Checks the numbers. */
  public Routing {
    if (chosen <= 0
        || chosen > experts
        || groups <= 0
        || experts % groups != 0
        || openGroups <= 0
        || openGroups > groups
        || groupTop <= 0
        || groupTop > experts / groups
        || chosen > openGroups * (experts / groups)) {
      throw new IllegalArgumentException(
          chosen + " of " + experts + " experts, " + openGroups + " of " + groups + " groups");
    }
  }
}
