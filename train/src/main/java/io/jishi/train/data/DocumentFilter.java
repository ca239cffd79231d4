// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;

/**
 * Leaves out documents: those seen before, those nearly so, and those that hold text of evaluation
 * sets. Goes by the order of the documents; not thread-safe. A document that comes in pieces is
 * judged by its first.
 */
public final class DocumentFilter {
  /** Which documents are left out as repetitions. */
  public enum Duplicates {
    /** None. */
    KEEP,
    /** Those whose text is the same to the letter. */
    EXACT,
    /** Those that also share most runs of words with an earlier one. */
    NEAR
  }

  private final Duplicates mode;
  private final LongMap hashes = new LongMap();
  private final MinHash near;
  private final Contamination evaluation;
  private final boolean drop;
  private long duplicates;
  private long nearDuplicates;
  private long contaminated;

  /**
   * A filter that has seen nothing.
   *
   * @param threshold overlap from which two documents are near, in (0, 1]
   * @param evaluation what to look for, or null
   * @param drop whether documents that hold text of evaluation sets are left out, not only noted
   */
  public DocumentFilter(Duplicates mode, double threshold, Contamination evaluation, boolean drop) {
    if (!(threshold > 0 && threshold <= 1)) {
      throw new JishiException.BadRequest(
          "threshold", "the overlap must be above 0 and at most 1, not " + threshold);
    }
    this.mode = mode;
    this.near = mode == Duplicates.NEAR ? new MinHash(threshold) : null;
    this.evaluation = evaluation;
    this.drop = drop;
  }

  /** A filter that keeps everything. */
  public static DocumentFilter none() {
    return new DocumentFilter(Duplicates.KEEP, 1, null, false);
  }

  boolean keeps(Document document) {
    if (mode != Duplicates.KEEP) {
      long[] hash = TextHash.of(document.text());
      if (hashes.putIfAbsent(hash[0] ^ Permutation.mix(hash[1]), 0) >= 0) {
        duplicates++;
        return false;
      }
    }
    if (near != null && !near.add(document.text())) {
      nearDuplicates++;
      return false;
    }
    if (evaluation != null && evaluation.check(document.text(), document.where())) {
      contaminated++;
      return !drop;
    }
    return true;
  }

  /** Documents left out that equal an earlier one. */
  public long duplicates() {
    return duplicates;
  }

  /** Documents left out that are near to an earlier one. */
  public long nearDuplicates() {
    return nearDuplicates;
  }

  /** Documents that hold text of an evaluation set. */
  public long contaminated() {
    return contaminated;
  }
}
