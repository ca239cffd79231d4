// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

/** The learning rate of each step, as a share of the highest one. Steps count from 0. */
public sealed interface Schedule {
  /** The share at a step, 0 to 1. */
  double factor(long step);

  /**
   * Warm-up, a stable part, decay (MiniCPM, Hu et al. 2024): any stable checkpoint can be annealed.
   *
   * @param warmup steps of the linear rise; the first is {@code 1 / warmup}
   * @param decay steps of the fall at the end, {@code 1 − √share} of it gone (Hägele et al. 2024)
   * @param steps in all
   * @param least share that is left at the end
   */
  record WarmupStableDecay(long warmup, long decay, long steps, double least)
      implements Schedule {
    @Override
    public double factor(long step) {
      if (step < warmup) {
        return rise(step, warmup);
      }
      long left = steps - step;
      if (left >= decay) {
        return 1;
      }
      double gone = 1 - (double) Math.max(0, left) / decay;
      return least + (1 - least) * (1 - Math.sqrt(gone));
    }
  }

  /**
   * Half a cosine (Loshchilov and Hutter 2017).
   *
   * @param warmup as above
   * @param steps in all
   * @param least share that is left at the end
   */
  record Cosine(long warmup, long steps, double least) implements Schedule {
    @Override
    public double factor(long step) {
      return step < warmup
          ? rise(step, warmup)
          : least + (1 - least) * 0.5 * (1 + Math.cos(Math.PI * share(step, warmup, steps)));
    }
  }

  /**
   * A straight line.
   *
   * @param warmup as above
   * @param steps in all
   * @param least share that is left at the end
   */
  record Linear(long warmup, long steps, double least) implements Schedule {
    @Override
    public double factor(long step) {
      return step < warmup
          ? rise(step, warmup)
          : 1 - (1 - least) * share(step, warmup, steps);
    }
  }

  private static double rise(long step, long warmup) {
    return (step + 1.0) / warmup;
  }

  private static double share(long step, long warmup, long steps) {
    return Math.min(1, (double) (step - warmup) / Math.max(1, steps - warmup));
  }
}
