// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** General categories of Unicode as sets, of the JDK's version of Unicode. */
final class Categories {
  private static final String NAMES =
      "Cn Lu Ll Lt Lm Lo Mn Me Mc Nd Nl No -- Zs Zl Zp Cc Cf -- Co Cs Pd Ps Pe Pc Po Sm Sc Sk So Pi"
          + " Pf";

  private static final Map<String, CodePoints> SETS = all();

  private Categories() {}

  /** The set of a category such as {@code Lu} or a group of them such as {@code L}, or null. */
  static CodePoints of(String name) {
    return SETS.get(name);
  }

  /** {@code Character.getType} numbers the categories in the order of NAMES. */
  private static Map<String, CodePoints> all() {
    String[] names = NAMES.split(" ");
    List<List<Integer>> ranges = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      ranges.add(new ArrayList<>());
    }
    int from = 0;
    for (int c = 1; c <= Character.MAX_CODE_POINT + 1; c++) {
      if (c > Character.MAX_CODE_POINT || Character.getType(c) != Character.getType(from)) {
        ranges.get(Character.getType(from)).addAll(List.of(from, c - 1));
        from = c;
      }
    }
    Map<String, CodePoints> sets = new HashMap<>();
    for (int i = 0; i < names.length; i++) {
      if (!names[i].equals("--") && !names[i].equals("Cs")) {
        int[] array = ranges.get(i).stream().mapToInt(Integer::intValue).toArray();
        CodePoints set = new CodePoints(array);
        sets.put(names[i], set);
        sets.merge(names[i].substring(0, 1), set, CodePoints::or);
      }
    }
    return sets;
  }
}
