// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.WeightedMean;
import java.util.List;

/** Mixers whose memory of a sequence does not grow with it, with their weights. */
sealed interface RecurrentMixer extends Mixer {

  /** A convolution and its layer of the states. */
  record Past(Convolution convolution, int slot) {
    Tensor apply(Ops ops, Tensor x, Batch batch) {
      return ops.convolve(x, convolution, slot, batch);
    }

    /** Over a tensor that is not needed any more, SiLU behind. */
    Tensor activated(Ops ops, Tensor x, Batch batch) {
      Tensor y = Part.then(ops, x, apply(ops, x, batch));
      return Part.then(ops, y, ops.activate(y, Activation.SILU));
    }
  }

  /** A selective state space of the first kind: {@code x, gate = input(u)}. */
  record Mamba(
      Linear input,
      Past past,
      Linear stepIn,
      Linear step,
      StateSpace space,
      int slot,
      Linear output)
      implements RecurrentMixer {
    @Override
    public Tensor apply(Ops ops, Tensor u, Batch batch, Precision precision) {
      int inner = space.outputWidth();
      Tensor both = ops.linear(u, input, precision);
      Tensor x = past.activated(ops, ops.columns(both, 0, inner), batch);
      Tensor low = ops.linear(x, stepIn, precision);
      Tensor dt = ops.columns(low, 0, step.in());
      dt = Part.then(ops, dt, ops.linear(dt, step, precision));
      Tensor bc = Part.then(ops, low, ops.columns(low, step.in(), 2 * space.state()));
      x = Mixer.join(ops, x, bc);
      Tensor y = ops.stateSpace(x, dt, space, slot, batch);
      ops.release(x);
      ops.release(dt);
      Tensor gate = Part.then(ops, both, ops.columns(both, inner, inner));
      y = gated(ops, y, gate, Activation.SILU);
      return Part.then(ops, y, ops.linear(y, output, precision));
    }
  }

  /** A selective state space of the second kind: {@code gate, xBC, dt = input(u)}. */
  record Mamba2(
      Linear input,
      List<Float> scales,
      Past past,
      StateSpace space,
      int slot,
      Norm norm,
      Linear output)
      implements RecurrentMixer {
    @Override
    public Tensor apply(Ops ops, Tensor u, Batch batch, Precision precision) {
      int inner = space.outputWidth();
      int shared = space.groups() * space.state();
      Tensor all = ops.linear(u, input, precision);
      Tensor gate = segment(ops, all, 0, inner, 0);
      Tensor x = segment(ops, all, inner, inner, 1);
      Tensor b = segment(ops, all, 2 * inner, shared, 2);
      Tensor c = segment(ops, all, 2 * inner + shared, shared, 3);
      Tensor dt = segment(ops, all, 2 * inner + 2 * shared, space.heads(), 4);
      ops.release(all);
      x = past.activated(ops, Mixer.join(ops, Mixer.join(ops, x, b), c), batch);
      Tensor y = ops.stateSpace(x, dt, space, slot, batch);
      ops.release(x);
      ops.release(dt);
      y = gated(ops, y, gate, Activation.SILU);
      if (norm != null) {
        y = Part.then(ops, y, ops.norm(y, norm));
      }
      return Part.then(ops, y, ops.linear(y, output, precision));
    }

    private Tensor segment(Ops ops, Tensor all, int from, int count, int index) {
      Tensor part = ops.columns(all, from, count);
      return scales == null ? part : Part.then(ops, part, ops.scale(part, scales.get(index)));
    }
  }

  /** The gated delta rule after one convolution: {@code q, k, v = input(u)}. */
  record GatedDelta(
      Linear input,
      Past past,
      Linear beta,
      Linear alpha,
      Linear gate,
      DeltaRule rule,
      int slot,
      Norm norm,
      Linear output)
      implements RecurrentMixer {
    @Override
    public Tensor apply(Ops ops, Tensor u, Batch batch, Precision precision) {
      Tensor qkv = past.activated(ops, ops.linear(u, input, precision), batch);
      Tensor a = ops.linear(u, alpha, precision);
      Tensor y = ruled(ops, qkv, a, ops.linear(u, beta, precision), rule, slot, batch);
      y = Part.then(ops, y, ops.norm(y, norm));
      y = gated(ops, y, ops.linear(u, gate, precision), Activation.SILU);
      return Part.then(ops, y, ops.linear(y, output, precision));
    }
  }

