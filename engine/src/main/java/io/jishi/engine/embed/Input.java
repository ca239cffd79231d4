// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

/** What is to become a vector. */
public sealed interface Input {

  /** A text; the tokens that frame it are added. */
  record Text(String text) implements Input {}

  /** Tokens, fed exactly as they are. */
  record Tokens(int[] tokens) implements Input {
    /** Copies the array. */
    public Tokens {
      tokens = tokens.clone();
    }

    /** A copy. */
    @Override
    public int[] tokens() {
      return tokens.clone();
    }
  }

  /** A text. */
  static Input of(String text) {
    return new Text(text);
  }
}
