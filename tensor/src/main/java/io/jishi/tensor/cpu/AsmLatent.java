// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Batch;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.cpu.asm.AttentionKernels;
import io.jishi.tensor.cpu.asm.AttentionShape;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.scalar.LatentRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Latent attention by the kernels of grouped attention, to the bit what scalar latent attention
 * gives: the cached rows are the keys of all heads, and their latent part, turned once a block, is
 * the values. A chunk of work is a run of tokens ({@link TokenTiles}) and some heads, which share
 * the turning.
 *
 * <p>Latent vectors of no multiple of four values go to scalar attention.
 */
final class AsmLatent implements LatentRunner {
  private static final int BLOCK = StateSpec.BLOCK;

  /** Heads of a chunk in a prompt: with a whole run of tokens their sums fit into a near cache. */
  private static final int PROMPT_HEADS = 8;

  /** Heads of a chunk where runs are single tokens. */
  private static final int DECODE_HEADS = 32;

  private final Kernels kernels;
  private final LatentRunner scalar;
  private final AttentionWorker[] workers;
  private final List<AttentionKernels> shapes = new ArrayList<>();
  private final LatentRows ready = new LatentRows();
  private final Team.Task preparing = this::prepare;
  private final Team.Task attending = this::attend;
  private Arena queryArena = Arena.ofShared();
  private MemorySegment queries = MemorySegment.NULL;

  private AttentionKernels shape;
  private LatentAttention attention;
  private Batch batch;
  private int layer;
  private StateSpec.Rows cached;
  private Tensor query;
  private Tensor rows;
  private Tensor out;
  private int tiles;

  /** Heads of a chunk. */
  private int heads;

  /** Latent attention for teams of up to {@code threads} threads. */
  AsmLatent(Kernels kernels, LatentRunner scalar, int threads) {
    this.kernels = kernels;
    this.scalar = scalar;
    workers = new AttentionWorker[threads];
    Arrays.setAll(workers, i -> new AttentionWorker());
  }

  @Override
  public void begin() {
    ready.begin();
    scalar.begin();
  }

  @Override
  public void run(
      Team team,
      int width,
      Tensor queryRows,
      Tensor latentRows,
      LatentAttention spec,
      int index,
      Batch tokens,
      Tensor result) {
    shape = shape(spec);
    if (shape == null) {
      scalar.run(team, width, queryRows, latentRows, spec, index, tokens, result);
      return;
    }
    attention = spec;
    batch = tokens;
    layer = index;
    query = queryRows;
    rows = latentRows;
    out = result;
    tiles = TokenTiles.count(batch);
    if (tiles == 0) {
      return;
    }
    cached = batch.state(0).rows(layer);
    heads = headsOfAChunk(width);
    ready.prepare(spec, batch);
    resizeQueries();
    team.run(tiles, width, preparing);
    team.run(tiles * groups(), width, attending);
  }

  /** Work for every thread; a row's result does not depend on it. */
  private int headsOfAChunk(int width) {
    int most = batch.size() > tiles ? PROMPT_HEADS : DECODE_HEADS;
    int shares = Math.max(1, width / tiles);
    return Math.clamp((attention.heads() + shares - 1) / shares, 1, most);
  }

  private int groups() {
    return (attention.heads() + heads - 1) / heads;
  }

  private AttentionKernels shape(LatentAttention spec) {
    for (int i = 0; i < shapes.size(); i++) {
      if (shapes.get(i).shape().fits(spec)) {
        return shapes.get(i);
      }
    }
    AttentionShape wanted = AttentionShape.of(spec);
    if (!wanted.supported()) {
      return null;
    }
    shapes.add(kernels.attention(wanted));
    return shapes.getLast();
  }

  /** Queries are {@code [groups, tokens, heads of the group, rowWidth]}. */
  private void resizeQueries() {
    long bytes = Tensor.bytes(batch.size(), attention.queryWidth());
    if (queries.byteSize() < bytes) {
      queryArena.close();
      queryArena = Arena.ofShared();
      queries = queryArena.allocate(bytes, 64);
    }
  }

  private int headsOf(int group) {
    return Math.min(heads, attention.heads() - group * heads);
  }

  private long queryOffset(int group, int token) {
    long before = (long) group * heads * batch.size() + (long) token * headsOf(group);
    return 4L * attention.rowWidth() * before;
  }

  private void prepare(int chunk, int worker) {
    AttentionWorker w = workers[worker];
    w.tile.find(batch, chunk);
    SequenceState state = batch.state(w.tile.span);
    float[] row = w.row(attention.queryWidth());
    for (int t = w.tile.first; t < w.tile.end; t++) {
      ready.queries(query, t, row, 0);
      for (int g = 0; g < groups(); g++) {
        int from = g * heads * attention.rowWidth();
        int count = headsOf(g) * attention.rowWidth();
        MemorySegment.copy(row, from, queries, ValueLayout.JAVA_FLOAT, queryOffset(g, t), count);
      }
      ready.row(rows, t, row);
      w.cells.writeKeys(state, layer, batch.position(t), row, 0);
    }
  }

  private void attend(int chunk, int worker) {
    AttentionWorker w = workers[worker];
    int group = chunk % groups();
    w.tile.find(batch, tiles - 1 - chunk / groups()); // the longest pasts first
    int first = w.tile.first;
    int count = w.tile.end - first;
    SequenceState state = batch.state(w.tile.span);
    w.rows.begin(shape, count * headsOf(group));
    w.rows.scores(attention.scale(), 0);
    int last = batch.position(w.tile.end - 1) / BLOCK;
    boolean whole = batch.position(first) % BLOCK == BLOCK - 1;
    if (!whole) {
      ranges(w, first, count, headsOf(group));
    }
    for (int b = 0; b <= last; b++) {
      long keys = state.keyOffset(layer);
      MemorySegment block = state.block(b);
      long at = queryOffset(group, first);
      w.rows.merge(cached, queries, at, block, keys, keys, 0, whole || b < last);
    }
    long stride = 4L * attention.outputWidth();
    long offset = stride * first + 4L * group * heads * attention.rank();
    w.rows.finish(count, out.data(), offset, stride, false);
  }

  /** What the tokens of a run see of the block that they are in. */
  private void ranges(AttentionWorker w, int first, int count, int part) {
    for (int i = 0; i < count; i++) {
      int end = batch.position(first + i) % BLOCK + 1;
      for (int h = 0; h < part; h++) {
        w.rows.range(i * part + h, 0, end);
      }
    }
    w.rows.ranged();
  }

  @Override
  public void close() {
    for (AttentionWorker worker : workers) {
      worker.close();
    }
    queryArena.close();
    scalar.close();
  }
}
