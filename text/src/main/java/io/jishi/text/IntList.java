// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.Arrays;

/** A growing list of ints without boxes. */
final class IntList {
  /** Steps that were taken to fill the list, so that tests can claim how they grow with a text. */
  long work;

  private int[] values = new int[16];
  private int size;

  void add(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = value;
  }

  void addAll(int[] more) {
    if (values.length - size < more.length) {
      values = Arrays.copyOf(values, Math.max(values.length * 2, size + more.length));
    }
    for (int value : more) { // a few each time: quicker than a call to copy
      values[size++] = value;
    }
  }

  int get(int index) {
    return values[index];
  }

  int size() {
    return size;
  }

  int[] toArray() {
    return Arrays.copyOf(values, size);
  }
}
