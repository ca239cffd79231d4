// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;

/**
 * What the machine can do: the best that was seen in this process, since on a shared machine it
 * moves from second to second.
 */
final class LimitMeter {
  private final Backend backend;
  private final DType type;
  private final int threads;
  private double bytesPerSecond;
  private double opsPerSecond;

  /**
   * A meter that has measured nothing yet.
   *
   * @param type of the weights whose products count
   */
  LimitMeter(Backend backend, DType type, int threads) {
    this.backend = backend;
    this.type = type;
    this.threads = threads;
  }

  /** Measures once more. */
  void measure() throws InterruptedException {
    bytesPerSecond = Math.max(bytesPerSecond, MemoryMeter.measure(threads));
    bytesPerSecond = Math.max(bytesPerSecond, backend.measureMemory(MemoryMeter.size(), threads));
    opsPerSecond = Math.max(opsPerSecond, backend.measureProducts(type, Precision.FAST, threads));
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
}
