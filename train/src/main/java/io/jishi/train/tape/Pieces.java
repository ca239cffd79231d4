// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.TrainingRows;
import java.util.Arrays;
import java.util.List;

/**
 * All that learns, cut into pieces of one size at most, so that threads meet once for all of it.
 * Pieces do not depend on the number of threads.
 */
public final class Pieces {
  /** Floats of a piece: an L2 cache's share. */
  private static final int FLOATS = 32 << 10;

  private final List<Trainable> all;

  /** The first piece of each, and their number. */
  private final int[] first;

  /** Work on a piece. */
  @FunctionalInterface
  public interface Work {
    /**
     * Does it.
     *
     * @param index which of those that learn
     * @param at the piece's first float in its values, gradient and state
     * @param count how many floats
     * @param rows works on the calling thread alone
     */
    void run(int index, long at, int count, TrainingRows rows);
  }

  /** Pieces of these. */
  public Pieces(List<Trainable> all) {
    this.all = all;
    first = new int[all.size() + 1];
    for (int i = 0; i < all.size(); i++) {
      long count = Math.ceilDiv(all.get(i).count(), FLOATS);
      first[i + 1] = Math.toIntExact(first[i] + count);
    }
  }

  /** Does all pieces, in any order, and returns when they are done. */
  public void each(Machine machine, Work work) {
    machine
        .rows()
        .parallel(
            first[all.size()],
            (piece, worker) -> {
              int index = index(piece);
              long at = (long) (piece - first[index]) * FLOATS;
              int count = (int) Math.min(FLOATS, all.get(index).count() - at);
              work.run(index, at, count, machine.lane(worker).rows);
            });
  }

  private int index(int piece) {
    int found = Arrays.binarySearch(first, piece);
    if (found < 0) {
      return -found - 2;
    }
    while (first[found + 1] == piece) {
      found++; // what has no values has no piece
    }
    return found;
  }

  /** {@code Σ x²} of all gradients: in FP32 within a piece, in double precision across them. */
  double squaredNorm(Machine machine) {
    all.forEach(Trainable::summed);
    double[] sums = new double[first[all.size()]];
    each(
        machine,
        (index, at, count, rows) ->
            sums[first[index] + (int) (at / FLOATS)] =
                rows.squaredNorm(WeightProducts.from(all.get(index).gradient(), at), count));
    double sum = 0;
    for (double each : sums) {
      sum += each;
    }
    return sum;
  }
}
