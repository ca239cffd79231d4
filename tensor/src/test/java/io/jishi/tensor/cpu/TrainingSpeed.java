// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.MatrixProducts;
import io.jishi.tensor.MatrixProducts.Inputs;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.Level;
import io.jishi.tensor.cpu.asm.LineKind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * Measures matrix products in the shapes of a training step beside the peak of this machine: a
 * program, not a test. Arguments: the level, and how many seconds a shape is measured; {@code
 * -Donly=} the start of the shapes' names.
 */
final class TrainingSpeed {
  private static final int TOKENS = 4096;
  private static final int[][] LAYERS = {{320, 320}, {320, 1728}, {864, 320}};

  private TrainingSpeed() {}

  public static void main(String[] args) {
    Level level =
        args.length > 0 ? Level.of(args[0]).orElseThrow() : io.jishi.tensor.cpu.asm.Cpu.best();
    double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 0.3;
    CpuBackend backend = new CpuBackend(level);
    Kernels kernels = new Kernels(level);
    for (Inputs inputs : Inputs.values()) {
      boolean bf16 = inputs == Inputs.BF16 && level.compareTo(Level.AVX512_VNNI_BF16) >= 0;
      LineKind kind = bf16 ? LineKind.BFLOATS : LineKind.FLOATS;
      double[] peak = new double[3];
      for (int threads = 1; threads <= 2; threads++) {
        peak[threads] = AsmMeter.products(kernels, Team.process(), threads, kind);
      }
      System.out.printf(
          Locale.ROOT,
          "%s %s: peak %.1f, %.1f GFLOP/s%n",
          level,
          inputs,
          peak[1] / 1e9,
          peak[2] / 1e9);
      for (int[] layer : LAYERS) {
        int in = layer[0];
        int out = layer[1];
        String name = in + " -> " + out;
        measure(backend, inputs, peak, seconds, "forward " + name, TOKENS, out, in, false, true);
        measure(backend, inputs, peak, seconds, "dx " + name, TOKENS, in, out, false, false);
        measure(backend, inputs, peak, seconds, "dW " + name, out, in, TOKENS, true, false);
      }
      measure(backend, inputs, peak, seconds, "logits", 512, 8192, 320, false, true);
      measure(backend, inputs, peak, seconds, "logits dx", 512, 320, 8192, false, false);
      measure(backend, inputs, peak, seconds, "logits dW", 8192, 320, 512, true, false);
    }
  }

  private static void measure(
      CpuBackend backend,
      Inputs inputs,
      double[] peak,
      double seconds,
      String name,
      int m,
      int n,
      int k,
      boolean turnA,
      boolean turnB) {
    if (!name.startsWith(System.getProperty("only", ""))) {
      return;
    }
    double[] rate = new double[3];
    try (Arena arena = Arena.ofShared()) {
      MemorySegment a = arena.allocate(4L * m * k, 64);
      MemorySegment b = arena.allocate(4L * n * k, 64);
      MemorySegment c = arena.allocate(4L * m * n, 64);
      for (MemorySegment x : new MemorySegment[] {a, b}) {
        for (long i = 0; i < x.byteSize() / 4; i++) {
          x.setAtIndex(Floats.LAYOUT, i, i % 17 - 8);
        }
      }
      for (int threads = 1; threads <= 2; threads++) {
        try (MatrixProducts products = backend.matrixProducts(threads, inputs)) {
          double best = Double.MAX_VALUE;
          int repeats = (int) Math.max(1, 1e6 / ((double) m * n * k));
          long end = System.nanoTime() + (long) (seconds * 1e9);
          while (System.nanoTime() < end) {
            long start = System.nanoTime();
            for (int i = 0; i < repeats; i++) {
              products.multiply(
                  m,
                  n,
                  k,
                  a,
                  turnA ? 1 : k,
                  turnA ? m : 1,
                  b,
                  turnB ? 1 : n,
                  turnB ? k : 1,
                  c,
                  n,
                  false);
            }
            best = Math.min(best, (System.nanoTime() - start) / 1e9 / repeats);
          }
          rate[threads] = 2.0 * m * n * k / best;
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "  %-22s [%d, %d, %d]  1: %6.1f GFLOP/s %3.0f %%   2: %6.1f GFLOP/s %3.0f %%   x%.2f%n",
        name,
        m,
        n,
        k,
        rate[1] / 1e9,
        100 * rate[1] / peak[1],
        rate[2] / 1e9,
        100 * rate[2] / peak[2],
        rate[2] / rate[1]);
  }
}
