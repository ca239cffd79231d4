// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Products with weights whose outputs stand side by side, with biases and adapters; onto a residual
 * where the sum with one followed at once. Nothing is quantised.
 */
final class LinearStep implements Step {
  /**
   * One weight.
   *
   * @param at the first of its columns of the result
   * @param low {@code [tokens, rank]}: scale · A x, or null without an adapter
   */
  record Part(
      Weight weight,
      Trainable trained,
      Weight bias,
      Trainable trainedBias,
      LowRank adapter,
      int at,
      Value low) {
    boolean learns() {
      return trained != null || trainedBias != null || adapter != null;
    }
  }

  private final Value x;
  private final List<Part> parts;
  private final JoinedWeights joined;
  private Value residual;
  private Value out;

  LinearStep(Value x, List<Part> parts, Value out) {
    this.x = x;
    this.parts = parts;
    this.out = out;
    joined = JoinedWeights.of(x.rows, parts);
  }

  /** Takes over the sum with {@code term} that follows. */
  void onto(Value term, Value sum) {
    residual = term;
    out = sum;
  }

  Value residual() {
    return residual;
  }

  Value out() {
    return out;
  }

  @Override
  public List<Value> inputs() {
    return residual == null ? List.of(x) : List.of(x, residual);
  }

  @Override
  public List<Value> outputs() {
    List<Value> all = new ArrayList<>(List.of(out));
    for (Part p : parts) {
      if (p.low != null) {
        all.add(p.low);
      }
    }
    return all;
  }

  @Override
  public List<Value> kept() {
    List<Value> all = new ArrayList<>();
    for (Part p : parts) {
      if (p.low != null) {
        all.add(p.low);
      }
    }
    if (parts.stream().anyMatch(p -> p.trained != null || p.adapter != null)) {
      all.add(x);
    }
    return all;
  }

  @Override
  public boolean learns() {
    return parts.stream().anyMatch(Part::learns);
  }

  @Override
  public long scratchBytes() {
    long most = joined == null ? 0 : joined.bytes();
    for (Part p : parts) {
      most = Math.max(most, WeightProducts.scratchBytes(p.weight));
      most = Math.max(most, p.low == null ? 0 : p.low.bytes());
    }
    return most;
  }

  @Override
  public void forward(Machine m) {
    MemorySegment start = start(m);
    if (joined != null) {
      joined.forward(m, x.rows, x.data(), start, out.data());
    }
    for (Part p : parts) {
      MemorySegment y = WeightProducts.from(out.data(), p.at);
      if (joined == null) {
        MemorySegment d = start == null ? null : WeightProducts.from(start, p.at);
        WeightProducts.forward(m, x.rows, x.data(), x.cols, p.weight, d, y, out.cols);
      }
      if (p.adapter != null) {
        Trainable a = p.adapter.a();
        int rank = a.rows();
        MemorySegment low = p.low.data();
        m.products()
            .multiply(
                x.rows, rank, x.cols, x.data(), x.cols, 1, a.data(), 1, x.cols, low, rank, false);
        Rows.addScaled(m, low, low, x.rows, rank, p.adapter.scale(), false);
        m.products()
            .multiply(
                x.rows,
                p.weight.rows(),
                rank,
                low,
                rank,
                1,
                p.adapter.b().data(),
                1,
                rank,
                y,
                out.cols,
                true);
      }
    }
  }

  /** What the products are added to: the residual, or biases that are written first; or null. */
  private MemorySegment start(Machine m) {
    if (parts.stream().allMatch(p -> p.bias == null)) {
      return residual == null ? null : residual.data();
    }
    float[] bias = new float[out.cols];
    for (Part p : parts) {
      if (p.bias != null) {
        float[] values = new float[p.bias.cols()];
        p.bias.vector(values);
        System.arraycopy(values, 0, bias, p.at, values.length);
      }
    }
    MemorySegment y = out.data();
    int cols = out.cols;
    Rows.each(
        m,
        out.rows,
        (from, to, lane) -> {
          lane.room(cols, 0);
          for (int r = from; r < to; r++) {
            System.arraycopy(bias, 0, lane.a, 0, cols);
            if (residual != null) {
              Rows.read(residual.data(), (long) r * cols, lane.b, cols);
              for (int i = 0; i < cols; i++) {
                lane.a[i] += lane.b[i];
              }
            }
            Rows.write(lane.a, y, (long) r * cols, cols);
          }
        });
    return y;
  }

  @Override
  public void backward(Machine m) {
    if (joined != null) {
      joined.weights(m, x.rows, out.gradient(), x.data());
      if (x.learns) {
        joined.input(m, x.rows, out.gradient(), x.gradient(), x.fill());
      }
    }
    for (Part p : parts) {
      MemorySegment dy = WeightProducts.from(out.gradient(), p.at);
      if (joined == null && p.trained != null) {
        WeightProducts.weight(m, x.rows, dy, out.cols, x.data(), p.trained);
      }
      if (p.trainedBias != null) {
        Rows.columnSums(
            m, out.gradient(), out.rows, out.cols, p.at, p.weight.rows(), p.trainedBias.summed());
      }
      if (joined == null && x.learns) {
        WeightProducts.input(m, x.rows, dy, out.cols, p.weight, x.gradient(), x.fill());
      }
      if (p.adapter != null) {
        adapter(m, p, dy);
      }
    }
    if (residual != null) {
      AddStep.pass(m, residual, out);
    }
  }

  private void adapter(Machine m, Part p, MemorySegment dy) {
    Trainable a = p.adapter.a();
    Trainable b = p.adapter.b();
    int rank = a.rows();
    WeightProducts.weight(m, x.rows, dy, out.cols, p.low.data(), b);
    MemorySegment low = m.scratch(0, p.low.bytes());
    m.products()
        .multiply(x.rows, rank, b.rows(), dy, out.cols, 1, b.data(), rank, 1, low, rank, false);
    Rows.addScaled(m, low, low, x.rows, rank, p.adapter.scale(), false);
    WeightProducts.weight(m, x.rows, low, rank, x.data(), a);
    if (x.learns) {
      m.products()
          .multiply(
              x.rows,
              x.cols,
              rank,
              low,
              rank,
              1,
              a.data(),
              x.cols,
              1,
              x.gradient(),
              x.cols,
              x.fill());
    }
  }
}
