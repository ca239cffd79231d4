// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

/**
 * Operations that are passed on to others: what changes some of them overrides those. What the
 * waist composes of others (feed-forward, products by heads) stays composed, so that an override
 * sees the products inside.
 */
public abstract class ForwardingOps implements Ops {
  /** What runs. */
  protected final Ops ops;

  /** Passes on to {@code ops}. */
  protected ForwardingOps(Ops ops) {
    this.ops = ops;
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    return ops.linear(x, linear, precision);
  }

  @Override
  public void begin(Batch batch) {
    ops.begin(batch);
  }

  @Override
  public void release(Tensor tensor) {
    ops.release(tensor);
  }

  @Override
  public Tensor embed(Weight table, Batch batch) {
    return ops.embed(table, batch);
  }

  @Override
  public Tensor rmsNorm(Tensor x, Weight gain, float eps) {
    return ops.rmsNorm(x, gain, eps);
  }

  @Override
  public Tensor gate(Tensor x, Activation activation) {
    return ops.gate(x, activation);
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return ops.add(a, b);
  }

  @Override
  public Tensor attention(Tensor qkv, Attention attention, int layer, Batch batch) {
    return ops.attention(qkv, attention, layer, batch);
  }

  @Override
  public Tensor bidirectionalAttention(Tensor qkv, BidirectionalAttention attention, Batch batch) {
    return ops.bidirectionalAttention(qkv, attention, batch);
  }

  @Override
  public Tensor norm(Tensor x, Norm norm) {
    return ops.norm(x, norm);
  }

  @Override
  public Tensor scale(Tensor x, float factor) {
    return ops.scale(x, factor);
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return ops.multiply(a, b);
  }

  @Override
  public Tensor activate(Tensor x, Activation activation) {
    return ops.activate(x, activation);
  }

  @Override
  public Tensor softCap(Tensor x, float cap) {
    return ops.softCap(x, cap);
  }

  @Override
  public Tensor columns(Tensor x, int from, int count) {
    return ops.columns(x, from, count);
  }

  @Override
  public Tensor join(Tensor a, Tensor b) {
    return ops.join(a, b);
  }

  @Override
  public Tensor embedPositions(Weight table, Batch batch) {
    return ops.embedPositions(table, batch);
  }

  @Override
  public Tensor latentAttention(
      Tensor queries, Tensor rows, LatentAttention spec, int layer, Batch batch) {
    return ops.latentAttention(queries, rows, spec, layer, batch);
  }

  @Override
  public Tensor mixture(Tensor x, Mixture mixture, Precision precision) {
    return ops.mixture(x, mixture, precision);
  }

  @Override
  public Tensor mixture(Tensor x, Mixture mixture, Precision precision, Ops products) {
    return ops.mixture(x, mixture, precision, products);
  }

  @Override
  public Tensor convolve(Tensor x, Convolution convolution, int layer, Batch batch) {
    return ops.convolve(x, convolution, layer, batch);
  }

  @Override
  public Tensor stateSpace(Tensor xbc, Tensor dt, StateSpace spec, int layer, Batch batch) {
    return ops.stateSpace(xbc, dt, spec, layer, batch);
  }

  @Override
  public Tensor deltaRule(Tensor qkv, Tensor a, Tensor b, DeltaRule spec, int layer, Batch batch) {
    return ops.deltaRule(qkv, a, b, spec, layer, batch);
  }

  @Override
  public Tensor weightedMean(
      Tensor keys, Tensor values, WeightedMean spec, int layer, Batch batch) {
    return ops.weightedMean(keys, values, spec, layer, batch);
  }

  @Override
  public Tensor outputs(Tensor x, Batch batch) {
    return ops.outputs(x, batch);
  }

  @Override
  public Work work() {
    return ops.work();
  }

  @Override
  public long workspaceBytes() {
    return ops.workspaceBytes();
  }

  @Override
  public void close() {
    ops.close();
  }
}
