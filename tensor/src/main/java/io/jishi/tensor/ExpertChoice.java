// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.Arrays;

/**
 * Which experts a token takes, out of one rank for each: the rule that a forward pass and a trainer
 * share. The highest ranks of the open groups win, the first of equals; a NaN wins only where
 * nothing else is left, so that the choice is always whole. For one thread.
 */
public final class ExpertChoice {
  private Routing routing;
  private boolean[] open = new boolean[0];
  private float[] sums = new float[0];
  private boolean[] left = new boolean[0];
  private int[] ids = new int[0];

  /** Before any rule: {@link #begin} says it. */
  public ExpertChoice() {}

  /** Says by which rule is chosen from now on; allocates nothing where sizes stay the same. */
  public void begin(Routing rule) {
    routing = rule;
    if (open.length != rule.experts()) {
      open = new boolean[rule.experts()];
    }
    if (sums.length != rule.groups()) {
      sums = new float[rule.groups()];
      left = new boolean[rule.groups()];
    }
    if (ids.length != rule.chosen()) {
      ids = new int[rule.chosen()];
    }
  }

  /**
   * Chooses.
   *
   * @param ranks one an expert, the bias of the choice among them
   * @return the chosen ids, ascending; the array is used again by the next call
   */
  public int[] choose(float[] ranks) {
    openGroups(ranks);
    for (int k = 0; k < ids.length; k++) {
      ids[k] = best(ranks, open, 0, ranks.length);
      open[ids[k]] = false;
    }
    Arrays.sort(ids);
    return ids;
  }

  /** Leaves open the experts of the best groups. */
  private void openGroups(float[] ranks) {
    Arrays.fill(open, true);
    int groups = routing.groups();
    if (routing.openGroups() == groups) {
      return;
    }
    int size = ranks.length / groups;
    Arrays.fill(sums, 0);
    for (int g = 0; g < groups; g++) {
      for (int k = 0; k < routing.groupTop(); k++) {
        int e = best(ranks, open, g * size, (g + 1) * size);
        open[e] = false;
        sums[g] += ranks[e];
      }
    }
    Arrays.fill(left, true);
    Arrays.fill(open, false);
    for (int k = 0; k < routing.openGroups(); k++) {
      int g = best(sums, left, 0, groups);
      left[g] = false;
      Arrays.fill(open, g * size, (g + 1) * size, true);
    }
  }

  /** The highest that is allowed, the first of equals; NaNs lose. */
  private static int best(float[] values, boolean[] allowed, int from, int to) {
    int best = -1;
    for (int i = from; i < to; i++) {
      if (!allowed[i]) {
        continue;
      }
      boolean number = !Float.isNaN(values[i]);
      if (best < 0 || values[i] > values[best] || number && Float.isNaN(values[best])) {
        best = i;
      }
    }
    return best;
  }
}
