// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;

/** The part of a layer that mixes the values of one token, with its weights. */
sealed interface Channel extends Part {

  /** A feed-forward layer. */
  record Dense(FeedForward layer) implements Channel {
    @Override
    public Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision) {
      return ops.feedForward(x, layer, precision);
    }
  }

  /** A feed-forward layer whose gate is multiplied before its activation. */
  record ScaledGate(FeedForward layer, float scale) implements Channel {
    @Override
    public Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision) {
      int inner = layer.down().in();
      Tensor gateUp = ops.linear(x, layer.gateUp(), precision);
      Tensor gate = ops.columns(gateUp, 0, inner);
      gate = Part.then(ops, gate, ops.scale(gate, scale));
      Tensor act = Part.then(ops, gate, ops.activate(gate, layer.activation()));
      Tensor up = Part.then(ops, gateUp, ops.columns(gateUp, inner, inner));
      Tensor y = ops.multiply(act, up);
      ops.release(act);
      ops.release(up);
      return Part.then(ops, y, ops.linear(y, layer.down(), precision));
    }
  }

  /** A feed-forward layer without a gate whose activation is stretched. */
  record Sharp(FeedForward layer, float sharpness) implements Channel {
    @Override
    public Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision) {
      Tensor y = ops.linear(x, layer.gateUp(), precision);
      y = Part.then(ops, y, ops.scale(y, sharpness));
      y = Part.then(ops, y, ops.activate(y, layer.activation()));
      y = Part.then(ops, y, ops.scale(y, 1 / sharpness));
      return Part.then(ops, y, ops.linear(y, layer.down(), precision));
    }
  }

  /**
   * A mixture of experts.
   *
   * @param shared the layer for all, or null
   * @param sharedGate to what its result is multiplied by, or null
   */
  record Mixture(io.jishi.tensor.Mixture mixture, FeedForward shared, Linear sharedGate)
      implements Channel {
    @Override
    public Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision) {
      Tensor chosen = ops.mixture(x, mixture, precision);
      if (shared == null) {
        return chosen;
      }
      Tensor all = ops.feedForward(x, shared, precision);
      if (sharedGate != null) {
        Tensor gate = ops.linear(x, sharedGate, precision);
        gate = Part.then(ops, gate, ops.activate(gate, Activation.SIGMOID));
        all = Part.then(ops, all, ops.multiply(all, gate));
        ops.release(gate);
      }
      Tensor sum = ops.add(chosen, all);
      ops.release(chosen);
      ops.release(all);
      return sum;
    }
  }

  /**
   * The channel mix of RWKV 4. Mixing with the token before is a convolution over two tokens.
   *
   * @param keySlot state of the keys' mix
   * @param receptanceSlot of the receptances'
   */
  record ChannelMix(
      int keySlot,
      Convolution keyMix,
      int receptanceSlot,
      Convolution receptanceMix,
      FeedForward layer,
      Linear receptance)
      implements Channel {
    @Override
    public Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision) {
      Tensor k = ops.convolve(x, keyMix, keySlot, batch);
      Tensor value = Part.then(ops, k, ops.feedForward(k, layer, precision));
      Tensor r = ops.convolve(x, receptanceMix, receptanceSlot, batch);
      r = Part.then(ops, r, ops.linear(r, receptance, precision));
      r = Part.then(ops, r, ops.activate(r, Activation.SIGMOID));
      Tensor y = ops.multiply(value, r);
      ops.release(value);
      ops.release(r);
      return y;
    }
  }
}
