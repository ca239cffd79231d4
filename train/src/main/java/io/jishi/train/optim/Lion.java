// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

import io.jishi.train.tape.Machine;
import io.jishi.train.tape.Rows;
import io.jishi.train.tape.Trainable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Lion (Chen et al. 2023): {@code w -= rate · (sign(beta1 · m + (1 − beta1) · g) + decay · w)},
 * then {@code m = beta2 · m + (1 − beta2) · g}; vectors do not decay. Its rate is a third to a tenth
 * of AdamW's, its decay as much greater.
 */
public final class Lion implements Optimizer {
  /**
   * Its numbers.
   *
   * @param beta1 share of the old mean in the direction
   * @param beta2 share of the old mean in the new one
   * @param weightDecay of matrices, times the learning rate
   */
  public record Options(double beta1, double beta2, double weightDecay) {
    /** The paper's for language models: 0.95, 0.98, 1. */
    public static final Options DEFAULT = new Options(0.95, 0.98, 1);
  }

  private record Slot(Trainable of, MemorySegment mean) {}

  private final List<Slot> slots = new ArrayList<>();
  private final Moments moments = new Moments();
  private final Options options;
  private final Machine machine;
  private long steps;

  /** An optimiser at its start. */
  public Lion(List<Trainable> trained, Machine machine, Options options) {
    this.options = options;
    this.machine = machine;
    for (Trainable t : trained) {
      slots.add(new Slot(t, moments.add(t, "mean")));
    }
  }

  @Override
  public void step(double learningRate, double gradientScale) {
    steps++;
    for (Slot s : slots) {
      double decay = s.of.matrix() ? options.weightDecay : 0;
      step(s, (float) learningRate, (float) (1 - learningRate * decay), (float) gradientScale);
    }
  }

  private void step(Slot slot, float rate, float decay, float scale) {
    float beta1 = (float) options.beta1;
    float beta2 = (float) options.beta2;
    int n = slot.of.cols();
    Rows.each(
        machine,
        slot.of.rows(),
        (from, to, lane) -> {
          lane.room(n, 0);
          float[] w = new float[n];
          for (int r = from; r < to; r++) {
            long at = (long) r * n;
            Rows.read(slot.of.gradient(), at, lane.a, n);
            Rows.read(slot.mean, at, lane.b, n);
            Rows.read(slot.of.data(), at, w, n);
            for (int i = 0; i < n; i++) {
              float g = lane.a[i] * scale;
              float m = lane.b[i];
              w[i] = w[i] * decay - rate * Math.signum(beta1 * m + (1 - beta1) * g);
              lane.b[i] = beta2 * m + (1 - beta2) * g;
            }
            Rows.write(lane.b, slot.mean, at, n);
            Rows.write(w, slot.of.data(), at, n);
          }
        });
  }

  @Override
  public long steps() {
    return steps;
  }

  @Override
  public void restore(long count) {
    steps = count;
  }

  @Override
  public List<StateBuffer> state() {
    return moments.buffers();
  }

  @Override
  public long bytes() {
    return moments.bytes();
  }

  @Override
  public void close() {
    moments.close();
  }
}
