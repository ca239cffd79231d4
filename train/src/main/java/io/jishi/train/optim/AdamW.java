// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.optim;

import io.jishi.tensor.AdamWStep;
import io.jishi.train.tape.Machine;
import io.jishi.train.tape.Pieces;
import io.jishi.train.tape.Trainable;
import io.jishi.train.tape.WeightProducts;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** AdamW (Loshchilov and Hutter 2019), {@link AdamWStep}; vectors do not decay. */
public final class AdamW implements Optimizer {
  /**
   * Its numbers.
   *
   * @param beta1 share of the old mean
   * @param beta2 share of the old mean square
   * @param eps keeps the root from zero
   * @param weightDecay of matrices, times the learning rate
   */
  public record Options(double beta1, double beta2, double eps, double weightDecay) {
    /** What language models are pre-trained with (GPT-3, Llama): 0.9, 0.95, 1e-8, 0.1. */
    public static final Options DEFAULT = new Options(0.9, 0.95, 1e-8, 0.1);
  }

  private record Slot(Trainable of, MemorySegment mean, MemorySegment square) {}

  private final List<Slot> slots = new ArrayList<>();
  private final Pieces pieces;
  private final Moments moments = new Moments();
  private final Options options;
  private final Machine machine;
  private int steps;

  /** An optimiser at its start. */
  public AdamW(List<Trainable> trained, Machine machine, Options options) {
    this.options = options;
    this.machine = machine;
    pieces = new Pieces(trained);
    for (Trainable t : trained) {
      slots.add(new Slot(t, moments.add(t, "mean"), moments.add(t, "square")));
    }
  }

  @Override
  public void step(double learningRate, double gradientScale) {
    steps++;
    AdamWStep decaying = numbers(learningRate, options.weightDecay, gradientScale);
    AdamWStep plain = numbers(learningRate, 0, gradientScale);
    pieces.each(
        machine,
        (index, at, count, rows) -> {
          Slot s = slots.get(index);
          rows.adamW(
              s.of.matrix() ? decaying : plain,
              WeightProducts.from(s.of.data(), at),
              WeightProducts.from(s.of.gradient(), at),
              WeightProducts.from(s.mean, at),
              WeightProducts.from(s.square, at),
              count);
        });
  }

  private AdamWStep numbers(double learningRate, double decay, double scale) {
    return AdamWStep.of(
        steps, learningRate, options.beta1, options.beta2, options.eps, decay, scale);
  }

  @Override
  public long steps() {
    return steps;
  }

  @Override
  public void restore(long count) {
    steps = Math.toIntExact(count);
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
