// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.util.Arrays;

/**
 * Sequences of one length, row after row, each packed with one document or several.
 *
 * @param rows number of sequences
 * @param length tokens in each
 * @param tokens {@code [rows · length]}: the input
 * @param labels {@code [rows · length]}: the token to predict at each place, or {@link #IGNORE}
 * @param bounds where documents begin in {@code tokens}, ascending from 0, and {@code rows ·
 *     length} as the last: a token attends to those between its bounds alone, and positions count
 *     from the lower one. A row always begins one; filler at the end of a row is one too.
 */
public record Batch(int rows, int length, int[] tokens, int[] labels, int[] bounds) {
  /**
   * The label of a place where nothing is learned: filler, the end of a document, a user's word.
   */
  public static final int IGNORE = -100;

  /** How many places have a label. */
  public int learned() {
    int count = 0;
    for (int label : labels) {
      count += label == IGNORE ? 0 : 1;
    }
    return count;
  }

  /** Rows {@code from … from + count - 1} as a batch of their own: one process's share. */
  public Batch slice(int from, int count) {
    int begin = from * length;
    int end = begin + count * length;
    int low = Arrays.binarySearch(bounds, begin);
    int high = Arrays.binarySearch(bounds, end);
    int[] part = Arrays.copyOfRange(bounds, low, high + 1);
    for (int i = 0; i < part.length; i++) {
      part[i] -= begin;
    }
    return new Batch(
        count,
        length,
        Arrays.copyOfRange(tokens, begin, end),
        Arrays.copyOfRange(labels, begin, end),
        part);
  }
}
