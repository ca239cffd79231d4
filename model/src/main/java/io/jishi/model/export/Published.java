// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import java.util.List;

/**
 * A tensor of published files as rows of a matrix.
 *
 * @param name in the file
 * @param shape as files have it; dimensions of one do not count
 * @param columns values of a row; 1 where single values move
 * @param turned whether the last two dimensions are stored the other way round
 */
record Published(String name, List<Long> shape, int columns, boolean turned) {

  /** A tensor whose rows are those of the file. */
  static Published rows(String name, Long... shape) {
    return new Published(name, List.of(shape), Math.toIntExact(shape[shape.length - 1]), false);
  }

  /** A tensor whose values move one by one. */
  static Published values(String name, Long... shape) {
    return new Published(name, List.of(shape), 1, false);
  }

  /** Values. */
  long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** Rows. */
  long rows() {
    return elements() / columns;
  }

  /** Rows of one of the matrices that are turned one by one: as many as a turned row has values. */
  int block() {
    return Math.toIntExact(shape.get(shape.size() - 1));
  }
}
