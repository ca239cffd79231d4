// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.model.adapter.Adapter.Pair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/** What an adapter adds to the rows of a matrix while they move: sums of products of few ranks. */
final class LowRankRows {
  private final long count;
  private final List<Piece> pieces = new ArrayList<>();

  /**
   * {@code rows[i] += Σ_k b[i, k] · a[k]}.
   *
   * @param a {@code [rank, cols]}
   * @param b {@code [rows, rank]}
   */
  private record Piece(int rank, int cols, float[] a, long[] rows, float[] b) {
    /** Those of the rows that are kept, under other numbers; below 0 are none. */
    Piece with(LongUnaryOperator number, Moved.Scale scale) {
      long[] kept = new long[rows.length];
      float[] coefficients = new float[b.length];
      int n = 0;
      for (int i = 0; i < rows.length; i++) {
        long to = number.applyAsLong(rows[i]);
        if (to >= 0) {
          kept[n] = to;
          float factor = scale == null ? 1 : scale.at(i);
          for (int k = 0; k < rank; k++) {
            coefficients[n * rank + k] = factor * b[i * rank + k];
          }
          n++;
        }
      }
      return new Piece(
          rank, cols, a, Arrays.copyOf(kept, n), Arrays.copyOf(coefficients, n * rank));
    }
  }

  LowRankRows(long count) {
    this.count = count;
  }

  boolean isEmpty() {
    return pieces.isEmpty();
  }

  /**
   * Adds a pair whose first row is {@code before}.
   *
   * @param upright whether the rows are rows of the pair's matrices, not columns
   */
  void add(Pair pair, long before, boolean upright) {
    int rank = pair.rank();
    int all = rank * pair.experts();
    int in = pair.in();
    int out = pair.out();
    for (int e = 0; e < pair.experts(); e++) {
      float[] a = Arrays.copyOfRange(pair.a(), e * rank * in, (e + 1) * rank * in);
      float[] b = new float[out * rank];
      for (int i = 0; i < b.length; i++) {
        b[i] = pair.b()[i / rank * all + i % rank * pair.experts() + e];
      }
      long first = before + (long) e * (upright ? out : in);
      pieces.add(
          upright
              ? new Piece(rank, in, a, range(first, out), b)
              : new Piece(rank, out, turned(b, out, rank), range(first, in), turned(a, rank, in)));
    }
  }

  private static long[] range(long first, int size) {
    long[] rows = new long[size];
    Arrays.setAll(rows, i -> first + i);
    return rows;
  }

  private static float[] turned(float[] values, int rows, int cols) {
    float[] turned = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      turned[i % cols * rows + i / cols] = values[i];
    }
    return turned;
  }

  /** Rows {@code source(0), source(1), …} of these, multiplied. */
  LowRankRows picked(long rows, LongUnaryOperator source, Moved.Scale scale) {
    Map<Long, Long> places = new HashMap<>();
    for (long row = 0; row < rows; row++) {
      places.put(source.applyAsLong(row), row);
    }
    LowRankRows picked = new LowRankRows(rows);
    for (Piece piece : pieces) {
      Moved.Scale each =
          scale == null ? null : i -> scale.at(places.getOrDefault(piece.rows[(int) i], 0L));
      picked.keep(piece.with(row -> places.getOrDefault(row, -1L), each));
    }
    return picked;
  }

  /** Takes those of the rows that were picked from {@code before} on, with the scale undone. */
  void take(LowRankRows from, long before, LongUnaryOperator source, Moved.Scale scale) {
    for (Piece piece : from.pieces) {
      Moved.Scale each = scale == null ? null : i -> 1 / scale.at(piece.rows[(int) i]);
      keep(
          piece.with(
              row -> {
                long at = source.applyAsLong(row) - before;
                return at < count ? at : -1;
              },
              each));
    }
  }

  private void keep(Piece piece) {
    if (piece.rows.length > 0) {
      pieces.add(piece);
    }
  }

  /**
   * All of it as a pair for a tensor of as many matrices.
   *
   * @param swapped whether the rows are columns of those matrices
   */
  Pair pair(int experts, boolean swapped) {
    int height = Math.toIntExact(count / experts);
    int cols = pieces.getFirst().cols;
    List<List<Piece>> own = new ArrayList<>();
    int rank = 1;
    for (int e = 0; e < experts; e++) {
      long first = (long) e * height;
      List<Piece> some = new ArrayList<>();
      for (Piece piece : pieces) {
        Piece part =
            piece.with(row -> row >= first && row < first + height ? row - first : -1, null);
        if (part.rows.length > 0) {
          some.add(part);
        }
      }
      own.add(some);
      rank = Math.max(rank, some.stream().mapToInt(Piece::rank).sum());
    }
    float[] a = new float[experts * rank * (swapped ? height : cols)];
    float[] b = new float[(swapped ? cols : height) * rank * experts];
    for (int e = 0; e < experts; e++) {
      int k = 0;
      for (Piece piece : own.get(e)) {
        put(piece, e, experts, rank, k, swapped ? height : 0, a, b);
        k += piece.rank;
      }
    }
    return swapped
        ? new Pair(experts, rank, height, cols, a, b)
        : new Pair(experts, rank, cols, height, a, b);
  }

  /**
   * Writes a piece from rank {@code at} on. A pair counts {@code alpha / rank}, so more ranks mean
   * larger values.
   *
   * @param height rows where these are columns of the pair's matrix, else 0
   */
  private static void put(
      Piece p, int e, int experts, int rank, int at, int height, float[] a, float[] b) {
    float more = (float) rank / p.rank;
    int all = rank * experts;
    for (int k = 0; k < p.rank; k++) {
      int row = e * rank + at + k;
      int column = (at + k) * experts + e;
      for (int i = 0; i < p.cols; i++) {
        if (height > 0) {
          b[i * all + column] = more * p.a[k * p.cols + i];
        } else {
          a[row * p.cols + i] = p.a[k * p.cols + i];
        }
      }
      for (int i = 0; i < p.rows.length; i++) {
        float value = p.b[i * p.rank + k];
        if (height > 0) {
          a[row * height + (int) p.rows[i]] = value;
        } else {
          b[(int) p.rows[i] * all + column] = more * value;
        }
      }
    }
  }
}
