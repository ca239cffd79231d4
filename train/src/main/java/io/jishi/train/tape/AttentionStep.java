// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Causal attention within each span, in tiles that are matrix products (FlashAttention-2, Dao
 * 2023): of the probabilities only the logarithms of their sums are kept, the backward pass makes
 * them again. A chunk of work is one head of one span forwards, one key-value head of one span
 * backwards, so that no sum is shared.
 */
final class AttentionStep implements Step {
  private final Value qkv;

  /** Queries and keys as they meet; null where they take the place of those in {@link #qkv}. */
  private final Value turned;

  private final Value out;
  private final Attention attention;
  private final Batch batch;
  private final HeadTurns turns;
  private final float[] logSums;

  AttentionStep(
      Value qkv, Value turned, Value out, Attention attention, Batch batch, HeadTurns turns) {
    this.qkv = qkv;
    this.turned = turned;
    this.out = out;
    this.attention = attention;
    this.batch = batch;
    this.turns = turns;
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
    return turns.learns();
  }

  private Value met() {
    return turned == null ? qkv : turned;
  }

  @Override
  public void forward(Machine m) {
    turns.forward(m, qkv.data(), qkv.cols, met().data(), met().cols);
    int heads = attention.heads();
    m.rows()
        .parallel(
            batch.spans() * heads,
            (chunk, worker) -> {
              AttentionTiles tiles = tiles(m, worker);
              tiles.forward(chunk / heads, chunk % heads);
            });
  }

  @Override
  public void backward(Machine m) {
    if (qkv.fill()) {
      throw new IllegalStateException("attention is the one reader of its input");
    }
    int heads = attention.kvHeads();
    m.rows()
        .parallel(
            batch.spans() * heads,
            (chunk, worker) -> {
              AttentionTiles tiles = tiles(m, worker);
              tiles.backward(chunk / heads, chunk % heads, qkv.gradient(), out.gradient());
            });
    turns.backward(m, qkv.data(), qkv.gradient(), qkv.cols);
  }

  private AttentionTiles tiles(Machine m, int worker) {
    return new AttentionTiles(
        m, worker, attention, batch, met().data(), met().cols, qkv.data(), out.data(), logSums);
  }

  @Override
  public long scratchBytes() {
    return AttentionTiles.SCRATCH_BYTES * Runtime.getRuntime().availableProcessors();
  }
}
