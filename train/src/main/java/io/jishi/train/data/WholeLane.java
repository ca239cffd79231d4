// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Documents in a seeded order, a window of them at a time: those of a window are put into rows by
 * best fit, longest first, and the rows shuffled. So the place in the stream is the window and the
 * row in it. A document that is longer than a row is cut; pieces that teach nothing are left out.
 */
final class WholeLane implements Lane {
  private static final int WINDOW = 512;

  /** Tokens {@code from … from + count - 1} of a document that ends at {@code end}. */
  private record Piece(long from, int count, long end) {}

  private final String name;
  private final TokenShards shards;
  private final int length;
  private final long key;
  private final long windows;
  private long packed = -1;
  private List<List<Piece>> rows = List.of();

  WholeLane(String name, TokenShards shards, int length, long key) {
    this.name = name;
    this.shards = shards;
    this.length = length;
    this.key = key;
    this.windows = (shards.documents() + WINDOW - 1) / WINDOW;
  }

  @Override
  public Cursor.Place draw(Cursor.Place place, RowBuilder out) {
    long unit = place.unit();
    int row = place.row();
    pack(unit);
    for (long empty = 0; row >= rows.size(); empty++) {
      if (empty > windows) {
        throw new JishiException.BadFile(
            name + ": no document has a token to learn; is the template right?");
      }
      pack(++unit);
      row = 0;
    }
    for (Piece piece : rows.get(row)) {
      out.add(shards, piece.from, piece.count, piece.end);
    }
    out.fillRow();
    return new Cursor.Place(place.drawn() + 1, unit, row + 1);
  }

  @Override
  public double epochs(Cursor.Place place) {
    return (double) place.unit() / windows;
  }

  private void pack(long unit) {
    if (packed == unit) {
      return;
    }
    long epochKey = Permutation.mix(key ^ Permutation.mix(unit / windows));
    List<Piece> pieces = pieces(unit % windows, new Permutation(shards.documents(), epochKey));
    pieces.sort(Comparator.comparingInt(Piece::count).reversed()); // stable
    List<List<Piece>> open = new ArrayList<>();
    TreeMap<Integer, List<Integer>> byRoom = new TreeMap<>();
    for (Piece piece : pieces) {
      var fit = byRoom.ceilingEntry(piece.count);
      int row;
      int room;
      if (fit == null) {
        row = open.size();
        room = length;
        open.add(new ArrayList<>());
      } else {
        row = fit.getValue().removeFirst();
        room = fit.getKey();
        if (fit.getValue().isEmpty()) {
          byRoom.remove(room);
        }
      }
      open.get(row).add(piece);
      byRoom.computeIfAbsent(room - piece.count, _ -> new ArrayList<>()).add(row);
    }
    Permutation order = new Permutation(open.size(), Permutation.mix(epochKey + unit));
    List<List<Piece>> shuffled = new ArrayList<>();
    for (int i = 0; i < open.size(); i++) {
      shuffled.add(open.get((int) order.at(i)));
    }
    rows = shuffled;
    packed = unit;
  }

  private List<Piece> pieces(long window, Permutation order) {
    List<Piece> pieces = new ArrayList<>();
    long last = Math.min(shards.documents(), (window + 1) * WINDOW);
    for (long i = window * WINDOW; i < last; i++) {
      long document = order.at(i);
      long end = shards.end(document);
      // The last token is only ever a label.
      for (long from = shards.start(document); from < end - 1; from += length) {
        int count = (int) Math.min(length, end - 1 - from);
        if (teaches(from, count)) {
          pieces.add(new Piece(from, count, end));
        }
      }
    }
    return pieces;
  }

  private boolean teaches(long from, int count) {
    for (int i = 1; i <= count; i++) {
      if (shards.learned(from + i)) {
        return true;
      }
    }
    return false;
  }
}
