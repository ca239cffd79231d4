// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one step computes: of each sequence the next so many tokens. Used again for each step.
 *
 * @param <T> whom sequences belong to
 */
public final class Step<T> {
  private final List<Sequence<T>> sequences = new ArrayList<>();
  private int[] counts = new int[16];
  private int[] starts = new int[16];
  private int[] guesses = new int[16];
  private int tokens;

  /** Sequences in this step. */
  public int size() {
    return sequences.size();
  }

  /** The sequence at a place. */
  public Sequence<T> sequence(int i) {
    return sequences.get(i);
  }

  /** How many of its next tokens are computed, guesses included. */
  public int count(int i) {
    return counts[i];
  }

  /** The position of the first of them. */
  public int start(int i) {
    return starts[i];
  }

  /** How many of these are guesses. */
  public int guesses(int i) {
    return guesses[i];
  }

  /** Whether nothing of it stays to be computed behind this step. */
  public boolean completes(int i) {
    return starts[i] + counts[i] - guesses[i] == sequences.get(i).length();
  }

  /** Tokens of all sequences together. */
  public int tokens() {
    return tokens;
  }

  void clear() {
    for (int i = 0; i < sequences.size(); i++) {
      sequences.get(i).planned = false;
    }
    sequences.clear();
    tokens = 0;
  }

  void add(Sequence<T> sequence, int count) {
    if (sequences.size() == counts.length) {
      counts = Arrays.copyOf(counts, counts.length * 2);
      starts = Arrays.copyOf(starts, starts.length * 2);
      guesses = Arrays.copyOf(guesses, guesses.length * 2);
    }
    counts[sequences.size()] = count;
    guesses[sequences.size()] = 0;
    starts[sequences.size()] = sequence.computed();
    sequence.planned = true;
    sequence.stepBegins();
    sequences.add(sequence);
    tokens += count;
  }

  void guess(int i, int count) {
    counts[i] += count;
    guesses[i] = count;
    tokens += count;
  }
}
