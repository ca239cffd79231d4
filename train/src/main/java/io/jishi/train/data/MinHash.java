// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds texts whose sets of word runs overlap: MinHash (Broder 1997) of runs of 5 words, candidates
 * by bands of the signature (locality-sensitive hashing), confirmed by the whole signature. Keeps
 * about a kilobyte for each text.
 */
final class MinHash {
  /** Values of a signature; the estimate of the overlap errs by about {@code 1/√128}. */
  static final int VALUES = 128;

  /** Bands of 8 values: texts that overlap by half share one with 6 %, by 0.8 with 95 %. */
  private static final int BANDS = 16;

  private static final int RUN = 5;

  private final double threshold;
  private final List<LongMap> bands = new ArrayList<>();
  private final List<int[]> signatures = new ArrayList<>();

  /** Counts texts as near where the overlap (Jaccard) is estimated to reach the threshold. */
  MinHash(double threshold) {
    this.threshold = threshold;
    for (int b = 0; b < BANDS; b++) {
      bands.add(new LongMap());
    }
  }

  /** Keeps the text, unless it is near to one that is kept; then gives false. */
  boolean add(String text) {
    long[] runs = Words.runs(Words.of(text), RUN);
    if (runs.length == 0) {
      return true; // nothing to compare
    }
    int[] signature = signature(runs);
    long[] keys = new long[BANDS];
    for (int b = 0; b < BANDS; b++) {
      keys[b] = key(signature, b);
      int other = bands.get(b).get(keys[b]);
      if (other >= 0 && overlap(signature, signatures.get(other)) >= threshold) {
        return false;
      }
    }
    for (int b = 0; b < BANDS; b++) {
      bands.get(b).putIfAbsent(keys[b], signatures.size());
    }
    signatures.add(signature);
    return true;
  }

  static int[] signature(long[] runs) {
    int[] least = new int[VALUES];
    Arrays.fill(least, Integer.MAX_VALUE);
    for (long run : runs) {
      // Two hashes give all: h1 + i·h2 (Kirsch and Mitzenmacher 2006), mixed once more.
      long a = Permutation.mix(run);
      long b = Permutation.mix(a) | 1;
      for (int i = 0; i < VALUES; i++) {
        int value = (int) ((a ^ a >>> 32) * 0x9E3779B97F4A7C15L >>> 33);
        least[i] = Math.min(least[i], value);
        a += b;
      }
    }
    return least;
  }

  private static long key(int[] signature, int band) {
    long key = band;
    int size = VALUES / BANDS;
    for (int i = band * size; i < (band + 1) * size; i++) {
      key = Permutation.mix(key ^ signature[i]);
    }
    return key;
  }

  static double overlap(int[] a, int[] b) {
    int equal = 0;
    for (int i = 0; i < VALUES; i++) {
      equal += a[i] == b[i] ? 1 : 0;
    }
    return (double) equal / VALUES;
  }
}
