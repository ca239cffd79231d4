// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * All tokens once, in their order, for evaluation: the same batches each time. The last batch may
 * have fewer rows, and filler at its end. Bits per byte are the sum of losses in nats over {@code
 * ln 2 ·} {@link TokenShards#bytes()}.
 *
 * @param shards what is read
 * @param length tokens in a row
 * @param rows in a batch
 */
public record InOrder(TokenShards shards, int length, int rows) implements Iterable<Batch> {

  @Override
  public Iterator<Batch> iterator() {
    return new Iterator<>() {
      private long at;

      @Override
      public boolean hasNext() {
        return at < shards.tokens();
      }

      @Override
      public Batch next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        long left = (shards.tokens() - at + length - 1) / length;
        int here = (int) Math.min(rows, left);
        RowBuilder out = new RowBuilder(here, length);
        for (int row = 0; row < here; row++) {
          at = fill(out, at);
        }
        return out.build();
      }
    };
  }

  private long fill(RowBuilder out, long from) {
    long at = from;
    long stop = Math.min(shards.tokens(), from + length);
    while (at < stop) {
      long end = shards.end(shards.documentAt(at));
      int count = (int) (Math.min(end, stop) - at);
      out.add(shards, at, count, end);
      at += count;
    }
    out.fillRow();
    return at;
  }
}
