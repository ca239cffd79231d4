// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.util.Arrays;

/** A batch that is being filled. */
final class RowBuilder {
  private final int rows;
  private final int length;
  private final int[] tokens;
  private final int[] labels;
  private int[] bounds = new int[64];
  private int documents;
  private int filled;

  RowBuilder(int rows, int length) {
    this.rows = rows;
    this.length = length;
    this.tokens = new int[Math.multiplyExact(rows, length)];
    this.labels = new int[tokens.length];
  }

  /**
   * Appends tokens of one document as a document: each place learns the token after it, if that is
   * one of the document and learned.
   *
   * @param from first token
   * @param count how many, within the row
   * @param end one behind the document's last token
   */
  void add(TokenShards shards, long from, int count, long end) {
    begin();
    shards.read(from, count, tokens, filled);
    for (int i = 0; i < count - 1; i++) {
      labels[filled + i] = shards.learned(from + i + 1) ? tokens[filled + i + 1] : Batch.IGNORE;
    }
    long next = from + count;
    int last = filled + count - 1;
    labels[last] = Batch.IGNORE;
    if (next < end && shards.learned(next)) {
      shards.read(next, 1, labels, last);
    }
    filled += count;
  }

  /** Fills the row up with tokens of the document that ends it: nothing before them sees them. */
  void padRow() {
    int rest = (length - filled % length) % length;
    Arrays.fill(labels, filled, filled + rest, Batch.IGNORE);
    filled += rest;
  }

  /** Fills the row up. */
  void fillRow() {
    int rest = (length - filled % length) % length;
    if (rest > 0) {
      begin();
      Arrays.fill(labels, filled, filled + rest, Batch.IGNORE);
      filled += rest;
    }
  }

  private void begin() {
    if (documents + 1 == bounds.length) {
      bounds = Arrays.copyOf(bounds, 2 * bounds.length);
    }
    bounds[documents++] = filled;
  }

  Batch build() {
    int[] all = Arrays.copyOf(bounds, documents + 1);
    all[documents] = filled;
    return new Batch(rows, length, tokens, labels, all);
  }
}
