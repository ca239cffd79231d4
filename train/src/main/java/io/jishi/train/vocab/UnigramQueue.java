// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import java.util.ArrayList;
import java.util.List;

/**
 * A heap of ways, the most promising first. Which of two equal ones comes first is left open by the
 * reference, which takes its standard library's heap; here it is what that of GCC does: a new entry
 * rises above lower ones only, and the gap of the first entry sinks to the bottom along the higher
 * entries, of equal ones the right one, before the last entry rises from there.
 */
final class UnigramQueue {
  /**
   * The end of a word in pieces.
   *
   * @param edge its first edge, or -1
   * @param at where it begins, -1 for a whole word
   * @param next what follows the edge
   * @param behind sum of its edges
   * @param promise what it comes to if the rest of the word is written in the best way
   */
  record Way(int edge, int at, Way next, float behind, float promise) {}

  private final List<Way> heap = new ArrayList<>();

  boolean isEmpty() {
    return heap.isEmpty();
  }

  void add(Way way) {
    heap.add(way);
    rise(heap.size() - 1, way);
  }

  Way poll() {
    Way first = heap.getFirst();
    Way last = heap.removeLast();
    if (!heap.isEmpty()) {
      int gap = 0;
      for (int right = 2; right <= heap.size(); right = 2 * gap + 2) {
        int child = right;
        if (right == heap.size() || heap.get(right).promise < heap.get(right - 1).promise) {
          child = right - 1;
        }
        heap.set(gap, heap.get(child));
        gap = child;
      }
      rise(gap, last);
    }
    return first;
  }

  private void rise(int from, Way way) {
    int at = from;
    while (at > 0 && heap.get((at - 1) / 2).promise < way.promise) {
      heap.set(at, heap.get((at - 1) / 2));
      at = (at - 1) / 2;
    }
    heap.set(at, way);
  }
}
