// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Batch;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Scores;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Latent attention within each span, in the tiles of {@link AttentionTiles}: all heads share one
 * key, whose latent part is the value too. Queries and rows are turned in place.
 */
final class LatentStep implements Step {
  private final Value queries;
  private final Value rows;
  private final Value out;
  private final LatentAttention spec;
  private final Batch batch;
  private final Rotary rotary;
  private final float[] logSums;

  LatentStep(
      Value queries, Value rows, Value out, LatentAttention spec, Batch batch, Rotary rotary) {
    this.queries = queries;
    this.rows = rows;
    this.out = out;
    this.spec = spec;
    this.batch = batch;
    this.rotary = rotary;
    this.logSums = new float[Math.multiplyExact(batch.size(), spec.heads())];
  }

  @Override
  public List<Value> inputs() {
    return List.of(queries, rows);
  }

  @Override
  public List<Value> outputs() {
    return List.of(out);
  }

  @Override
  public List<Value> kept() {
    return List.of(queries, rows, out);
  }

  @Override
  public boolean learns() {
    return false;
  }

  @Override
  public void forward(Machine m) {
    turn(m, queries.data(), queries.cols, false);
    turn(m, rows.data(), rows.cols, false);
    AttentionTiles.Places places = places(queries.data(), rows.data(), out.data());
    AttentionTiles[] tiles = tiles(m, places);
    int heads = spec.heads();
    m.rows()
        .parallel(
            batch.spans() * heads,
            (chunk, worker) -> tiles[worker].forward(chunk / heads, chunk % heads));
  }

  @Override
  public void backward(Machine m) {
    MemorySegment dQueries = own(m, queries, 0);
    MemorySegment dRows = own(m, rows, Rows.spareBytes(queries));
    AttentionTiles.Places places = places(queries.data(), rows.data(), out.data());
    AttentionTiles.Places gradients = places(dQueries, dRows, out.gradient());
    AttentionTiles[] tiles = tiles(m, places);
    m.rows()
        .parallel(
            batch.spans(), (span, worker) -> tiles[worker].backward(span, 0, gradients, null));
    turn(m, dQueries, queries.cols, true);
    turn(m, dRows, rows.cols, true);
  }

  private MemorySegment own(Machine m, Value v, long spareAt) {
    if (!v.learns) {
      return m.scratch(tileBytes() + spareAt, v.bytes());
    }
    if (v.fill()) {
      throw new IllegalStateException("latent attention is the one reader of its inputs");
    }
    return v.gradient();
  }

  private AttentionTiles[] tiles(Machine m, AttentionTiles.Places places) {
    AttentionTiles.Shape shape =
        new AttentionTiles.Shape(spec.heads(), 1, spec.scale(), Scores.PLAIN, null, true, 0);
    return AttentionTiles.each(m, shape, batch, places, logSums);
  }

  private AttentionTiles.Places places(MemorySegment q, MemorySegment kv, MemorySegment o) {
    int width = spec.rowWidth();
    return new AttentionTiles.Places(
        new HeadPlaces(q, queries.cols, 0, width),
        new HeadPlaces(kv, width, 0, width),
        new HeadPlaces(kv, width, 0, spec.rank()),
        new HeadPlaces(o, out.cols, 0, spec.rank()));
  }

  /** Turns the rotary part of each row of a head's width. */
  private void turn(Machine m, MemorySegment x, int cols, boolean back) {
    if (rotary == null) {
      return;
    }
    rotary.prepare(batch);
    int width = spec.rowWidth();
    Rows.each(
        m,
        batch.size(),
        (from, to, lane) -> {
          lane.room(cols, 0);
          for (int t = from; t < to; t++) {
            Rows.read(x, (long) t * cols, lane.a, cols);
            for (int at = spec.rank(); at < cols; at += width) {
              rotary.table().turn(lane.a, at, batch.position(t), back);
            }
            Rows.write(lane.a, x, (long) t * cols, cols);
          }
        });
  }

  private long tileBytes() {
    return AttentionMemory.bytes(spec.rowWidth(), spec.rank(), false)
        * Runtime.getRuntime().availableProcessors();
  }

  @Override
  public long scratchBytes() {
    return tileBytes() + Rows.spareBytes(queries) + Rows.spareBytes(rows);
  }
}
