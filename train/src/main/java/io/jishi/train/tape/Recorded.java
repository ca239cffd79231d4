// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What can be known of recorded steps before any of them runs. */
final class Recorded {
  private Recorded() {}

  /** Lets products be added onto the residual where the sum with one follows at once. */
  static void fuse(List<Step> steps, List<Integer> borders, Set<Value> watched) {
    link(steps, watched);
    for (int i = 1; i < steps.size(); i++) {
      if (steps.get(i) instanceof AddStep sum
          && steps.get(i - 1) instanceof LinearStep product
          && product.residual() == null
          && product.out() == sum.b()
          && sum.a() != sum.b()
          && sum.b().readers == 1
          && !watched.contains(sum.b())) {
        product.onto(sum.a(), sum.out());
        steps.remove(i);
        for (int k = 0; k < borders.size(); k++) {
          borders.set(k, borders.get(k) > i ? borders.get(k) - 1 : borders.get(k));
        }
        link(steps, watched);
      }
    }
  }

  /** Counts who makes and who reads each value; gives all values. */
  static Set<Value> link(List<Step> steps, Set<Value> watched) {
    Set<Value> all = new LinkedHashSet<>();
    for (Step step : steps) {
      all.addAll(step.inputs());
      all.addAll(step.outputs());
    }
    all.addAll(watched);
    for (Value v : all) {
      v.readers = 0;
      v.lastReader = -1;
      v.producer = -1;
    }
    for (int i = 0; i < steps.size(); i++) {
      for (Value v : steps.get(i).inputs()) {
        v.readers++;
        v.lastReader = i;
      }
      for (Value v : steps.get(i).outputs()) {
        v.producer = i;
      }
    }
    watched.forEach(v -> v.lastReader = Integer.MAX_VALUE);
    return all;
  }

  /**
   * Lets the gradient of a sum be that of its terms, in one memory, where nothing is lost by it.
   */
  static void shareGradients(List<Step> steps) {
    SharedGradients shared = new SharedGradients(steps);
    for (int i = 0; i < steps.size(); i++) {
      switch (steps.get(i)) {
        case LinearStep product when product.residual() != null ->
            shared.share(product.residual(), product.out(), i);
        case AddStep sum -> {
          shared.share(sum.a(), sum.out(), i);
          shared.share(sum.b(), sum.out(), i);
        }
        case GateStep gate -> gate.x().gradientInPlace = expendable(gate.x(), steps, i);
        case AttentionStep attention -> readAlone(attention);
        case LatentStep attention -> readAlone(attention);
        default -> {}
      }
    }
  }

  private static void readAlone(Step attention) {
    if (attention.inputs().stream().anyMatch(v -> v.readers > 1)) {
      throw new IllegalArgumentException(
          "queries, keys and values are read by attention alone, which turns them in place");
    }
  }

  /** Whether nobody reads the data of a value after the step that reads it first backwards. */
  private static boolean expendable(Value v, List<Step> steps, int reader) {
    return v.lastReader == reader
        && v.readers == 1
        && v.producer >= 0
        && !steps.get(v.producer).kept().contains(v);
  }
}
