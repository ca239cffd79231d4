// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Scores;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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
 * from position 0, and appends to no state. Longer than other files: it has each operation of the
 * waist, a few lines each.
 */
public final class Tape implements Ops {
  private final Parameters parameters;
  private final Adapters adapters;
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
    this.adapters = new Adapters(adapters, parameters);
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

  /** The adapters and which of them are needed. */
  Adapters adapters() {
    return adapters;
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
    return embed(table, tokens, false);
  }

  @Override
  public Tensor embedPositions(Weight table, Batch tokens) {
    return embed(table, tokens, true);
  }

  private Tensor embed(Weight table, Batch tokens, boolean positions) {
    Value out = new Value(tokens.size(), table.cols());
    return add(new EmbedStep(table, parameters.of(table), tokens, positions, out));
  }

  @Override
  public Tensor rmsNorm(Tensor x, Weight gain, float eps) {
    Value in = value(x);
    return add(new NormStep(in, gain, parameters.of(gain), eps, new Value(in.rows, in.cols)));
  }

  @Override
  public Tensor norm(Tensor x, Norm norm) {
    if (norm.plain()) {
      return rmsNorm(x, norm.gain(), norm.eps());
    }
    Value in = value(x);
    int given = norm.gain().cols();
    if (in.cols % norm.groups() != 0 || given != in.cols && given != in.cols / norm.groups()) {
      throw new IllegalArgumentException(norm + " does not take " + in.cols + " columns");
    }
    Trainable gain = parameters.of(norm.gain());
    return add(new GroupNormStep(in, norm, gain, parameters.of(norm.bias()), like(in)));
  }

