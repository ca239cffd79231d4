// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.MemoryReader;
import io.jishi.tensor.Precision;
import java.util.Optional;

/**
 * What the machine can do. On a shared one memory moves by a factor of two from second to second:
 * so it is measured before, after and in the middle of every run too.
 */
final class LimitMeter implements AutoCloseable {
  private static final int ROUNDS = 12;

  private final Backend backend;
  private final DType type;
  private final int threads;
  private final Optional<MemoryReader> reader;
  private double bytesPerSecond;
  private double opsPerSecond;
  private double samples;
  private int sampleCount;
  private long sampleNanos;

  /**
   * A meter that has measured nothing yet.
   *
   * @param type of the weights whose products count
   */
  LimitMeter(Backend backend, DType type, int threads) {
    this.backend = backend;
    this.type = type;
    this.threads = threads;
    this.reader = backend.memoryReader(MemoryMeter.size(), threads);
  }

  /** Measures once more. */
  void measure() throws InterruptedException {
    bytesPerSecond = Math.max(bytesPerSecond, MemoryMeter.measure(threads));
    for (int round = 0; round < ROUNDS && reader.isPresent(); round++) {
      bytesPerSecond = Math.max(bytesPerSecond, reader.get().read());
    }
    opsPerSecond = Math.max(opsPerSecond, backend.measureProducts(type, Precision.FAST, threads));
  }

  /** Forgets the samples of the run before. */
  void begin() {
    samples = 0;
    sampleCount = 0;
    sampleNanos = 0;
  }

  /** Reads memory once, between two steps of a run. */
  void sample() {
    if (reader.isPresent()) {
      long start = System.nanoTime();
      samples += 1 / reader.get().read();
      sampleCount++;
      sampleNanos += System.nanoTime() - start;
    }
  }

  /** Time that the samples since {@link #begin} have taken. */
  long sampleNanos() {
    return sampleNanos;
  }

  /** Bytes per second over the samples since {@link #begin}; the best ever where there is none. */
  double sampled() {
    return sampleCount == 0 ? bytesPerSecond : sampleCount / samples;
  }

  /**
   * The limits, which no run has passed: one that was faster than the meters shows what the machine
   * can do.
   *
   * @param bytesOfRun the most bytes per second of any run
   * @param opsOfRun the most operations per second of any run
   */
  BenchReport.Limits limits(double bytesOfRun, double opsOfRun) {
    return new BenchReport.Limits(
        Math.max(bytesPerSecond, bytesOfRun),
        Math.max(opsPerSecond, opsOfRun),
        backend.productsEstimated(type, Precision.FAST),
        bytesOfRun > bytesPerSecond || opsOfRun > opsPerSecond);
  }

  @Override
  public void close() {
    reader.ifPresent(MemoryReader::close);
  }
}
