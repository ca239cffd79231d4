// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The order in which a tower takes patches: those that merge stand together, row by row within
 * their square, and so do the squares of a window. Merging is then another view of the same memory.
 *
 * @param rows of each token
 * @param columns of each token
 * @param windows how many tokens each window has
 * @param merged for each merged token, row by row, where it stands in this order
 */
record PatchOrder(int[] rows, int[] columns, int[] windows, int[] merged) {

  /**
   * The order for a grid of patches.
   *
   * @param merges sides of the squares that merge, the first merge first
   * @param window squares to a side of a window, 0 for none
   */
  static PatchOrder of(int height, int width, List<Integer> merges, int window) {
    int unit = merges.stream().reduce(1, (a, b) -> a * b);
    int high = height / unit;
    int wide = width / unit;
    int side = window == 0 ? Math.max(high, wide) : window;
    int[] rows = new int[height * width];
    int[] columns = new int[height * width];
    int[] merged = new int[high * wide];
    List<Integer> windows = new ArrayList<>();
    int at = 0;
    for (int top = 0; top < high; top += side) {
      for (int left = 0; left < wide; left += side) {
        int before = at;
        for (int r = top; r < Math.min(high, top + side); r++) {
          for (int c = left; c < Math.min(wide, left + side); c++) {
            merged[r * wide + c] = at / (unit * unit);
            at = square(rows, columns, at, r * unit, c * unit, merges, merges.size());
          }
        }
        windows.add(at - before);
      }
    }
    return new PatchOrder(
        rows, columns, windows.stream().mapToInt(Integer::intValue).toArray(), merged);
  }

  /** Adds the patches of a square of the first {@code depth} merges. */
  private static int square(
      int[] rows, int[] columns, int at, int row, int column, List<Integer> merges, int depth) {
    if (depth == 0) {
      rows[at] = row;
      columns[at] = column;
      return at + 1;
    }
    int inner = merges.subList(0, depth - 1).stream().reduce(1, (a, b) -> a * b);
    int side = merges.get(depth - 1);
    int next = at;
    for (int i = 0; i < side * side; i++) {
      next =
          square(
              rows,
              columns,
              next,
              row + i / side * inner,
              column + i % side * inner,
              merges,
              depth - 1);
    }
    return next;
  }
}
