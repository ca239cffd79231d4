// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Watches free text for a word, or for one control token (Knuth, Morris and Pratt 1977, over
 * bytes). The state is a number of the caller's: how many bytes of the word stand at the end of the
 * text; above the length of the word, the word has come and bytes of its last token are left over.
 */
public final class Trigger {
  private final TokenTrie trie;
  private final byte[] word;
  private final int token;
  private final int[] fallback;

  /** Tokens in which something may follow the word. */
  private final int[] straddlers;

  /** A word; {@code token} is the control token that it is, or -1. */
  Trigger(TokenTrie trie, String text, int token) {
    this.trie = trie;
    this.word = text.getBytes(StandardCharsets.UTF_8);
    this.token = token;
    this.fallback = new int[word.length + 1];
    for (int i = 1, k = 0; i < word.length; i++) {
      while (k > 0 && word[i] != word[k]) {
        k = fallback[k];
      }
      k += word[i] == word[k] ? 1 : 0;
      fallback[i + 1] = k;
    }
    this.straddlers =
        token >= 0
            ? new int[0]
            : Arrays.stream(trie.tokens).filter(this::holdsLastByteInside).toArray();
  }

  private boolean holdsLastByteInside(int t) {
    byte[] bytes = trie.bytes(t);
    for (int i = 0; i + 1 < bytes.length; i++) {
      if (bytes[i] == word[word.length - 1]) {
        return true;
      }
    }
    return false;
  }

  /** The state after a token. */
  int advance(int state, int t) {
    if (token >= 0) {
      return t == token ? word.length : 0;
    }
    byte[] bytes = trie.bytes(t);
    int k = state;
    for (int i = 0; i < bytes.length; i++) {
      while (k > 0 && bytes[i] != word[k]) {
        k = fallback[k];
      }
      k += bytes[i] == word[k] ? 1 : 0;
      if (k == word.length) {
        return k + bytes.length - 1 - i;
      }
    }
    return k;
  }

  /** Tokens that bring the text to the end of the word: at most so many, one for each byte. */
  int remaining(int state) {
    return token >= 0 ? 1 : word.length - state;
  }

  boolean fired(int state) {
    return state >= word.length;
  }

  boolean begun(int state) {
    return state > 0;
  }

  /** The bytes of the last token behind the word. */
  byte[] rest(int state, int t) {
    if (token >= 0) {
      return new byte[0];
    }
    byte[] bytes = trie.bytes(t);
    return Arrays.copyOfRange(bytes, bytes.length - (state - word.length), bytes.length);
  }

  /** Marks the tokens that complete the word and go on as the form does not. */
  void straddling(int state, Matcher form, long[] out) {
    Arrays.fill(out, 0);
    for (int t : straddlers) {
      int next = advance(state, t);
      if (next > word.length && !form.fits(rest(next, t), 0)) {
        out[t >> 6] |= 1L << t;
      }
    }
  }

  /** Marks the tokens that go on with the word, no further than to its end. */
  void continuations(int state, long[] out) {
    Arrays.fill(out, 0);
    if (token >= 0) {
      out[token >> 6] |= 1L << token;
      return;
    }
    int node = 0;
    for (int i = state; i < word.length && node >= 0; i++) {
      node = trie.child(node, word[i] & 0xFF);
      for (int k = node < 0 ? 0 : trie.first[node]; node >= 0 && k < trie.first[node + 1]; k++) {
        int t = trie.tokens[k];
        out[t >> 6] |= 1L << t;
      }
    }
  }
}
