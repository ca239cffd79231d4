// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Guesses that a text goes on as it did where its last tokens stood before, in the prompt or in the
 * answer (prompt lookup decoding, Saxena 2023): right for quotations, edits, code and tables.
 */
public final class LookupDrafter implements Drafter {
  private final Map<Draft, NgramIndex> indexes = new IdentityHashMap<>();

  /** A drafter that follows no text yet. */
  public LookupDrafter() {}

  @Override
  public int guess(List<Draft> drafts) {
    for (int i = 0; i < drafts.size(); i++) {
      guess(drafts.get(i));
    }
    return 0;
  }

  private void guess(Draft draft) {
    NgramIndex index = indexes.computeIfAbsent(draft, _ -> new NgramIndex());
    int[] text = draft.history();
    index.extend(text, draft.length());
    if (!index.search(text)) {
      return;
    }
    draft.kind(kind(index.matched()));
    // What stands on two tokens alone is not worth a long guess.
    int most = Math.min(draft.wanted(), index.matched());
    for (int i = 0; i < most; i++) {
      draft.put(index.following(text, i));
    }
  }

  /** The longer the match, the surer. */
  private static int kind(int matched) {
    return matched < 4 ? 0 : matched < 8 ? 1 : matched < 16 ? 2 : 3;
  }

  @Override
  public void forget(Draft draft) {
    indexes.remove(draft);
  }

  @Override
  public boolean free() {
    return true;
  }

  @Override
  public String name() {
    return "lookup";
  }

  @Override
  public void close() {
    indexes.clear();
  }
}
