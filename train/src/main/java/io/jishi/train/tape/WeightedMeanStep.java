// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.WeightedMean;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The weighted mean of RWKV 4 within each span. A chunk of work is some channels. Sums are kept
 * with an exponent of their own, so that no power overflows; the mean does not depend on it, so
 * that it has no gradient.
 *
 * @param decay what learns in it, or null; bonus likewise
 */
record WeightedMeanStep(
    Value keys,
    Value values,
    WeightedMean spec,
    Trainable decay,
    Trainable bonus,
    Batch batch,
    Value out)
    implements Step {
  private static final int CHANNELS = 16;

  /** The exponent of sums to which nothing was added yet. */
  private static final double NOTHING = -1e300;

  @Override
  public List<Value> inputs() {
    return List.of(keys, values);
  }

  @Override
  public List<Value> outputs() {
    return List.of(out);
  }

  @Override
  public List<Value> kept() {
    return List.of(keys, values);
  }

  @Override
  public boolean learns() {
    return decay != null || bonus != null;
  }

  @Override
  public long scratchBytes() {
    return Rows.spareBytes(keys) + Rows.spareBytes(values);
  }

  /** Sums and exponent before each token. */
  private record Past(double[] top, double[] bottom, double[] exponent) {
    static Past of(int tokens) {
      return new Past(new double[tokens + 1], new double[tokens + 1], new double[tokens + 1]);
    }

    void begin() {
      top[0] = 0;
      bottom[0] = 0;
      exponent[0] = NOTHING;
    }

    /** Takes a token in behind number i. */
    void add(int i, double decay, double k, double v) {
      double faded = exponent[i] + decay;
      double max = Math.max(faded, k);
      double past = Math.exp(faded - max);
      double weight = Math.exp(k - max);
      top[i + 1] = past * top[i] + weight * v;
      bottom[i + 1] = past * bottom[i] + weight;
      exponent[i + 1] = max;
    }
  }

  private static float at(MemorySegment x, int t, int c, int cols) {
    return x.get(Rows.FLOAT, 4 * ((long) t * cols + c));
  }

  private static void add(MemorySegment x, int t, int c, int cols, double value) {
    long at = 4 * ((long) t * cols + c);
    x.set(Rows.FLOAT, at, x.get(Rows.FLOAT, at) + (float) value);
  }

  /** One channel of one span. */
  @FunctionalInterface
  private interface Work {
    void run(int channel, int span, Past past);
  }

  private void each(Machine m, Work work) {
    m.rows()
        .parallel(
            Math.ceilDiv(keys.cols, CHANNELS),
            (chunk, _) -> {
              Past past = Past.of(batch.size());
              int end = Math.min(keys.cols, (chunk + 1) * CHANNELS);
              for (int c = chunk * CHANNELS; c < end; c++) {
                for (int s = 0; s < batch.spans(); s++) {
                  past.begin();
                  work.run(c, s, past);
                }
              }
            });
  }

  @Override
  public void forward(Machine m) {
    float[] decays = StateSpaceStep.vector(spec.decay(), keys.cols);
    float[] bonuses = StateSpaceStep.vector(spec.bonus(), keys.cols);
    int cols = keys.cols;
    each(
        m,
        (c, s, past) -> {
          int start = batch.spanStart(s);
          for (int t = start; t < batch.spanEnd(s); t++) {
            int i = t - start;
            double k = at(keys.data(), t, c, cols);
            double v = at(values.data(), t, c, cols);
            double now = bonuses[c] + k;
            double max = Math.max(past.exponent[i], now);
            double old = Math.exp(past.exponent[i] - max);
            double weight = Math.exp(now - max);
            double y = (old * past.top[i] + weight * v) / (old * past.bottom[i] + weight);
            out.data().set(Rows.FLOAT, 4 * ((long) t * cols + c), (float) y);
            past.add(i, decays[c], k, v);
          }
        });
  }

  @Override
  public void backward(Machine m) {
    float[] decays = StateSpaceStep.vector(spec.decay(), keys.cols);
    float[] bonuses = StateSpaceStep.vector(spec.bonus(), keys.cols);
    MemorySegment dKeys = Rows.sums(m, keys, 0);
    MemorySegment dValues = Rows.sums(m, values, Rows.spareBytes(keys));
    double[] dDecay = new double[keys.cols];
    double[] dBonus = new double[keys.cols];
    each(
        m,
        (c, s, past) -> {
          int start = batch.spanStart(s);
          for (int t = start; t < batch.spanEnd(s); t++) {
            double k = at(keys.data(), t, c, keys.cols);
            past.add(t - start, decays[c], k, at(values.data(), t, c, keys.cols));
          }
          Slopes slopes = new Slopes(decays[c], bonuses[c]);
          for (int t = batch.spanEnd(s) - 1; t >= start; t--) {
            double k = at(keys.data(), t, c, keys.cols);
            double v = at(values.data(), t, c, keys.cols);
            slopes.token(past, t - start, k, v, at(out.gradient(), t, c, keys.cols));
            add(dKeys, t, c, keys.cols, slopes.key);
            add(dValues, t, c, keys.cols, slopes.value);
          }
          dDecay[c] += slopes.decaySum;
          dBonus[c] += slopes.bonusSum;
        });
    for (int c = 0; c < keys.cols; c++) {
      StateSpaceHead.give(decay, c, dDecay[c]);
      StateSpaceHead.give(bonus, c, dBonus[c]);
    }
  }

  /** Gradients of one channel on the way back. */
  private static final class Slopes {
    private final double decay;
    private final double bonus;
    private double top;
    private double bottom;
    double key;
    double value;
    double decaySum;
    double bonusSum;

    Slopes(double decay, double bonus) {
      this.decay = decay;
      this.bonus = bonus;
    }

    /** Token i; {@link #top} and {@link #bottom} are of the sums behind it, in their exponent. */
    void token(Past past, int i, double k, double v, double dy) {
      double faded = past.exponent[i] + decay;
      double keep = Math.exp(faded - past.exponent[i + 1]);
      double take = Math.exp(k - past.exponent[i + 1]);
      value = take * top;
      key = take * (v * top + bottom);
      decaySum += keep * (past.top[i] * top + past.bottom[i] * bottom);
      double dTop = keep * top;
      double dBottom = keep * bottom;
      double now = bonus + k;
      double max = Math.max(past.exponent[i], now);
      double old = Math.exp(past.exponent[i] - max);
      double weight = Math.exp(now - max);
      double sum = old * past.bottom[i] + weight;
      double y = (old * past.top[i] + weight * v) / sum;
      double dSumTop = dy / sum;
      double dSum = -dy * y / sum;
      value += weight * dSumTop;
      double own = weight * (v * dSumTop + dSum);
      key += own;
      bonusSum += own;
      top = dTop + old * dSumTop;
      bottom = dBottom + old * dSum;
    }
  }
}
