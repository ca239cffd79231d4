// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DType;
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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a model with an adapter: each product with a matrix that the adapter knows gets its two
 * small products added. The model's weights are read as they are.
 */
public final class AdapterOps implements Ops {
  private static final Addition NONE = new Addition(null, null);

  private final Ops ops;
  private final Adapter adapter;
  private final Map<String, Adapter.Pair> pairs;
  private final Arena arena = Arena.ofShared();
  private final Map<Linear, Addition> additions = new IdentityHashMap<>();

  /** The two products that are added to those of a {@link Linear}. */
  private record Addition(Linear down, Linear up) {}

  /**
   * Wraps operations; {@link #close} closes them too.
   *
   * @param pairs by the names of matrices: see {@link Adapter#forModel}
   */
  public AdapterOps(Ops ops, Adapter adapter, Map<String, Adapter.Pair> pairs) {
    this.ops = ops;
    this.adapter = adapter;
    this.pairs = Map.copyOf(pairs);
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    Tensor base = ops.linear(x, linear, precision);
    Addition addition = additions.computeIfAbsent(linear, this::addition);
    if (addition == NONE) {
      return base;
    }
    Tensor low = ops.linear(x, addition.down, precision);
    Tensor high = ops.linear(low, addition.up, precision);
    ops.release(low);
    Tensor sum = ops.add(base, high);
    ops.release(base);
    ops.release(high);
    return sum;
  }

  /** The pairs of the matrices that share an input, as one pair: A stacked, B along a diagonal. */
  private Addition addition(Linear linear) {
    List<Weight> downs = new ArrayList<>();
    int rank = 0;
    for (Weight weight : linear.weights()) {
      Adapter.Pair pair = pairs.get(weight.name());
      if (pair != null) {
        downs.add(weight(weight.name() + ".lora_a", pair.rank(), pair.in(), pair.a()));
        rank += pair.rank();
      }
    }
    if (rank == 0) {
      return NONE;
    }
    float[] up = new float[Math.multiplyExact(linear.out(), rank)];
    int row = 0;
    int column = 0;
    for (Weight weight : linear.weights()) {
      Adapter.Pair pair = pairs.get(weight.name());
      if (pair != null) {
        float scale = adapter.scale(pair);
        for (int i = 0; i < pair.out(); i++) {
          for (int k = 0; k < pair.rank(); k++) {
            up[(row + i) * rank + column + k] = scale * pair.b()[i * pair.rank() + k];
          }
        }
        column += pair.rank();
      }
      row += weight.rows();
    }
    List<Weight> noBias = new ArrayList<>(java.util.Collections.nCopies(downs.size(), null));
    String name = linear.weights().getFirst().name() + ".lora_b";
    return new Addition(Linear.of(downs, noBias), Linear.of(weight(name, linear.out(), rank, up)));
  }

  private Weight weight(String name, int rows, int cols, float[] values) {
    MemorySegment memory = arena.allocate((long) values.length * Float.BYTES, 64);
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
    return Weight.stored(name, DType.F32, rows, cols, memory);
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
  public long workspaceBytes() {
    return ops.workspaceBytes();
  }

  @Override
  public void close() {
    ops.close();
    arena.close();
  }
}
