// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.Arrays;

/** A binary heap of longs, the smallest on top. */
final class LongHeap {
  private long[] heap;
  private int size;
  private long work;

  LongHeap(int capacity) {
    heap = new long[Math.max(4, capacity)];
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Entries that were moved so far. */
  long work() {
    return work;
  }

  void push(long value) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, size * 2);
    }
    int at = size++;
    while (at > 0 && heap[(at - 1) / 2] > value) {
      heap[at] = heap[(at - 1) / 2];
      at = (at - 1) / 2;
      work++;
    }
    work++;
    heap[at] = value;
  }

  long pop() {
    long top = heap[0];
    long value = heap[--size];
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= value) {
        break;
      }
      heap[at] = heap[child];
      at = child;
      work++;
    }
    work++;
    heap[at] = value;
    return top;
  }
}