  private static Value like(Value v) {
    return new Value(v.rows, v.cols);
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
      LowRank adapter = adapters.of(weight);
      Value low = adapter == null ? null : new Value(in.rows, adapter.a().rows());
      Trainable trained = parameters.of(weight);
      parts.add(new LinearStep.Part(weight, trained, bias, parameters.of(bias), adapter, at, low));
      at += weight.rows();
    }
    return add(new LinearStep(in, parts, new Value(in.rows, linear.out())));
  }

  @Override
  public Tensor gate(Tensor x, Activation activation) {
    Value in = value(x);
    return add(new GateStep(in, activation, new Value(in.rows, in.cols / 2)));
  }

  @Override
  public Tensor scale(Tensor x, float factor) {
    Value in = value(x);
    return add(new ScaleStep(in, factor, like(in)));
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    Value first = value(a);
    Value second = value(b);
    if (first.rows != second.rows || second.cols != first.cols && second.cols != 1) {
      throw new IllegalArgumentException("shapes differ");
    }
    return add(new MultiplyStep(first, second, like(first)));
  }

  @Override
  public Tensor activate(Tensor x, Activation activation) {
    Value in = value(x);
    return add(new CurveStep(in, new Curve.Act(activation), like(in)));
  }

  @Override
  public Tensor softCap(Tensor x, float cap) {
    Value in = value(x);
    return add(new CurveStep(in, new Curve.Cap(cap), like(in)));
  }

  @Override
  public Tensor columns(Tensor x, int from, int count) {
    Value in = value(x);
    Objects.checkFromIndexSize(from, count, in.cols);
    return add(new ColumnsStep(in, from, new Value(in.rows, count)));
  }

  @Override
  public Tensor join(Tensor a, Tensor b) {
    Value first = value(a);
    Value second = value(b);
    if (first.rows != second.rows) {
      throw new IllegalArgumentException("shapes differ");
    }
    return add(new JoinStep(first, second, new Value(first.rows, first.cols + second.cols)));
  }

  @Override
  public Tensor headLinear(Tensor x, List<Linear> heads, Precision precision) {
    boolean plain =
        heads.stream()
            .allMatch(
                h ->
                    h.weights().size() == 1
                        && h.biases().getFirst() == null
                        && adapters.of(h.weights().getFirst()) == null);
    if (!plain) {
      return Ops.super.headLinear(x, heads, precision);
    }
    Value in = value(x);
    List<Weight> weights = heads.stream().map(h -> h.weights().getFirst()).toList();
    List<Trainable> trained = new ArrayList<>();
    weights.forEach(w -> trained.add(parameters.of(w)));
    Value out = new Value(in.rows, heads.size() * heads.getFirst().out());
    return add(new HeadLinearStep(in, weights, trained, out));
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
    Rotary rotary = rotary(attention.rope());
    HeadTurns turns =
        new HeadTurns(
            attention,
            tokens,
            rotary,
            parameters.of(attention.queryNorm()),
            parameters.of(attention.keyNorm()));
    Value turned = turns.normed() ? new Value(in.rows, turns.width()) : null;
    Value out = new Value(in.rows, attention.outputWidth());
    Trainable sinks = parameters.of(attention.scores().sinks());
    return add(new AttentionStep(in, turned, out, attention, tokens, turns, sinks, 0));
  }

  @Override
  public Tensor bidirectionalAttention(Tensor qkv, BidirectionalAttention spec, Batch tokens) {
    Value in = value(qkv);
    if (in.cols != spec.inputWidth() || in.rows != tokens.size()) {
      throw new IllegalArgumentException("not the queries, keys and values of this batch");
    }
    boolean all = spec.reach() == 0;
    Attention attention =
        new Attention(
            spec.heads(),
            spec.kvHeads(),
            spec.headDim(),
            spec.rope(),
            null,
            null,
            0,
            spec.scale(),
            false,
            new Scores(all ? 0 : spec.reach() + 1, 0, null, null));
    HeadTurns turns = new HeadTurns(attention, tokens, rotary(spec.rope()), null, null);
    Value out = new Value(in.rows, spec.outputWidth());
    int ahead = all ? Integer.MAX_VALUE : spec.reach();
    return add(new AttentionStep(in, null, out, attention, tokens, turns, null, ahead));
  }

  private Rotary rotary(Rope rope) {
    return rope == null ? null : rotaries.computeIfAbsent(rope, Rotary::new);
  }

  @Override
  public Tensor latentAttention(
      Tensor queries, Tensor rows, LatentAttention spec, int layer, Batch tokens) {
    Value q = value(queries);
    Value kv = value(rows);
    if (q.cols != spec.queryWidth() || kv.cols != spec.rowWidth() || q.rows != tokens.size()) {
      throw new IllegalArgumentException("not the queries and rows of this batch");
    }
    Value out = new Value(q.rows, spec.outputWidth());
    return add(new LatentStep(q, kv, out, spec, tokens, rotary(spec.rope())));
  }

  @Override
  public Tensor mixture(Tensor x, Mixture mixture, Precision precision) {
    Value in = value(x);
    return add(
        new MixtureStep(
            in,
            like(in),
            mixture,
            Experts.of(mixture, parameters, adapters),
            Experts.parts(mixture.router(), parameters, adapters),
            parameters.of(mixture.routing().bias())));
  }

  @Override
  public Tensor convolve(Tensor x, Convolution convolution, int layer, Batch tokens) {
    Value in = value(x);
    return add(
        new ConvolveStep(
            in,
            convolution,
            parameters.of(convolution.weight()),
            parameters.of(convolution.bias()),
            tokens,
            like(in)));
  }

  @Override
  public Tensor stateSpace(Tensor xbc, Tensor dt, StateSpace spec, int layer, Batch tokens) {
    return add(
        new StateSpaceStep(
            value(xbc),
            value(dt),
            spec,
            parameters.of(spec.decay()),
            parameters.of(spec.skip()),
            parameters.of(spec.stepBias()),
            tokens,
            new Value(tokens.size(), spec.outputWidth())));
  }

  @Override
  public Tensor deltaRule(Tensor qkv, Tensor a, Tensor b, DeltaRule spec, int layer, Batch tokens) {
    return add(
        new DeltaRuleStep(
            value(qkv),
            value(a),
            value(b),
            spec,
            parameters.of(spec.decay()),
            parameters.of(spec.decayBias()),
            tokens,
            new Value(tokens.size(), spec.outputWidth())));
  }

  @Override
  public Tensor weightedMean(
      Tensor keys, Tensor values, WeightedMean spec, int layer, Batch tokens) {
    Value k = value(keys);
    return add(
        new WeightedMeanStep(
            k,
            value(values),
            spec,
            parameters.of(spec.decay()),
            parameters.of(spec.bonus()),
            tokens,
            like(k)));
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
