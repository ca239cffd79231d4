// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.base.JishiException;
import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The waist, remembered: it records what a decoder asks for, so that {@link Program} can run it
 * forwards and backwards as often as is wanted. While it records, tensors are shapes without
 * memory; memory is planned for all of them together before the first value is computed.
 *
 * <p>An operation that is added to {@link Ops} is added here in the same change, with a {@link
 * Step} that has its gradient and a case in {@code GradientTest} that checks the gradient against
 * finite differences; that test fails while one is missing.
 *
 * <p>{@link Precision} is ignored: products are those of floats. Attention attends within spans
 * from position 0, and appends to no state.
 */
public final class Tape implements Ops {
  private final Parameters parameters;
  private final Map<String, LowRank> adapters;
  private final List<Step> steps = new ArrayList<>();
  private final Map<Tensor, Value> values = new IdentityHashMap<>();
  private final List<Integer> borders = new ArrayList<>();
  private final Map<Rope, Rotary> rotaries = new HashMap<>();
  private Batch batch;

  /**
   * An empty tape.
   *
   * @param parameters what learns
   * @param adapters beside weights, by the weight's name
   */
  public Tape(Parameters parameters, Map<String, LowRank> adapters) {
    this.parameters = parameters;
    this.adapters = Map.copyOf(adapters);
  }

  @Override
  public void begin(Batch tokens) {
    batch = tokens;
    steps.clear();
    values.clear();
    borders.clear();
  }

  /** Does nothing: what is needed when is known from the whole record. */
  @Override
  public void release(Tensor tensor) {}

  /** Says that what was recorded since the last border may be computed again backwards. */
  public void border() {
    borders.add(steps.size());
  }

  /** A tensor that comes from outside, for operations on their own. */
  Tensor input(int rows, int cols) {
    Value value = new Value(rows, cols);
    value.learns = true;
    return tensor(value);
  }

  /** What stands for a tensor. */
  Value value(Tensor tensor) {
    Value value = values.get(tensor);
    if (value == null) {
      throw new IllegalArgumentException("the tensor was not recorded on this tape");
    }
    return value;
  }

  List<Step> steps() {
    return steps;
  }

  List<Integer> borders() {
    return borders;
  }

  Batch batch() {
    return batch;
  }

  private Tensor tensor(Value value) {
    Tensor tensor = Tensor.ofShape(value.rows, value.cols);
    values.put(tensor, value);
    return tensor;
  }

  private Tensor add(Step step) {
    boolean learns = step.learns();
    for (Value input : step.inputs()) {
      learns |= input.learns;
    }
    for (Value output : step.outputs()) {
      output.learns = learns;
    }
    steps.add(step);
    return tensor(step.outputs().getFirst());
  }

  @Override
  public Tensor embed(Weight table, Batch tokens) {
    return add(
        new EmbedStep(table, parameters.of(table), tokens, new Value(tokens.size(), table.cols())));
  }

  @Override
  public Tensor rmsNorm(Tensor x, Weight gain, float eps) {
    Value in = value(x);
    return add(new NormStep(in, gain, parameters.of(gain), eps, new Value(in.rows, in.cols)));
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    Value in = value(x);
    if (in.cols != linear.in()) {
      throw new IllegalArgumentException(
          linear.weights().getFirst() + " does not take " + in.cols + " inputs");
    }
    List<LinearStep.Part> parts = new ArrayList<>();
    int at = 0;
    for (int k = 0; k < linear.weights().size(); k++) {
      Weight weight = linear.weights().get(k);
      Weight bias = linear.biases().get(k);
      LowRank adapter = adapters.get(weight.name());
      Value low = adapter == null ? null : new Value(in.rows, adapter.a().rows());
      Trainable trained = parameters.of(weight);
      parts.add(new LinearStep.Part(weight, trained, bias, parameters.of(bias), adapter, at, low));
      at += weight.rows();
    }
    return add(new LinearStep(in, parts, new Value(in.rows, linear.out())));
  }

  @Override
  public Tensor gate(Tensor x, Activation activation) {
    if (activation != Activation.SILU) {
      throw new JishiException.Unsupported(
          "a gate by " + activation + " cannot be trained: it has no gradient yet");
    }
    Value in = value(x);
    return add(new GateStep(in, new Value(in.rows, in.cols / 2)));
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    Value first = value(a);
    Value second = value(b);
    if (first.rows != second.rows || first.cols != second.cols) {
      throw new IllegalArgumentException("shapes differ");
    }
    return add(new AddStep(first, second, new Value(first.rows, first.cols)));
  }

  @Override
  public Tensor attention(Tensor qkv, Attention attention, int layer, Batch tokens) {
    Value in = value(qkv);
    if (in.cols != attention.inputWidth() || in.rows != tokens.size()) {
      throw new IllegalArgumentException("not the queries, keys and values of this batch");
    }
    if (!attention.plain()) {
      throw new JishiException.Unsupported(
          "attention with windows, slopes, sinks, caps or late norms cannot be trained yet:"
              + " it has no gradient");
    }
    Rotary rotary =
        attention.rope() == null ? null : rotaries.computeIfAbsent(attention.rope(), Rotary::new);
    HeadTurns turns =
        new HeadTurns(
            attention,
            tokens,
            rotary,
            parameters.of(attention.queryNorm()),
            parameters.of(attention.keyNorm()));
    Value turned = turns.normed() ? new Value(in.rows, turns.width()) : null;
    Value out = new Value(in.rows, attention.outputWidth());
    return add(new AttentionStep(in, turned, out, attention, tokens, turns));
  }

  /** The tensor itself where the batch asks for all rows. */
  @Override
  public Tensor outputs(Tensor x, Batch tokens) {
    Value in = value(x);
    if (tokens.outputCount() == in.rows) {
      return x;
    }
    return add(new OutputsStep(in, tokens, new Value(tokens.outputCount(), in.cols)));
  }

  /** Nothing is held while recording. */
  @Override
  public long workspaceBytes() {
    return 0;
  }

  @Override
  public void close() {}
}
