// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

/**
 * An endless stream of batches, the same for the same data and seed. Used by one thread at a time.
 */
public interface BatchSource {

  /**
   * The next rows of the stream. The stream does not depend on how many rows each call takes.
   *
   * @param rows at least 1
   */
  Batch next(int rows);

  /** The place of the next row: kept beside a checkpoint, it resumes the stream to the bit. */
  Cursor cursor();

  /**
   * Goes to a place.
   *
   * @throws io.jishi.base.JishiException.BadRequest where the cursor comes from other data, another
   *     sequence length, mixture or seed
   */
  void seek(Cursor cursor);

  /** How often the part of that index has been gone through, fractions included. */
  double epochs(int part);
}
