// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import java.util.Arrays;

/**
 * Pairs of answers as rows of one length, two a pair: documents 2 p and 2 p + 1 of shards, filled
 * up at their ends. Pairs of which one is longer than a row are left out.
 */
public final class PairRows {
  private final TokenShards shards;
  private final int length;
  private final int[] fitting;

  /**
   * The pairs of shards that {@link PreferencePreparation} has made.
   *
   * @param length tokens of a row
   * @throws JishiException.BadFile where the shards hold no pairs
   */
  public PairRows(TokenShards shards, int length) {
    this.shards = shards;
    this.length = length;
    long documents = shards.documents();
    if (documents % 2 != 0 || documents > Integer.MAX_VALUE || !shards.masked()) {
      throw new JishiException.BadFile(shards.folder() + ": holds no pairs of answers");
    }
    int[] found = new int[(int) documents / 2];
    int n = 0;
    for (int pair = 0; pair < found.length; pair++) {
      if (fits(2L * pair) && fits(2L * pair + 1)) {
        found[n++] = pair;
      }
    }
    fitting = Arrays.copyOf(found, n);
  }

  private boolean fits(long document) {
    // The last token is only ever a label.
    return shards.end(document) - shards.start(document) - 1 <= length;
  }

  /** Pairs that fit into rows. */
  public int count() {
    return fitting.length;
  }

  /** Pairs that do not. */
  public int tooLong() {
    return (int) (shards.documents() / 2) - fitting.length;
  }

  /** Puts both rows of a pair, by its place among those that fit. */
  void add(int pair, RowBuilder out) {
    for (int side = 0; side < 2; side++) {
      long document = 2L * fitting[pair] + side;
      long from = shards.start(document);
      long end = shards.end(document);
      out.add(shards, from, (int) (end - 1 - from), end);
      out.padRow();
    }
  }

  /**
   * Some pairs as a batch of two rows each; behind the last pair it stands again and again.
   *
   * @param from the first
   * @param pairs how many
   */
  public Batch batch(int from, int pairs) {
    RowBuilder out = new RowBuilder(2 * pairs, length);
    for (int i = 0; i < pairs; i++) {
      add(Math.min(from + i, fitting.length - 1), out);
    }
    return out.build();
  }
}
