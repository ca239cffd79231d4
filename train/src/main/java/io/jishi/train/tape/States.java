// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.model.DecoderSpec;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/** What a loss sees of a forward pass: hidden states, and where their gradients are added up. */
public final class States {
  /** In place of a layer's number: the normed state behind the last one. */
  public static final int LAST = -1;

  private final Machine machine;
  private final Parameters parameters;
  private final Linear output;
  private final DecoderSpec.Head head;
  private final Map<Integer, Value> layers;
  private Examples examples;
  private boolean learning;

  States(
      Machine machine,
      Parameters parameters,
      Linear output,
      DecoderSpec.Head head,
      Map<Integer, Value> layers) {
    this.machine = machine;
    this.parameters = parameters;
    this.output = output;
    this.head = head;
    this.layers = layers;
  }

  void begin(Examples batch, boolean learns) {
    examples = batch;
    learning = learns;
  }

  /** What runs products. */
  public Machine machine() {
    return machine;
  }

  /** The batch. */
  public Examples examples() {
    return examples;
  }

  /** Whether gradients are wanted; else only the value of the loss is. */
  public boolean learning() {
    return learning;
  }

  /**
   * Hidden states {@code [tokens, width]} behind a layer that the loss asked for, or {@link #LAST}.
   */
  public Tensor hidden(int layer) {
    return layers.get(layer).tensor();
  }

  /** Their gradients, to be added to; null where nothing that learns stands behind them. */
  public MemorySegment gradient(int layer) {
    Value value = layers.get(layer);
    return value.learns ? value.gradient() : null;
  }

  /** The product that turns {@link #LAST} into logits. */
  public Linear output() {
    return output;
  }

  /** What happens to the product's results before they are logits. */
  public DecoderSpec.Head head() {
    return head;
  }

  /** What learns in a weight, or null. */
  public Trainable trained(Weight weight) {
    return parameters.of(weight);
  }
}
