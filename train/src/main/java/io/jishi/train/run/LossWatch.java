// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import java.util.Locale;
import java.util.Map;

/** Watches the loss: is it still a number, and near to what it was? */
final class LossWatch {
  private static final double DECAY = 0.98; // a memory of some 50 steps
  private static final int WARM = 20; // steps before a leap can be told from the start of a run
  private static final double LEAST_LEAP = 1; // nats

  private final double spike;
  private double mean;
  private double variance;
  private long seen;

  LossWatch(double spike) {
    this.spike = spike;
  }

  /** Why this loss says that the run has diverged, or null; then it is not taken in. */
  String complaint(double loss) {
    if (Double.isNaN(loss) || Double.isInfinite(loss)) {
      return "the loss is " + loss;
    }
    double limit = mean + Math.max(LEAST_LEAP, spike * Math.sqrt(variance));
    if (seen >= WARM && loss > limit) {
      return String.format(
          Locale.ROOT, "the loss leapt to %.3f from %.3f in the steps before", loss, mean);
    }
    double keep = Math.min(DECAY, seen / (seen + 1.0));
    double off = loss - mean;
    mean += (1 - keep) * off;
    variance = keep * (variance + (1 - keep) * off * off);
    seen++;
    return null;
  }

  /** The mean of the steps before. */
  double mean() {
    return mean;
  }

  void save(Map<String, Object> run) {
    run.put("lossMean", mean);
    run.put("lossVariance", variance);
    run.put("lossSeen", seen);
  }

  void restore(Map<String, Object> run) {
    mean = ((Number) run.getOrDefault("lossMean", 0.0)).doubleValue();
    variance = ((Number) run.getOrDefault("lossVariance", 0.0)).doubleValue();
    seen = ((Number) run.getOrDefault("lossSeen", 0L)).longValue();
  }
}
