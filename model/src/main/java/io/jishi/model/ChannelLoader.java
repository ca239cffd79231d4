// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Routing;
import io.jishi.tensor.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds the feed-forward layers and mixtures of a layer over its tensors. */
final class ChannelLoader {
  private final Tensors tensors;
  private final Linears linears;
  private final int width;
  private final boolean packExperts;

  ChannelLoader(Tensors tensors, Linears linears, int width, boolean packExperts) {
    this.tensors = tensors;
    this.linears = linears;
    this.width = width;
    this.packExperts = packExperts;
  }

  Channel dense(int l, DecoderSpec.FeedForward f) {
    FeedForward layer =
        layer(l, f, TensorRole.GATE, TensorRole.UP, TensorRole.GATE_UP, TensorRole.DOWN);
    return f.gateScale() == 1
        ? new Channel.Dense(layer)
        : new Channel.ScaledGate(layer, f.gateScale());
  }

  Channel sharp(int l, DecoderSpec.SharpFeedForward s) {
    Linear up = linears.linear(l, TensorRole.UP, s.inner(), width, s.bias());
    Linear down = linears.linear(l, TensorRole.DOWN, width, s.inner(), s.bias());
    return new Channel.Sharp(new FeedForward(up, down, s.activation()), s.sharpness());
  }

  private FeedForward layer(
      int l,
      DecoderSpec.FeedForward f,
      TensorRole gate,
      TensorRole up,
      TensorRole both,
      TensorRole down) {
    Linear out = linears.linear(l, down, width, f.inner(), f.bias());
    return new FeedForward(gateUp(l, f, gate, up, both), out, f.activation());
  }

  private Linear gateUp(
      int l, DecoderSpec.FeedForward f, TensorRole gate, TensorRole up, TensorRole both) {
    if (!f.gated()) {
      return linears.linear(l, up, f.inner(), width, f.bias());
    }
    if (tensors.has(both, l)) {
      return linears.linear(l, both, 2 * f.inner(), width, f.bias());
    }
    if (!tensors.has(gate, l) && tensors.rows(up, l) == 2L * f.inner()) {
      return linears.linear(l, up, 2 * f.inner(), width, f.bias()); // GGUF names them by one
    }
    return linears.joined(l, width, f.bias(), List.of(gate, up), f.inner(), f.inner());
  }

  Channel mixture(int l, DecoderSpec.Mixture m) {
    Routing r = m.routing();
    Weight choice = m.choiceBias() ? tensors.vector(TensorRole.CHOICE_BIAS, l, r.experts()) : null;
    Routing routing =
        new Routing(
            r.experts(),
            r.chosen(),
            r.scoring(),
            choice,
            r.groups(),
            r.openGroups(),
            r.groupTop(),
            r.normalise(),
            r.scale());
    Linear router = linears.linear(l, TensorRole.ROUTER, r.experts(), width, m.routerBias());
    FeedForward shared =
        m.shared() == null
            ? null
            : layer(
                l,
                m.shared(),
                TensorRole.SHARED_GATE,
                TensorRole.SHARED_UP,
                TensorRole.SHARED_GATE_UP,
                TensorRole.SHARED_DOWN);
    Linear gate =
        m.sharedGate() ? linears.linear(l, TensorRole.SHARED_ROUTER, 1, width, false) : null;
    return new Channel.Mixture(
        new Mixture(router, routing, experts(l, r.experts(), m.expert())), shared, gate);
  }

  /**
   * Experts are packed where memory allows, since a step packs what it reads from the file anew;
   * else they stay as the file stores them, and those that nobody chooses are never read.
   */
  private List<FeedForward> experts(int l, int count, DecoderSpec.FeedForward f) {
    int inner = f.inner();
    Weight[][] in;
    Weight[][] inBiases;
    if (tensors.has(TensorRole.EXPERT_GATE_UP, l)) {
      in = new Weight[][] {tensors.experts(TensorRole.EXPERT_GATE_UP, l, count, 2 * inner, width)};
      inBiases = new Weight[][] {biases(TensorRole.EXPERT_GATE_UP, l, f, count, 2 * inner)};
      if (tensors.checkpoint().interleavedGate()) {
        in = new Weight[][] {every(in[0], 0), every(in[0], 1)};
        inBiases = new Weight[][] {every(inBiases[0], 0), every(inBiases[0], 1)};
      }
    } else {
      in =
          new Weight[][] {
            tensors.experts(TensorRole.EXPERT_GATE, l, count, inner, width),
            tensors.experts(TensorRole.EXPERT_UP, l, count, inner, width)
          };
      inBiases =
          new Weight[][] {
            biases(TensorRole.EXPERT_GATE, l, f, count, inner),
            biases(TensorRole.EXPERT_UP, l, f, count, inner)
          };
    }
    Weight[] down = tensors.experts(TensorRole.EXPERT_DOWN, l, count, width, inner);
    Weight[] downBias = biases(TensorRole.EXPERT_DOWN, l, f, count, width);
    List<FeedForward> layers = new ArrayList<>();
    for (int e = 0; e < count; e++) {
      List<Weight> weights = new ArrayList<>();
      List<Weight> biases = new ArrayList<>();
      for (int k = 0; k < in.length; k++) {
        weights.add(ready(in[k][e]));
        biases.add(inBiases[k][e]);
      }
      layers.add(
          new FeedForward(
              Linear.of(weights, biases),
              Linear.of(List.of(ready(down[e])), Arrays.asList(downBias[e])),
              f.activation()));
    }
    return layers;
  }

  private Weight ready(Weight expert) {
    return packExperts ? tensors.prepared(expert) : tensors.multiplied(expert);
  }

  private Weight[] biases(TensorRole role, int l, DecoderSpec.FeedForward f, int count, int size) {
    return f.bias() ? tensors.expertBiases(role, l, count, size) : new Weight[count];
  }

  /** Every second row of each matrix, or value of each vector. */
  private Weight[] every(Weight[] weights, int first) {
    Weight[] half = new Weight[weights.length];
    for (int e = 0; e < weights.length; e++) {
      Weight w = weights[e];
      if (w != null && w.rows() > 1) {
        int[] order = new int[w.rows() / 2];
        Arrays.setAll(order, i -> 2 * i + first);
        half[e] = tensors.rows(w, w.name(), order);
      } else if (w != null) {
        int[] order = new int[w.cols() / 2];
        Arrays.setAll(order, i -> 2 * i + first);
        half[e] = tensors.values(w, order);
      }
    }
    return half;
  }
}
