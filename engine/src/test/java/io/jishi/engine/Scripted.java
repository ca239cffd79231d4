// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.engine.speculate.Draft;
import io.jishi.engine.speculate.Drafter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A drafter that knows how texts will go on, and makes of it what a test wants. */
final class Scripted implements Drafter {
  /** What is guessed where {@code right} will come. */
  interface Guess {
    /** Puts guesses into a draft. */
    void put(Draft draft, int[] right);
  }

  private final List<int[]> scripts = new ArrayList<>();
  private final Guess guess;
  private Runnable each = () -> {};
  int calls;
  boolean closed;

  Scripted(Guess guess) {
    this.guess = guess;
  }

  /** All that it knows. */
  static void perfect(Draft draft, int[] right) {
    for (int token : right) {
      draft.put(token);
    }
  }

  /** Always another token. */
  static void wrong(Draft draft, int[] right) {
    for (int token : right) {
      draft.put(token == 7 ? 8 : 7);
    }
  }

  /** Every third guess is wrong. */
  static void half(Draft draft, int[] right) {
    for (int i = 0; i < right.length; i++) {
      draft.put((draft.length() + i) % 3 == 0 ? (right[i] == 7 ? 8 : 7) : right[i]);
    }
  }

  /** Ids that no token has, and too many of them. */
  static void hostile(Draft draft, int[] right) {
    for (int i = 0; i < 3 && i < right.length && draft.length() % 2 == 0; i++) {
      draft.put(right[i]);
    }
    for (int i = 0; i < 1000; i++) {
      draft.put(new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 20}[i % 4]);
    }
    draft.kind(draft.length());
  }

  /** Tells it a text that will come. */
  Scripted knows(Request request, Answer answer) {
    int[] prompt = ((Prompt.Tokens) request.prompt()).tokens();
    int[] all = Arrays.copyOf(prompt, prompt.length + answer.tokens().length);
    System.arraycopy(answer.tokens(), 0, all, prompt.length, answer.tokens().length);
    scripts.add(all);
    return this;
  }

  /** Runs something with each call. */
  Scripted each(Runnable what) {
    each = what;
    return this;
  }

  @Override
  public int guess(List<Draft> drafts) {
    calls++;
    each.run();
    for (Draft draft : drafts) {
      int n = draft.length();
      int[] right = new int[0];
      for (int[] script : scripts) {
        if (script.length > n && Arrays.equals(script, 0, n, draft.history(), 0, n)) {
          right = Arrays.copyOfRange(script, n, script.length);
        }
      }
      guess.put(draft, right);
    }
    return drafts.stream().mapToInt(Draft::count).sum();
  }

  @Override
  public void forget(Draft draft) {}

  @Override
  public int kind() {
    return 3;
  }

  @Override
  public String name() {
    return "a script";
  }

  @Override
  public void close() {
    closed = true;
  }
}
