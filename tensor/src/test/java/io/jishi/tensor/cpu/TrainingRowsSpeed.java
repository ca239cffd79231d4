// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.AdamWStep;
import io.jishi.tensor.TrainingRows;
import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/** Measures the rows of a training step: a program, not a test. Argument: the level. */
final class TrainingRowsSpeed {
  private static final long NANOS = 300_000_000;

  private TrainingRowsSpeed() {}

  public static void main(String[] args) {
    Level level = args.length > 0 ? Level.of(args[0]).orElseThrow() : Cpu.best();
    CpuBackend backend = new CpuBackend(level);
    int n = 4096 * 1728;
    int[] starts = new int[4096];
    float[] numbers = new float[4096];
    AdamWStep step = AdamWStep.of(5, 1e-3, 0.9, 0.95, 1e-8, 0.1, 1);
    System.out.println(level);
    for (int threads = 1; threads <= 2; threads++) {
      try (Arena arena = Arena.ofShared();
          TrainingRows t = backend.trainingRows(threads)) {
        MemorySegment a = floats(arena, n);
        MemorySegment b = floats(arena, n);
        MemorySegment c = floats(arena, n);
        MemorySegment d = floats(arena, n);
        print(threads, "AdamW", n, 28, () -> t.adamW(step, a, b, c, d, n));
        print(threads, "squared norm", n, 4, () -> t.squaredNorm(a, n));
        print(
            threads,
            "cross-entropy [512, 8192]",
            512 * 8192,
            8,
            () ->
                t.crossEntropy(
                    a, 512, 8192, 0, starts, numbers, 0, true, new float[512], new float[512]));
        print(
            threads,
            "gradient of the norm [4096, 320]",
            4096 * 320,
            16,
            () -> t.rmsNormBackward(a, b, 1e-5f, c, d, true, b, 4096, 320));
        print(
            threads,
            "gradient of the gate [4096, 864]",
            4096 * 864,
            20,
            () -> t.siluGateBackward(a, c, a, 4096, 864));
      }
    }
  }

  private static MemorySegment floats(Arena arena, int n) {
    MemorySegment out = arena.allocate(4L * n, 64);
    for (int i = 0; i < n; i++) {
      out.setAtIndex(Floats.LAYOUT, i, 1 + i % 17);
    }
    return out;
  }

  private static void print(int threads, String name, long floats, int bytes, Runnable run) {
    long best = Long.MAX_VALUE;
    long end = System.nanoTime() + NANOS;
    while (System.nanoTime() < end) {
      long start = System.nanoTime();
      run.run();
      best = Math.min(best, System.nanoTime() - start);
    }
    double perFloat = (double) best / floats;
    System.out.printf(
        Locale.ROOT,
        "  %d %-36s %8.3f ms %7.3f ns a float %6.1f GB/s%n",
        threads,
        name,
        best / 1e6,
        perFloat,
        bytes / perFloat);
  }
}
