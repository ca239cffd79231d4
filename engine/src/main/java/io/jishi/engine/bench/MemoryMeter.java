// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Measures how fast threads together read memory that no cache holds. */
final class MemoryMeter {
  private static final long DEFAULT_CACHE = 32L << 20;
  private static final int ROUNDS = 5;
  private static final int PIECE = 64 << 10;

  /** Keeps what was read from being optimised away. */
  private static volatile long sink;

  private MemoryMeter() {}

  /** A way to read a part of the buffer; gives something that depends on all of it. */
  @FunctionalInterface
  private interface Pattern {
    long read(MemorySegment part);
  }

  /** Bytes per second, the best of three patterns and several rounds. */
  static double measure(int threads) throws InterruptedException {
    long size = size();
    double best = 0;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment buffer = arena.allocate(size, 4096);
      buffer.fill((byte) 1);
      for (Pattern pattern :
          List.<Pattern>of(MemoryMeter::sum, MemoryMeter::copy, MemoryMeter::compare)) {
        for (int round = 0; round < ROUNDS; round++) {
          best = Math.max(best, size / seconds(buffer, threads, pattern));
        }
      }
    }
    return best;
  }

  /** Bytes that no cache holds. */
  static long size() {
    return 4 * lastLevelCache() / PIECE * PIECE;
  }

  private static double seconds(MemorySegment buffer, int threads, Pattern pattern)
      throws InterruptedException {
    long part = buffer.byteSize() / threads / PIECE * PIECE;
    List<Thread> team = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      long from = t * part;
      long bytes = t == threads - 1 ? buffer.byteSize() - from : part;
      team.add(new Thread(() -> sink += pattern.read(buffer.asSlice(from, bytes))));
    }
    long start = System.nanoTime();
    team.forEach(Thread::start);
    for (Thread thread : team) {
      thread.join();
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private static long sum(MemorySegment part) {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (long at = 0; at + 32 <= part.byteSize(); at += 32) {
      a += part.get(ValueLayout.JAVA_LONG, at);
      b += part.get(ValueLayout.JAVA_LONG, at + 8);
      c += part.get(ValueLayout.JAVA_LONG, at + 16);
      d += part.get(ValueLayout.JAVA_LONG, at + 24);
    }
    return a + b + c + d;
  }

  private static long copy(MemorySegment part) {
    long[] near = new long[PIECE / Long.BYTES];
    long sum = 0;
    for (long at = 0; at + PIECE <= part.byteSize(); at += PIECE) {
      MemorySegment.copy(part, ValueLayout.JAVA_LONG, at, near, 0, near.length);
      sum += near[17];
    }
    return sum;
  }

  /** Both halves side by side, with the JDK's vectorised comparison. */
  private static long compare(MemorySegment part) {
    long half = part.byteSize() / 2;
    return part.asSlice(0, half).mismatch(part.asSlice(half, half));
  }

  private static long lastLevelCache() {
    long largest = 0;
    for (int index = 0; index < 6; index++) {
      Path file = Path.of("/sys/devices/system/cpu/cpu0/cache/index" + index + "/size");
      try {
        String text = Files.exists(file) ? Files.readString(file).strip() : "0K";
        long unit = text.endsWith("M") ? 1 << 20 : 1 << 10;
        largest = Math.max(largest, Long.parseLong(text.substring(0, text.length() - 1)) * unit);
      } catch (IOException | NumberFormatException e) {
        break; // not told by this system: the default is large enough for most
      }
    }
    return largest == 0 ? DEFAULT_CACHE : largest;
  }
}
