// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.util.Arrays;

/**
 * The words of a text as hashes, for comparing texts: runs of letters and digits without regard to
 * case; an ideograph or a kana stands alone. Punctuation and spaces do not count.
 */
final class Words {
  private Words() {}

  static long[] of(String text) {
    long[] words = new long[64];
    int count = 0;
    long word = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      boolean alone = standsAlone(c);
      boolean inside =
          !alone
              && (Character.isLetterOrDigit(c)
                  || Character.getType(c) == Character.NON_SPACING_MARK);
      if (word != 0 && !inside) {
        words = add(words, count++, word);
        word = 0;
      }
      if (alone || inside) {
        word = Permutation.mix(word ^ Character.toLowerCase(c)) | 1;
      }
      if (alone) {
        words = add(words, count++, word);
        word = 0;
      }
    }
    if (word != 0) {
      words = add(words, count++, word);
    }
    return Arrays.copyOf(words, count);
  }

  private static long[] add(long[] words, int at, long word) {
    long[] room = at < words.length ? words : Arrays.copyOf(words, 2 * at);
    room[at] = word;
    return room;
  }

  private static boolean standsAlone(int c) {
    if (Character.isIdeographic(c)) {
      return true;
    }
    return c >= 0x3040 && c < 0x3100;
  }

  /** Hashes of all runs of {@code n} words; of all words as one run where there are fewer. */
  static long[] runs(long[] words, int n) {
    if (words.length == 0) {
      return words;
    }
    int size = Math.min(n, words.length);
    long[] runs = new long[words.length - size + 1];
    for (int i = 0; i < runs.length; i++) {
      long hash = 0;
      for (int k = 0; k < size; k++) {
        hash = Permutation.mix(hash ^ words[i + k]);
      }
      runs[i] = hash;
    }
    return runs;
  }
}
