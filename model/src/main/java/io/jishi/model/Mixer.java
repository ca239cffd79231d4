// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** The part of a layer that mixes tokens, with its weights. */
sealed interface Mixer extends Part
    permits Mixer.Grouped, Mixer.Bidirectional, Mixer.Latent, RecurrentMixer {

  /** The same with other rotations. */
  default Mixer exchanged(Map<Rope, Rope> ropes) {
    return this;
  }

  /**
   * Attention with grouped heads.
   *
   * @param slot its layer of the states
   * @param input queries, keys, values, and the gate if there is one
   * @param queryNorm a norm of all queries that attention does not know, or null
   * @param keyNorm the same for keys
   * @param attention heads, rotation, norms
   * @param gated whether the result is multiplied by the logistic function of a gate
   * @param output back to the hidden state
   */
  record Grouped(
      int slot,
      Linear input,
      Norm queryNorm,
      Norm keyNorm,
      Attention attention,
      boolean gated,
      Linear output)
      implements Mixer {
    @Override
    public Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision) {
      Tensor qkv = ops.linear(x, input, precision);
      Tensor gate = null;
      if (gated) {
        gate = ops.columns(qkv, attention.inputWidth(), attention.outputWidth());
        gate = Part.then(ops, gate, ops.activate(gate, Activation.SIGMOID));
        qkv = Part.then(ops, qkv, ops.columns(qkv, 0, attention.inputWidth()));
      }
      if (queryNorm != null) {
        qkv = normed(ops, qkv);
      }
      Tensor mixed = ops.attention(qkv, attention, slot, batch);
      ops.release(qkv);
      if (gate != null) {
        mixed = Part.then(ops, mixed, ops.multiply(mixed, gate));
        ops.release(gate);
      }
      return Part.then(ops, mixed, ops.linear(mixed, output, precision));
    }

    @Override
    public Mixer exchanged(Map<Rope, Rope> ropes) {
      Attention a = attention;
      Attention other =
          new Attention(
              a.heads(),
              a.kvHeads(),
              a.headDim(),
              ropes.get(a.rope()),
              a.queryNorm(),
              a.keyNorm(),
              a.eps(),
              a.scale(),
              a.normLast(),
              a.scores());
      return new Grouped(slot, input, queryNorm, keyNorm, other, gated, output);
    }

    private Tensor normed(Ops ops, Tensor qkv) {
      int queries = attention.outputWidth();
      int keys = attention.kvHeads() * attention.headDim();
      Tensor q = ops.columns(qkv, 0, queries);
      q = Part.then(ops, q, ops.norm(q, queryNorm));
      Tensor k = ops.columns(qkv, queries, keys);
      k = Part.then(ops, k, ops.norm(k, keyNorm));
      Tensor v = Part.then(ops, qkv, ops.columns(qkv, queries + keys, keys));
      return join(ops, join(ops, q, k), v);
    }
  }

  /**
   * Attention in both directions.
   *
   * @param input queries, keys, values
   * @param attention heads and rotation
   * @param output back to the hidden state
   */
  record Bidirectional(Linear input, BidirectionalAttention attention, Linear output)
      implements Mixer {
    @Override
    public Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision) {
      Tensor qkv = ops.linear(x, input, precision);
      Tensor mixed = Part.then(ops, qkv, ops.bidirectionalAttention(qkv, attention, batch));
      return Part.then(ops, mixed, ops.linear(mixed, output, precision));
    }

    @Override
    public Mixer exchanged(Map<Rope, Rope> ropes) {
      BidirectionalAttention a = attention;
      BidirectionalAttention other =
          new BidirectionalAttention(
              a.heads(), a.kvHeads(), a.headDim(), ropes.get(a.rope()), a.scale(), a.reach());
      return new Bidirectional(input, other, output);
    }
  }

  /**
   * Latent attention, absorbed: queries go into the space of latent vectors, and what comes out of
   * it goes through each head's value projection.
   *
   * @param slot its layer of the states
   * @param queryA first query projection, or null
   * @param queryNorm norm between the two, or null
   * @param queryB to each head's query
   * @param row to the latent vector and the rotary part
   * @param latentNorm of the latent vector
   * @param absorb for each head from {@code [keyDim + rotary]} to {@code [rank + rotary]}
   * @param attention over latent vectors
   * @param values for each head from {@code [rank]} to its values
   * @param output back to the hidden state
   */
  record Latent(
      int slot,
      Linear queryA,
      Norm queryNorm,
      Linear queryB,
      Linear row,
      Norm latentNorm,
      List<Linear> absorb,
      LatentAttention attention,
      List<Linear> values,
      Linear output)
      implements Mixer {
    @Override
    public Tensor apply(Ops ops, Tensor x, Batch batch, Precision precision) {
      Tensor query = queries(ops, x, precision);
      query = Part.then(ops, query, ops.headLinear(query, absorb, precision));
      Tensor rows = ops.linear(x, row, precision);
      Tensor latent = ops.columns(rows, 0, attention.rank());
      latent = Part.then(ops, latent, ops.norm(latent, latentNorm));
      Tensor rotary = ops.columns(rows, attention.rank(), attention.rotary());
      ops.release(rows);
      rows = join(ops, latent, rotary);
      Tensor mixed = ops.latentAttention(query, rows, attention, slot, batch);
      ops.release(query);
      ops.release(rows);
      mixed = Part.then(ops, mixed, ops.headLinear(mixed, values, precision));
      return Part.then(ops, mixed, ops.linear(mixed, output, precision));
    }

    @Override
    public Mixer exchanged(Map<Rope, Rope> ropes) {
      LatentAttention a = attention;
      LatentAttention other =
          new LatentAttention(a.heads(), a.rank(), a.rotary(), ropes.get(a.rope()), a.scale());
      return new Latent(
          slot, queryA, queryNorm, queryB, row, latentNorm, absorb, other, values, output);
    }

    private Tensor queries(Ops ops, Tensor x, Precision precision) {
      if (queryA == null) {
        return ops.linear(x, queryB, precision);
      }
      Tensor low = ops.linear(x, queryA, precision);
      low = Part.then(ops, low, ops.norm(low, queryNorm));
      return Part.then(ops, low, ops.linear(low, queryB, precision));
    }
  }

  /** Joins two tensors that are not needed any more. */
  static Tensor join(Ops ops, Tensor a, Tensor b) {
    Tensor joined = ops.join(a, b);
    ops.release(a);
    ops.release(b);
    return joined;
  }
}
