// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

/** Pairs of answers in a seeded order, another one in each epoch. */
final class PairLane implements Lane {
  private final PairRows pairs;
  private final long key;

  PairLane(PairRows pairs, long key) {
    this.pairs = pairs;
    this.key = key;
  }

  @Override
  public Cursor.Place draw(Cursor.Place place, RowBuilder out) {
    long epochKey = Permutation.mix(key ^ Permutation.mix(place.unit() / pairs.count()));
    long pair = new Permutation(pairs.count(), epochKey).at(place.unit() % pairs.count());
    pairs.add((int) pair, out);
    return new Cursor.Place(place.drawn() + 1, place.unit() + 1, 0);
  }

  @Override
  public double epochs(Cursor.Place place) {
    return (double) place.unit() / pairs.count();
  }
}
