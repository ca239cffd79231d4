// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Cosines and sines of a rotary embedding at positions from 0 on, along one axis, magnitudes
 * included: {@code [positions, width]} each. Pairs of {@link Rope.Style#HALVES} have one place
 * each; of {@link Rope.Style#PAIRS} both members have one, and the even one's sine its sign turned,
 * so that a member times its cosine plus the other times its sine is what it becomes.
 *
 * @param positions that the table covers
 */
public record RotaryTable(Rope rope, int positions, MemorySegment cos, MemorySegment sin) {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /** Computes the table, in memory that is given back once nobody refers to it. */
  public static RotaryTable of(Rope rope, int positions) {
    long bytes = 4L * positions * width(rope);
    Arena arena = Arena.ofAuto();
    RotaryTable table =
        new RotaryTable(rope, positions, arena.allocate(bytes, 64), arena.allocate(bytes, 64));
    for (int p = 0; p < positions; p++) {
      table.fill(p);
    }
    return table;
  }

  private void fill(int position) {
    long row = (long) position * width();
    for (int i = 0; i < rope.dims() / 2; i++) {
      write(rope, i, position, cos, row, sin, row);
    }
  }

  /**
   * Writes one pair's cosine and sine into a row of each.
   *
   * @param pair which of the rotation's {@code dims / 2}
   * @param place the token's place along the pair's axis
   * @param cosRow the float at which a row of cosines {@code [width]} begins, {@code sinRow} one of
   *     sines
   * @throws IndexOutOfBoundsException where a row does not lie within its segment, or there is no
   *     such pair
   */
  public static void write(
      Rope rope,
      int pair,
      int place,
      MemorySegment cos,
      long cosRow,
      MemorySegment sin,
      long sinRow) {
    float c = rope.cos(place, pair);
    float s = rope.sin(place, pair);
    if (rope.style() == Rope.Style.HALVES) {
      cos.setAtIndex(FLOAT, cosRow + pair, c);
      sin.setAtIndex(FLOAT, sinRow + pair, s);
      return;
    }
    cos.setAtIndex(FLOAT, cosRow + 2 * pair, c);
    cos.setAtIndex(FLOAT, cosRow + 2 * pair + 1, c);
    sin.setAtIndex(FLOAT, sinRow + 2 * pair, -s);
    sin.setAtIndex(FLOAT, sinRow + 2 * pair + 1, s);
  }

  /** Floats of a row of a rotation's cosines, and of its sines. */
  public static int width(Rope rope) {
    return rope.style() == Rope.Style.PAIRS ? rope.dims() : rope.dims() / 2;
  }

  /** Floats of a position in either table. */
  public int width() {
    return width(rope);
  }

  /**
   * Turns the pairs of a head that begins at {@code at}.
   *
   * @param x {@code [dims]} floats from {@code at} on
   * @param back whether to turn by the transpose, which takes a gradient back
   * @throws IndexOutOfBoundsException where the table does not cover the position
   */
  public void turn(float[] x, int at, int position, boolean back) {
    boolean pairs = rope.style() == Rope.Style.PAIRS;
    int half = rope.dims() / 2;
    int step = pairs ? 2 : 1;
    int partner = pairs ? 1 : half;
    long row = (long) position * width();
    int signed = pairs ? 1 : 0;
    for (int i = 0; i < half; i++) {
      int a = at + i * step;
      float c = cos.getAtIndex(FLOAT, row + i * step);
      float s = sin.getAtIndex(FLOAT, row + i * step + signed);
      s = back ? -s : s;
      float first = x[a];
      float second = x[a + partner];
      x[a] = first * c - second * s;
      x[a + partner] = second * c + first * s;
    }
  }
}
