// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

/** The rows of one part of a mixture, one after another. */
sealed interface Lane permits ChunkLane, WholeLane, PairLane {
  /** Appends the row (of pairs: both rows) at a place; gives the place behind it. */
  Cursor.Place draw(Cursor.Place place, RowBuilder out);

  /** How often all has been gone through before a place. */
  double epochs(Cursor.Place place);
}
