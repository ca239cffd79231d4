// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.Arrays;

/** The tokens that stand before and after a whole sequence. */
record Framing(int[] prefix, int[] suffix) {
  static final Framing NONE = new Framing(new int[0], new int[0]);

  /** The framed sequence; what is there already is not put there twice. */
  int[] apply(int[] tokens) {
    boolean begins = has(tokens, 0, prefix);
    boolean ends = has(tokens, tokens.length - suffix.length, suffix);
    int before = begins ? 0 : prefix.length;
    int after = ends ? 0 : suffix.length;
    int[] result = Arrays.copyOf(prefix, before + tokens.length + after);
    System.arraycopy(tokens, 0, result, before, tokens.length);
    System.arraycopy(suffix, 0, result, before + tokens.length, after);
    return result;
  }

  private static boolean has(int[] tokens, int at, int[] part) {
    return at >= 0
        && at + part.length <= tokens.length
        && Arrays.equals(tokens, at, at + part.length, part, 0, part.length);
  }
}