  /** The delta rule with a decay a channel, after three convolutions. */
  record ChannelDelta(
      Linear query,
      Past queryPast,
      Linear key,
      Past keyPast,
      Linear value,
      Past valuePast,
      Linear decayA,
      Linear decayB,
      Linear beta,
      Linear gateA,
      Linear gateB,
      DeltaRule rule,
      int slot,
      Norm norm,
      Linear output)
      implements RecurrentMixer {
    @Override
    public Tensor apply(Ops ops, Tensor u, Batch batch, Precision precision) {
      Tensor q = queryPast.activated(ops, ops.linear(u, query, precision), batch);
      Tensor k = keyPast.activated(ops, ops.linear(u, key, precision), batch);
      Tensor v = valuePast.activated(ops, ops.linear(u, value, precision), batch);
      Tensor qkv = Mixer.join(ops, Mixer.join(ops, q, k), v);
      Tensor a = ops.linear(u, decayA, precision);
      a = Part.then(ops, a, ops.linear(a, decayB, precision));
      Tensor y = ruled(ops, qkv, a, ops.linear(u, beta, precision), rule, slot, batch);
      y = Part.then(ops, y, ops.norm(y, norm));
      Tensor g = ops.linear(u, gateA, precision);
      g = Part.then(ops, g, ops.linear(g, gateB, precision));
      y = gated(ops, y, g, Activation.SIGMOID);
      return Part.then(ops, y, ops.linear(y, output, precision));
    }
  }

  /**
   * A gated short convolution: {@code output(c ⊙ convolution(b ⊙ x))}, {@code b, c, x = input(u)}.
   */
  record ShortConvolution(Linear input, Past past, Linear output) implements RecurrentMixer {
    @Override
    public Tensor apply(Ops ops, Tensor u, Batch batch, Precision precision) {
      int n = output.in();
      Tensor all = ops.linear(u, input, precision);
      Tensor b = ops.columns(all, 0, n);
      Tensor c = ops.columns(all, n, n);
      Tensor x = Part.then(ops, all, ops.columns(all, 2 * n, n));
      Tensor bx = Part.then(ops, x, ops.multiply(x, b));
      ops.release(b);
      Tensor mixed = Part.then(ops, bx, past.apply(ops, bx, batch));
      Tensor y = Part.then(ops, mixed, ops.multiply(mixed, c));
      ops.release(c);
      return Part.then(ops, y, ops.linear(y, output, precision));
    }
  }

  /** The time mix of RWKV 4. Mixing with the token before is a convolution over two tokens. */
  record TimeMix(
      Past keyMix,
      Linear key,
      Past valueMix,
      Linear value,
      Past receptanceMix,
      Linear receptance,
      WeightedMean mean,
      int slot,
      Linear output)
      implements RecurrentMixer {
    @Override
    public Tensor apply(Ops ops, Tensor u, Batch batch, Precision precision) {
      Tensor k = mixed(ops, u, keyMix, key, batch, precision);
      Tensor v = mixed(ops, u, valueMix, value, batch, precision);
      Tensor y = ops.weightedMean(k, v, mean, slot, batch);
      ops.release(k);
      ops.release(v);
      Tensor r = mixed(ops, u, receptanceMix, receptance, batch, precision);
      y = gated(ops, y, r, Activation.SIGMOID);
      return Part.then(ops, y, ops.linear(y, output, precision));
    }

    private static Tensor mixed(
        Ops ops, Tensor u, Past mix, Linear linear, Batch batch, Precision precision) {
      Tensor x = mix.apply(ops, u, batch);
      return Part.then(ops, x, ops.linear(x, linear, precision));
    }
  }

  private static Tensor ruled(
      Ops ops, Tensor qkv, Tensor a, Tensor b, DeltaRule rule, int slot, Batch batch) {
    Tensor y = ops.deltaRule(qkv, a, b, rule, slot, batch);
    ops.release(qkv);
    ops.release(a);
    ops.release(b);
    return y;
  }

  /** {@code y ⊙ act(gate)}, both not needed any more. */
  private static Tensor gated(Ops ops, Tensor y, Tensor gate, Activation activation) {
    Tensor factor = Part.then(ops, gate, ops.activate(gate, activation));
    Tensor out = Part.then(ops, y, ops.multiply(y, factor));
    ops.release(factor);
    return out;
  }
}
