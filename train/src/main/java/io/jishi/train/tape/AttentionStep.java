// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention within each span, causal or in both directions, in tiles that are matrix products
 * (FlashAttention-2, Dao 2023): of the probabilities only the logarithms of their sums are kept,
 * the backward pass makes them again. A chunk of work is one head of one span forwards, one
 * key-value head of one span backwards, so that no sum is shared.
 */
final class AttentionStep implements Step {
  private final Value qkv;

  /** Queries and keys as they meet; null where they take the place of those in {@link #qkv}. */
  private final Value turned;

  private final Value out;
  private final Attention attention;
  private final Batch batch;
  private final HeadTurns turns;
  private final Trainable sinks;

  /** How many tokens behind its own a query sees. */
  private final int ahead;

  private final float[] logSums;

  AttentionStep(
      Value qkv,
      Value turned,
      Value out,
      Attention attention,
      Batch batch,
      HeadTurns turns,
      Trainable sinks,
      int ahead) {
    this.qkv = qkv;
    this.turned = turned;
    this.out = out;
    this.attention = attention;
    this.batch = batch;
    this.turns = turns;
    this.sinks = sinks;
    this.ahead = ahead;
    this.logSums = new float[Math.multiplyExact(batch.size(), attention.heads())];
  }

  @Override
  public List<Value> inputs() {
    return List.of(qkv);
  }

  @Override
  public List<Value> outputs() {
    return turned == null ? List.of(out) : List.of(out, turned);
  }

  @Override
  public List<Value> kept() {
    List<Value> all = new ArrayList<>(List.of(qkv, out));
    if (turned != null) {
      all.add(turned);
    }
    return all;
  }

  @Override
  public boolean learns() {
    return turns.learns() || sinks != null;
  }

  private Value met() {
    return turned == null ? qkv : turned;
  }

  private int group() {
    return attention.heads() / attention.kvHeads();
  }

  @Override
  public void forward(Machine m) {
    turns.begin();
    int heads = attention.heads();
    int kvHeads = attention.kvHeads();
    if (group() > 1) { // several chunks read a key: it is turned before
      m.rows()
          .parallel(
              batch.spans() * kvHeads,
              (chunk, worker) -> turn(m.lane(worker), chunk / kvHeads, heads + chunk % kvHeads));
    }
    AttentionTiles[] tiles = AttentionTiles.each(m, shape(), batch, places(), logSums);
    m.rows()
        .parallel(
            batch.spans() * heads,
            (chunk, worker) -> {
              int span = chunk / heads;
              int head = chunk % heads;
              turn(m.lane(worker), span, head);
              if (group() == 1) {
                turn(m.lane(worker), span, heads + head);
              }
              tiles[worker].forward(span, head);
            });
  }

  private void turn(Machine.Lane lane, int span, int head) {
    turns.forward(lane, span, head, qkv, met());
  }

  @Override
  public void backward(Machine m) {
    if (qkv.fill()) {
      throw new IllegalStateException("attention is the one reader of its input");
    }
    int heads = attention.heads();
    int kvHeads = attention.kvHeads();
    int chunks = batch.spans() * kvHeads;
    AttentionTiles.Places gradients = places(qkv.gradient(), qkv, out.gradient());
    double[] sinkSums = sinks == null ? null : new double[batch.spans() * heads];
    float[][] gainSums = turns.gainSums(chunks);
    AttentionTiles[] tiles = AttentionTiles.each(m, shape(), batch, places(), logSums);
    m.rows()
        .parallel(
            chunks,
            (chunk, worker) -> {
              int span = chunk / kvHeads;
              int kvHead = chunk % kvHeads;
              float[] sums = gainSums == null ? null : gainSums[chunk];
              tiles[worker].backward(span, kvHead, gradients, sinkSums);
              for (int h = kvHead * group(); h < (kvHead + 1) * group(); h++) {
                turns.backward(m.lane(worker), span, h, qkv, sums);
              }
              turns.backward(m.lane(worker), span, heads + kvHead, qkv, sums);
            });
    turns.end(gainSums);
    if (sinks != null) {
      addSinks(sinkSums);
    }
  }

  private void addSinks(double[] sums) {
    float[] all = new float[attention.heads()];
    Rows.read(sinks.summed(), 0, all, all.length);
    for (int i = 0; i < sums.length; i++) {
      all[i % all.length] += (float) sums[i];
    }
    Rows.write(all, sinks.gradient(), 0, all.length);
  }

  private AttentionTiles.Shape shape() {
    float[] values = null;
    if (attention.scores().sinks() != null) {
      values = new float[attention.heads()];
      attention.scores().sinks().vector(values);
    }
    return new AttentionTiles.Shape(
        attention.heads(),
        attention.kvHeads(),
        attention.scale(),
        attention.scores(),
        values,
        false,
        ahead);
  }

  private AttentionTiles.Places places() {
    return places(met().data(), met(), out.data());
  }

  /** Values are never turned: they stand in the input, and their gradients in its gradient. */
  private AttentionTiles.Places places(MemorySegment heads, Value of, MemorySegment results) {
    int dim = attention.headDim();
    int keys = attention.outputWidth();
    int values = keys + attention.kvHeads() * dim;
    return new AttentionTiles.Places(
        new HeadPlaces(heads, of.cols, 0, dim),
        new HeadPlaces(heads, of.cols, keys, dim),
        new HeadPlaces(of == qkv ? heads : qkv.data(), qkv.cols, values, dim),
        new HeadPlaces(results, out.cols, 0, dim));
  }

  @Override
  public long scratchBytes() {
    int dim = attention.headDim();
    return AttentionMemory.bytes(dim, dim, attention.scores().softCap() != 0)
        * Runtime.getRuntime().availableProcessors();
  }
}
