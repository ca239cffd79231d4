// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Activation;
import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The experts of a mixture with what learns in them.
 *
 * @param inner values between the projections
 */
record Experts(List<Expert> list, Activation activation, boolean gated, int inner) {
  /**
   * One of several weights whose outputs stand side by side, from column {@code at} on.
   *
   * @param adapter beside it, or null
   */
  record Part(
      Weight weight,
      Trainable trained,
      Weight bias,
      Trainable trainedBias,
      LowRank adapter,
      int at) {
    boolean learns() {
      return trained != null || trainedBias != null || adapter != null;
    }

    /** Floats a row of what lies between A and B. */
    int rank() {
      return adapter == null ? 0 : adapter.a().rows();
    }
  }

  /** One expert. */
  record Expert(List<Part> up, List<Part> down) {}

  static Experts of(Mixture mixture, Parameters parameters, Adapters adapters) {
    List<Expert> list = new ArrayList<>();
    for (FeedForward f : mixture.experts()) {
      list.add(
          new Expert(
              parts(f.gateUp(), parameters, adapters), parts(f.down(), parameters, adapters)));
    }
    FeedForward first = mixture.experts().getFirst();
    return new Experts(list, first.activation(), first.gated(), first.down().in());
  }

  static List<Part> parts(Linear linear, Parameters parameters, Adapters adapters) {
    List<Part> parts = new ArrayList<>();
    int at = 0;
    for (int k = 0; k < linear.weights().size(); k++) {
      Weight w = linear.weights().get(k);
      Weight bias = linear.biases().get(k);
      Trainable trainedBias = parameters.of(bias);
      parts.add(new Part(w, parameters.of(w), bias, trainedBias, adapters.of(w), at));
      at += w.rows();
    }
    return parts;
  }

  boolean learns() {
    return list.stream()
        .anyMatch(
            e -> e.up.stream().anyMatch(Part::learns) || e.down.stream().anyMatch(Part::learns));
  }

  /** Columns of the first product. */
  int upWidth() {
    return gated ? 2 * inner : inner;
  }

  long scratchBytes() {
    long most = 0;
    for (Expert e : list) {
      for (Part p : e.up) {
        most = Math.max(most, WeightProducts.scratchBytes(p.weight));
      }
      for (Part p : e.down) {
        most = Math.max(most, WeightProducts.scratchBytes(p.weight));
      }
    }
    return most;
  }

  /** The most ranks of an adapter: as many floats a row lie between A and B, twice. */
  int rank() {
    return list.stream()
        .flatMap(e -> Stream.concat(e.up.stream(), e.down.stream()))
        .mapToInt(Part::rank)
        .max()
        .orElse(0);
  }

  /**
   * {@code y = x · w + b} of all parts.
   *
   * @param low where scratch for adapters begins
   */
  static void forward(
      Machine m,
      List<Part> parts,
      int rows,
      MemorySegment x,
      MemorySegment y,
      int stride,
      long low) {
    for (Part p : parts) {
      boolean biased = p.bias != null;
      if (biased) {
        spread(m, p, rows, y, stride);
      }
      MemorySegment part = WeightProducts.from(y, p.at);
      WeightProducts.forward(m, rows, x, p.weight, part, stride, biased);
      if (p.adapter != null) {
        new LowRankRows(m, p.adapter, rows, low).forward(x, part, stride);
      }
    }
  }

  private static void spread(Machine m, Part p, int rows, MemorySegment y, int stride) {
    float[] bias = new float[p.bias.cols()];
    p.bias.vector(bias);
    Rows.each(
        m,
        rows,
        (from, to, lane) -> {
          for (int r = from; r < to; r++) {
            Rows.write(bias, y, (long) r * stride + p.at, bias.length);
          }
        });
  }

  /** The gradients of weights and biases. */
  static void weights(
      Machine m,
      List<Part> parts,
      int rows,
      MemorySegment dy,
      int stride,
      MemorySegment x,
      long low) {
    for (Part p : parts) {
      if (p.trained != null) {
        WeightProducts.weight(m, rows, WeightProducts.from(dy, p.at), stride, x, p.trained);
      }
      if (p.trainedBias != null) {
        MemorySegment sums = p.trainedBias.summed();
        Rows.columnSums(m, dy, rows, stride, p.at, p.weight.rows(), sums);
      }
      if (p.adapter != null) {
        MemorySegment part = WeightProducts.from(dy, p.at);
        new LowRankRows(m, p.adapter, rows, low).weights(part, stride, x);
      }
    }
  }

  /** The gradient of x. */
  static void input(
      Machine m,
      List<Part> parts,
      int rows,
      MemorySegment dy,
      int stride,
      MemorySegment dx,
      long low) {
    boolean add = false;
    for (Part p : parts) {
      MemorySegment part = WeightProducts.from(dy, p.at);
      WeightProducts.input(m, rows, part, stride, p.weight, dx, add);
      add = true;
      if (p.adapter != null) {
        new LowRankRows(m, p.adapter, rows, low).input(part, stride, dx);
      }
    }
  }

  /** The values between the projections, out of the first product. */
  void activate(Machine m, int rows, MemorySegment up, MemorySegment to) {
    int wide = upWidth();
    Rows.each(
        m,
        rows,
        (from, end, lane) -> {
          lane.room(wide, 0);
          for (int r = from; r < end; r++) {
            Rows.read(up, (long) r * wide, lane.a, wide);
            if (gated) {
              GateStep.forward(activation, lane.a, inner);
            } else {
              new Curve.Act(activation).value(lane.a, inner);
            }
            Rows.write(lane.a, to, (long) r * inner, inner);
          }
        });
  }

  /** The gradient of the first product. */
  void deactivate(Machine m, int rows, MemorySegment up, MemorySegment dInner, MemorySegment dUp) {
    int wide = upWidth();
    Rows.each(
        m,
        rows,
        (from, end, lane) -> {
          lane.room(wide, 0);
          for (int r = from; r < end; r++) {
            Rows.read(up, (long) r * wide, lane.a, wide);
            Rows.read(dInner, (long) r * inner, lane.b, inner);
            if (gated) {
              GateStep.backward(
                  activation, lane.a, lane.b, inner, lane.array(0, inner), lane.array(1, inner));
            } else {
              new Curve.Act(activation).slope(lane.a, inner);
              for (int i = 0; i < inner; i++) {
                lane.a[i] *= lane.b[i];
              }
            }
            Rows.write(lane.a, dUp, (long) r * wide, wide);
          }
        });
  }
}
