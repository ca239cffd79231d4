// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A set of Unicode scalar values (no surrogates: they have no UTF-8 form).
 *
 * @param ranges first and last of each range in turn, ascending, never touching each other
 */
record CodePoints(int... ranges) {
  private static final int LAST = Character.MAX_CODE_POINT;

  static final CodePoints NONE = new CodePoints();
  static final CodePoints ALL = range(0, LAST);

  static CodePoints of(int... chars) {
    CodePoints set = NONE;
    for (int c : chars) {
      set = set.or(range(c, c));
    }
    return set;
  }

  /** All from first to last, surrogates left out. */
  static CodePoints range(int first, int last) {
    List<int[]> list = new ArrayList<>();
    list.add(new int[] {first, Math.min(last, Character.MIN_SURROGATE - 1)});
    list.add(new int[] {Math.max(first, Character.MAX_SURROGATE + 1), last});
    return normal(list);
  }

  CodePoints or(CodePoints other) {
    List<int[]> list = pairs();
    list.addAll(other.pairs());
    return normal(list);
  }

  CodePoints not() {
    List<int[]> list = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < ranges.length; i += 2) {
      list.addAll(range(from, ranges[i] - 1).pairs());
      from = ranges[i + 1] + 1;
    }
    list.addAll(range(from, LAST).pairs());
    return normal(list);
  }

  CodePoints and(CodePoints other) {
    return not().or(other.not()).not();
  }

  CodePoints minus(CodePoints other) {
    return and(other.not());
  }

  boolean isEmpty() {
    return ranges.length == 0;
  }

  boolean contains(int c) {
    for (int i = 0; i < ranges.length; i += 2) {
      if (c >= ranges[i] && c <= ranges[i + 1]) {
        return true;
      }
    }
    return false;
  }

  private List<int[]> pairs() {
    List<int[]> list = new ArrayList<>(ranges.length / 2);
    for (int i = 0; i < ranges.length; i += 2) {
      list.add(new int[] {ranges[i], ranges[i + 1]});
    }
    return list;
  }

  private static CodePoints normal(List<int[]> list) {
    list.removeIf(r -> r[0] > r[1]);
    list.sort((a, b) -> Integer.compare(a[0], b[0]));
    int[] out = new int[2 * list.size()];
    int n = 0;
    for (int[] r : list) {
      if (n > 0 && r[0] <= out[n - 1] + 1) {
        out[n - 1] = Math.max(out[n - 1], r[1]);
      } else {
        out[n++] = r[0];
        out[n++] = r[1];
      }
    }
    return new CodePoints(Arrays.copyOf(out, n));
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof CodePoints c && Arrays.equals(ranges, c.ranges);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ranges);
  }

  @Override
  public String toString() {
    return Arrays.toString(ranges);
  }
}
