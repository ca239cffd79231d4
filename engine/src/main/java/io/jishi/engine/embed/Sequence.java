// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer;
import java.util.Arrays;

/**
 * One text on its way through a model.
 *
 * @param tokens framed
 * @param types of the tokens, or null where all are 0
 */
record Sequence(int[] tokens, int[] types) {

  /** Cuts what is too long, if that is allowed. */
  static int[] fit(int[] tokens, int most, boolean truncate, String field) {
    if (tokens.length <= most) {
      return tokens;
    }
    if (!truncate || most <= 0) {
      throw new JishiException.BadRequest(
          field,
          "a text has "
              + tokens.length
              + " tokens, but the model takes "
              + Math.max(0, most)
              + " here; shorten it, or ask for it to be cut");
    }
    return Arrays.copyOf(tokens, most);
  }

  /** What a tokenizer puts around a text. */
  record Frame(int[] before, int[] after) {

    /** Finds it out by framing a token of text. */
    static Frame of(Tokenizer tokenizer) {
      for (int id = 0; id < tokenizer.vocabSize(); id++) {
        if (tokenizer.isControl(id)) {
          continue;
        }
        int probe = id;
        int[] framed = tokenizer.frame(new int[] {probe});
        for (int at = 0; at < framed.length; at++) {
          if (framed[at] == probe) {
            return new Frame(
                Arrays.copyOf(framed, at), Arrays.copyOfRange(framed, at + 1, framed.length));
          }
        }
      }
      return new Frame(new int[0], new int[0]);
    }

    int length() {
      return before.length + after.length;
    }

    int[] around(int[] tokens) {
      return join(before, tokens, after);
    }
  }

  /** All one after another. */
  static int[] join(int[]... parts) {
    int length = 0;
    for (int[] part : parts) {
      length = Math.addExact(length, part.length);
    }
    int[] all = new int[length];
    int at = 0;
    for (int[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
