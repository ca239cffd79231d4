// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.tensor.DType;
import io.jishi.tensor.ForwardingOps;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
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
public final class AdapterOps extends ForwardingOps {
  private static final Addition NONE = new Addition(null, null);

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
    super(ops);
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
  public void close() {
    ops.close();
    arena.close();
  }
}
