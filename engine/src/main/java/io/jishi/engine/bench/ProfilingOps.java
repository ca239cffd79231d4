// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

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
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Operations that are timed and passed on. Coarse operations stay what the waist defines them to
 * be, so that the fine ones inside them show.
 */
final class ProfilingOps implements Ops {
  private static final String SUFFIX = ".weight";

  private final Ops inner;
  private final Map<String, Tally> tallies = new HashMap<>();

  /** Products by their weights, so that a name is made once and not per call. */
  private final Map<Linear, Tally> products = new IdentityHashMap<>();

  /** What one operation has taken so far. */
  private static final class Tally {
    private final String name;
    private final String type;
    private long count;
    private long nanos;
    private double bytes;
    private double products;

    private Tally(String name, String type) {
      this.name = name;
      this.type = type;
    }
  }

  /** Passes on to {@code inner}, which the caller closes. */
  ProfilingOps(Ops inner) {
    this.inner = inner;
  }

  /** Forgets what was timed. */
  void reset() {
    tallies.clear();
    products.clear();
  }

  /** What was timed, the longest first, and the rest of {@code nanos}. */
  List<Profile.Operation> operations(long nanos) {
    List<Profile.Operation> list = new ArrayList<>();
    for (Tally t : tallies.values()) {
      list.add(new Profile.Operation(t.name, t.type, t.count, t.nanos, t.bytes, t.products));
    }
    list.sort(Comparator.comparingLong(Profile.Operation::nanos).reversed());
    long rest = nanos - list.stream().mapToLong(Profile.Operation::nanos).sum();
    list.add(new Profile.Operation(Profile.OTHER, "", 0, rest, 0, 0));
    return list;
  }

  private Tensor timed(String name, Supplier<Tensor> work) {
    return timed(tally(name, ""), work);
  }

  private static Tensor timed(Tally tally, Supplier<Tensor> work) {
    long start = System.nanoTime();
    Tensor out = work.get();
    tally.nanos += System.nanoTime() - start;
    tally.count++;
    return out;
  }

  private Tally tally(String name, String type) {
    return tallies.computeIfAbsent(name + ' ' + type, _ -> new Tally(name, type));
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    Tally tally = products.computeIfAbsent(linear, this::tally);
    for (Weight weight : linear.weights()) {
      tally.bytes += weight.bytes();
    }
    tally.products += 2.0 * x.rows() * linear.in() * linear.out();
    return timed(tally, () -> inner.linear(x, linear, precision));
  }

  private Tally tally(Linear linear) {
    List<Weight> weights = linear.weights();
    String roles = weights.stream().map(ProfilingOps::role).collect(Collectors.joining("+"));
    String types =
        weights.stream().map(w -> w.type().name()).distinct().collect(Collectors.joining("+"));
    return tally("linear " + roles, types);
  }

  /** The last part of a weight's name: the same in all layers. */
  private static String role(Weight weight) {
    String name = weight.name();
    String stem = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    return stem.substring(stem.lastIndexOf('.') + 1);
  }

  @Override
  public Tensor embed(Weight table, Batch batch) {
    return timed("embed", () -> inner.embed(table, batch));
  }

  @Override
  public Tensor rmsNorm(Tensor x, Weight gain, float eps) {
    return timed("rmsNorm", () -> inner.rmsNorm(x, gain, eps));
  }

  @Override
  public Tensor gate(Tensor x, Activation activation) {
    return timed("gate", () -> inner.gate(x, activation));
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return timed("add", () -> inner.add(a, b));
  }

  @Override
  public Tensor attention(Tensor qkv, Attention attention, int layer, Batch batch) {
    return timed("attention", () -> inner.attention(qkv, attention, layer, batch));
  }

  @Override
  public Tensor bidirectionalAttention(Tensor qkv, BidirectionalAttention attention, Batch batch) {
    return timed(
        "bidirectionalAttention", () -> inner.bidirectionalAttention(qkv, attention, batch));
  }

  @Override
  public Tensor norm(Tensor x, Norm norm) {
    return timed("norm", () -> inner.norm(x, norm));
  }

  @Override
  public Tensor scale(Tensor x, float factor) {
    return timed("scale", () -> inner.scale(x, factor));
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return timed("multiply", () -> inner.multiply(a, b));
  }

  @Override
  public Tensor activate(Tensor x, Activation activation) {
    return timed("activate", () -> inner.activate(x, activation));
  }

  @Override
  public Tensor softCap(Tensor x, float cap) {
    return timed("softCap", () -> inner.softCap(x, cap));
  }

  @Override
  public Tensor columns(Tensor x, int from, int count) {
    return timed("columns", () -> inner.columns(x, from, count));
  }

  @Override
  public Tensor join(Tensor a, Tensor b) {
    return timed("join", () -> inner.join(a, b));
  }

  @Override
  public Tensor embedPositions(Weight table, Batch batch) {
    return timed("embedPositions", () -> inner.embedPositions(table, batch));
  }

  @Override
  public Tensor headLinear(Tensor x, List<Linear> heads, Precision precision) {
    return timed("headLinear", () -> inner.headLinear(x, heads, precision));
  }

  @Override
  public Tensor latentAttention(
      Tensor queries, Tensor rows, LatentAttention spec, int layer, Batch batch) {
    return timed("latentAttention", () -> inner.latentAttention(queries, rows, spec, layer, batch));
  }

  @Override
  public Tensor mixture(Tensor x, Mixture mixture, Precision precision) {
    return timed("mixture", () -> inner.mixture(x, mixture, precision));
  }

  @Override
  public Tensor convolve(Tensor x, Convolution convolution, int layer, Batch batch) {
    return timed("convolve", () -> inner.convolve(x, convolution, layer, batch));
  }

  @Override
  public Tensor stateSpace(Tensor xbc, Tensor dt, StateSpace spec, int layer, Batch batch) {
    return timed("stateSpace", () -> inner.stateSpace(xbc, dt, spec, layer, batch));
  }

  @Override
  public Tensor deltaRule(Tensor qkv, Tensor a, Tensor b, DeltaRule spec, int layer, Batch batch) {
    return timed("deltaRule", () -> inner.deltaRule(qkv, a, b, spec, layer, batch));
  }

  @Override
  public Tensor weightedMean(
      Tensor keys, Tensor values, WeightedMean spec, int layer, Batch batch) {
    return timed("weightedMean", () -> inner.weightedMean(keys, values, spec, layer, batch));
  }

  @Override
  public Tensor outputs(Tensor x, Batch batch) {
    return timed("outputs", () -> inner.outputs(x, batch));
  }

  @Override
  public void begin(Batch batch) {
    inner.begin(batch);
  }

  @Override
  public void release(Tensor tensor) {
    inner.release(tensor);
  }

  @Override
  public long workspaceBytes() {
    return inner.workspaceBytes();
  }

  @Override
  public void close() {}
}
