// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides which terms of sums have their gradients in the memory of the sum's. Through a term the
 * memory is read by the backward pass of the step that makes it, and added to by those of its other
 * readers. What is added through one term is no part of the gradients of the other terms: so all
 * other readers of the one must come before the steps that make the others; going backwards, those
 * have read then. (What is added through the sum, all terms have a part in.)
 */
final class SharedGradients {
  private final List<Step> steps;
  private final Map<Value, List<Value>> groups = new HashMap<>();

  /** The last reader of each value but for the sum that it shares with. */
  private final Map<Value, Integer> others = new HashMap<>();

  SharedGradients(List<Step> steps) {
    this.steps = steps;
  }

  /** Lets a term share with the sum that step number {@code step} makes, if nothing is lost. */
  void share(Value term, Value sum, int step) {
    boolean once = Collections.frequency(steps.get(step).inputs(), term) == 1;
    if (!once || term.lastReader != step || !term.learns || !sum.learns) {
      return;
    }
    others.put(term, lastReaderBefore(term, step));
    List<Value> own = group(term);
    List<Value> theirs = group(sum.owner());
    for (Value a : own) {
      for (Value b : theirs) {
        if (!apart(a, b) || !apart(b, a)) {
          others.remove(term);
          return;
        }
      }
    }
    term.gradientOwner = sum;
    theirs.addAll(own);
  }

  private List<Value> group(Value owner) {
    return groups.computeIfAbsent(owner, v -> new ArrayList<>(List.of(v)));
  }

  /** Whether the other readers of {@code a} come before the step that makes {@code b}. */
  private boolean apart(Value a, Value b) {
    return others.getOrDefault(a, -1) < b.producer;
  }

  private int lastReaderBefore(Value v, int step) {
    for (int i = step - 1; i > v.producer; i--) {
      if (steps.get(i).inputs().contains(v)) {
        return i;
      }
    }
    return -1;
  }
}
