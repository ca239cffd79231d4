// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

/**
 * The corpus as a ring of tokens, cut into chunks of one row from a seeded offset in each epoch, in
 * a seeded order. Tokens that fill no whole chunk sit an epoch out; the offset makes them others
 * each time.
 */
final class ChunkLane implements Lane {
  private final TokenShards shards;
  private final int length;
  private final long key;
  private final long chunks;

  ChunkLane(TokenShards shards, int length, long key) {
    this.shards = shards;
    this.length = length;
    this.key = key;
    this.chunks = Math.max(1, shards.tokens() / length);
  }

  @Override
  public Cursor.Place draw(Cursor.Place place, RowBuilder out) {
    long epoch = place.unit() / chunks;
    long epochKey = Permutation.mix(key ^ Permutation.mix(epoch));
    long chunk = new Permutation(chunks, epochKey).at(place.unit() % chunks);
    long offset = Long.remainderUnsigned(Permutation.mix(epochKey), length);
    long at = (offset + chunk * length) % shards.tokens();
    int left = length;
    while (left > 0) {
      long end = shards.end(shards.documentAt(at));
      int count = (int) Math.min(left, end - at);
      out.add(shards, at, count, end);
      left -= count;
      at = (at + count) % shards.tokens();
    }
    return new Cursor.Place(place.drawn() + 1, place.unit() + 1, 0);
  }

  @Override
  public double epochs(Cursor.Place place) {
    return (double) place.unit() / chunks;
  }
}
