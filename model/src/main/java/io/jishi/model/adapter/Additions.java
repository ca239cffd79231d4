// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.tensor.DType;
import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** The small products of one adapter, made when a matrix first asks for them. */
final class Additions implements AutoCloseable {
  private static final Addition NONE = new Addition(null, null);

  private final Adapter adapter;
  private final Map<Weight, Adapter.Pair> pairs;
  private final Arena arena = Arena.ofShared();
  private final Map<Linear, Addition> made = new IdentityHashMap<>();
  private final Map<Mixture, Boolean> mixtures = new IdentityHashMap<>();

  /** The two products that are added to those of a {@link Linear}. */
  record Addition(Linear down, Linear up) {
    /** {@code up · (scale · down · x)}. */
    Tensor apply(Ops ops, Tensor x, float scale, Precision precision) {
      Tensor low = ops.linear(x, down, precision);
      if (scale != 1) {
        Tensor scaled = ops.scale(low, scale);
        ops.release(low);
        low = scaled;
      }
      Tensor high = ops.linear(low, up, precision);
      ops.release(low);
      return high;
    }
  }

  /**
   * The products of an adapter.
   *
   * @param pairs by weights: see {@link Adapter#forModel}
   */
  Additions(Adapter adapter, Map<Weight, Adapter.Pair> pairs) {
    this.adapter = adapter;
    this.pairs = new IdentityHashMap<>(pairs);
  }

  /** What is added to a product, or null. */
  Addition of(Linear linear) {
    Addition addition = made.computeIfAbsent(linear, this::addition);
    return addition == NONE ? null : addition;
  }

  /** Whether anything is added in a mixture. */
  boolean in(Mixture mixture) {
    return mixtures.computeIfAbsent(
        mixture,
        m ->
            of(m.router()) != null
                || m.experts().stream().anyMatch(e -> of(e.gateUp()) != null || in(e)));
  }

  private boolean in(FeedForward expert) {
    return of(expert.down()) != null;
  }

  /** The pairs of the matrices that share an input, as one pair: A stacked, B along a diagonal. */
  private Addition addition(Linear linear) {
    List<Weight> downs = new ArrayList<>();
    int rank = 0;
    for (Weight weight : linear.weights()) {
      Adapter.Pair pair = pairs.get(weight);
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
      Adapter.Pair pair = pairs.get(weight);
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
    List<Weight> noBias = new ArrayList<>(Collections.nCopies(downs.size(), null));
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
    arena.close();
  }
}
