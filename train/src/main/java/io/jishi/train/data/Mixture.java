// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Rows of several parts in proportion to their weights. Each row comes from one part: the one that
 * is furthest behind its share, so that after any number of rows each part is within one row of it.
 */
public final class Mixture implements BatchSource {
  private final List<Part> parts;
  private final int length;
  private final String stream;
  private final List<Lane> lanes = new ArrayList<>();
  private final double weights;
  private final int rowsAtOnce;
  private List<Cursor.Place> places;

  /**
   * A stream from its beginning.
   *
   * @param parts at least one, all of one tokenizer
   * @param length tokens in a row
   * @param seed decides the order
   * @throws JishiException.BadRequest where the parts do not go together
   */
  public Mixture(List<Part> parts, int length, long seed) {
    if (parts.isEmpty() || length < 1) {
      throw new JishiException.BadRequest("data", "a mixture needs a part, and rows of a token");
    }
    this.parts = List.copyOf(parts);
    this.length = length;
    this.weights = parts.stream().mapToDouble(Part::weight).sum();
    long pairs = parts.stream().filter(p -> p.packing() == Packing.PAIRS).count();
    if (pairs != 0 && pairs != parts.size()) {
      throw new JishiException.BadRequest(
          "data", "pairs of answers and other data cannot be mixed: train on one, then the other");
    }
    this.rowsAtOnce = pairs == 0 ? 1 : 2;
    StringBuilder made = new StringBuilder(length + " " + seed);
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      if (!part.shards().tokenizer().equals(parts.getFirst().shards().tokenizer())) {
        throw new JishiException.BadRequest(
            "data",
            "'%s' and '%s' were made with different tokenizers; prepare both with one"
                .formatted(parts.getFirst().name(), part.name()));
      }
      long key = Permutation.mix(Permutation.mix(seed) + i);
      lanes.add(
          switch (part.packing()) {
            case CHUNKS -> new ChunkLane(part.shards(), length, key);
            case WHOLE -> new WholeLane(part.name(), part.shards(), length, key);
            case PAIRS -> new PairLane(pairs(part, length), key);
          });
      made.append(' ').append(part.shards().identity()).append(' ').append(part.weight());
      made.append(' ').append(part.packing());
    }
    byte[] all = made.toString().getBytes(StandardCharsets.UTF_8);
    this.stream = TokenizerDigest.hex(TokenizerDigest.sha256().digest(all)).substring(0, 32);
    this.places = new ArrayList<>(Collections.nCopies(parts.size(), Cursor.Place.START));
  }

  private static PairRows pairs(Part part, int length) {
    PairRows pairs = new PairRows(part.shards(), length);
    if (pairs.count() == 0) {
      throw new JishiException.BadRequest(
          "data",
          "%s: all %d pairs are longer than %d tokens; take a longer context"
              .formatted(part.name(), pairs.tooLong(), length));
    }
    return pairs;
  }

  /** The next rows; of pairs an even number. */
  @Override
  public Batch next(int rows) {
    if (rows % rowsAtOnce != 0) {
      throw new IllegalArgumentException(rows + " rows are no pairs");
    }
    RowBuilder out = new RowBuilder(rows, length);
    List<Cursor.Place> at = new ArrayList<>(places);
    long total = at.stream().mapToLong(Cursor.Place::drawn).sum();
    for (int i = 0; i < rows; i += rowsAtOnce) {
      int part = furthestBehind(at, ++total);
      at.set(part, lanes.get(part).draw(at.get(part), out));
    }
    places = at; // an error leaves the stream where it was
    return out.build();
  }

  private int furthestBehind(List<Cursor.Place> at, long total) {
    int best = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < parts.size(); i++) {
      double behind = parts.get(i).weight() / weights * total - at.get(i).drawn();
      if (behind > most) {
        most = behind;
        best = i;
      }
    }
    return best;
  }

  @Override
  public Cursor cursor() {
    return new Cursor(stream, places);
  }

  @Override
  public void seek(Cursor cursor) {
    if (!cursor.stream().equals(stream) || cursor.parts().size() != parts.size()) {
      throw new JishiException.BadRequest(
          "data",
          "the data, their weights, the sequence length or the seed are not those that the run"
              + " began with; resume with the same ones, or start a new run");
    }
    places = new ArrayList<>(cursor.parts());
  }

  @Override
  public double epochs(int part) {
    return lanes.get(part).epochs(places.get(part));
  }
}
