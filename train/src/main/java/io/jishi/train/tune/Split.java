// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import io.jishi.base.JishiException;
import io.jishi.engine.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Examples to learn from and examples to judge by. Two that ask the same never stand on both sides.
 *
 * @param train to learn from
 * @param heldOut to judge by
 * @param repeated examples of {@code train} that were left out, since {@code heldOut} asks the same
 * @param contradictions prompts of {@code train} that have several answers
 */
record Split(List<Example> train, List<Example> heldOut, int repeated, int contradictions) {
  /** Below this nothing can be learned and judged at once. */
  static final int LEAST = 10;

  /** More than these judge no better and take time. */
  static final int MOST_HELD_OUT = 200;

  /**
   * Holds a share of the examples out, drawn by the seed.
   *
   * @throws JishiException.BadRequest where there are too few
   */
  static Split drawn(List<Example> all, double share, long seed) {
    if (all.size() < LEAST) {
      throw new JishiException.BadRequest(
          "data",
          "the data has " + all.size() + " examples, and it takes " + LEAST + " at the least");
    }
    Map<List<Message>, List<Example>> byPrompt = new LinkedHashMap<>();
    all.forEach(e -> byPrompt.computeIfAbsent(e.prompt(), _ -> new ArrayList<>()).add(e));
    List<List<Example>> groups = new ArrayList<>(byPrompt.values());
    Collections.shuffle(groups, new Random(seed));
    int target = (int) Math.min(MOST_HELD_OUT, Math.round(share * all.size()));
    List<Example> held = new ArrayList<>();
    List<Example> train = new ArrayList<>();
    for (List<Example> group : groups) {
      (held.size() < target && groups.size() > 1 ? held : train).addAll(group);
    }
    return of(train, held);
  }

  /** Takes both sides as they are, except for what {@code train} has of {@code heldOut}. */
  static Split of(List<Example> train, List<Example> heldOut) {
    Set<List<Message>> asked = new HashSet<>();
    heldOut.forEach(e -> asked.add(e.prompt()));
    List<Example> kept = train.stream().filter(e -> !asked.contains(e.prompt())).toList();
    if (kept.size() < 2) {
      throw new JishiException.BadRequest(
          "data",
          "too few examples are left to learn from: "
              + kept.size()
              + " of "
              + train.size()
              + " ask something that no held-out example asks");
    }
    Map<List<Message>, Set<String>> answers = new LinkedHashMap<>();
    kept.forEach(e -> answers.computeIfAbsent(e.prompt(), _ -> new HashSet<>()).add(e.answer()));
    int contradictions = (int) answers.values().stream().filter(a -> a.size() > 1).count();
    return new Split(kept, heldOut, train.size() - kept.size(), contradictions);
  }
}
