// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.sampling;

import io.jishi.engine.Sampling;
import java.util.Arrays;
import java.util.BitSet;

/** What a text so far takes off the logits of what may follow. */
final class Repetition {
  /** A passage this much longer than allowed costs as much as any longer one. */
  private static final int LONGEST = 60;

  private final Sampling.Penalties penalties;
  private final History history;
  private final BitSet breakers;

  /** Lengths of passages that end as the text does, by how far back they end. */
  private int[] lengths = new int[0];

  Repetition(Sampling.Penalties penalties, int[] prompt, BitSet breakers) {
    this.penalties = penalties;
    this.history = new History(prompt, penalties.window());
    this.breakers = breakers;
  }

  void add(int token) {
    history.add(token);
  }

  void penalise(Candidates all) {
    boolean counted =
        penalties.repetition() != 1 || penalties.frequency() != 0 || penalties.presence() != 0;
    for (int slot = 0; counted && slot < history.slots(); slot++) {
      int count = history.count(slot);
      int at = count == 0 ? -1 : all.find(history.token(slot));
      if (at >= 0) {
        float logit = all.logits[at];
        logit = logit > 0 ? logit / penalties.repetition() : logit * penalties.repetition();
        all.logits[at] = logit - penalties.frequency() * count - penalties.presence();
      }
    }
    if (penalties.noRepeatNgram() > 0) {
      banNgrams(all, penalties.noRepeatNgram());
    }
  }

  /** Bans what followed wherever the last n - 1 tokens stood before. */
  private void banNgrams(Candidates all, int n) {
    for (int end = 1; end + n - 1 <= history.length(); end++) {
      int k = 0;
      while (k < n - 1 && history.back(k) == history.back(end + k)) {
        k++;
      }
      if (k == n - 1) {
        all.drop(history.back(end - 1));
      }
    }
    all.forgetDropped();
  }

  /** See {@link Sampling.Dry}. */
  void dry(Candidates all) {
    Sampling.Dry dry = penalties.dry();
    int n = dry.window() == 0 ? history.length() : Math.min(dry.window(), history.length());
    int reach = 0; // how far back the last passage may begin
    while (reach < n && !breakers.get(history.back(reach))) {
      reach++;
    }
    if (reach < dry.allowed()) {
      return;
    }
    match(n, reach);
    for (int back = 1; back < n; back++) {
      if (lengths[back] >= dry.allowed()) {
        all.note(history.back(back - 1), lengths[back]);
      }
    }
    for (int back = 1; back < n; back++) {
      int longest = lengths[back] < dry.allowed() ? 0 : all.noted(history.back(back - 1));
      if (longest > 0) { // a token that went on with several passages pays for the longest
        int over = Math.min(LONGEST, longest - dry.allowed());
        float cost = dry.multiplier() * (float) Math.pow(dry.base(), over);
        all.logits[all.find(history.back(back - 1))] -= cost;
      }
    }
  }

  /** The Z function of the text read backwards (Gusfield 1997), cut off at a breaker. */
  private void match(int n, int reach) {
    if (lengths.length < n) {
      lengths = new int[Math.max(256, 2 * n)];
    }
    Arrays.fill(lengths, 0, n, 0);
    int left = 0;
    int right = 0;
    for (int i = 1; i < n; i++) {
      int z = i < right ? Math.min(right - i, lengths[i - left]) : 0;
      while (i + z < n && z < reach && history.back(z) == history.back(i + z)) {
        z++;
      }
      lengths[i] = z;
      if (i + z > right) {
        left = i;
        right = i + z;
      }
    }
  }
}
