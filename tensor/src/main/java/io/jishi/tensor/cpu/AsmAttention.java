// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Scores;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.AttentionKernels;
import io.jishi.tensor.cpu.asm.AttentionShape;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.scalar.AttentionTask;
import io.jishi.tensor.cpu.scalar.HeadRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Attention by emitted kernels, to the bit what scalar attention gives. First the tokens are made
 * ready, runs of them at a time ({@link TokenTiles}): norms, rotation, keys and values into the
 * cache, queries sorted by key-value head. Then each run and key-value head is a chunk of work that
 * goes through the sequence's blocks in ascending order.
 *
 * <p>Plain Java makes tokens ready where heads, or rotated parts of them, are no multiple of 16
 * values, and writes a cache of bytes. Heads of less than four values go to scalar attention.
 */
final class AsmAttention implements AttentionRunner {
  private static final int BLOCK = StateSpec.BLOCK;

  private final Kernels kernels;
  private final AttentionRunner scalar;
  private final AttentionWorker[] workers;
  private final List<AttentionKernels> shapes = new ArrayList<>();
  private final AngleTables tables = new AngleTables();
  private final Team.Task preparing = this::prepare;
  private final Team.Task attending = this::attend;
  private final HeadRows heads = new HeadRows();
  private final Arena arena = Arena.ofShared();
  private Arena queryArena = Arena.ofShared();
  private MemorySegment queries = MemorySegment.NULL;
  private MemorySegment queryGain = MemorySegment.NULL;
  private MemorySegment keyGain = MemorySegment.NULL;
  private float[] gain = new float[0];
  private float[] sinks = new float[0];

  private AttentionKernels shape;
  private AngleTable angles;
  private Attention attention;
  private Batch batch;
  private int layer;
  private StateSpec.Rows cached;
  private Tensor in;
  private Tensor out;
  private int tiles;

  /** Attention for teams of up to {@code threads} threads. */
  AsmAttention(Kernels kernels, AttentionRunner scalar, int threads) {
    this.kernels = kernels;
    this.scalar = scalar;
    workers = new AttentionWorker[threads];
    Arrays.setAll(workers, i -> new AttentionWorker());
  }

  @Override
  public void begin() {
    tables.begin();
    heads.begin();
    scalar.begin();
  }

  @Override
  public void run(
      Team team, int width, Tensor qkv, Attention spec, int index, Batch tokens, Tensor result) {
    shape = shape(spec);
    if (shape == null) {
      scalar.run(team, width, qkv, spec, index, tokens, result);
      return;
    }
    attention = spec;
    batch = tokens;
    layer = index;
    in = qkv;
    out = result;
    tiles = TokenTiles.count(batch);
    if (tiles == 0) {
      return;
    }
    cached = batch.state(0).rows(layer);
    if (shape.shape().wholeHeads()) {
      angles = tables.of(spec.rope(), batch);
      loadGains();
    } else {
      heads.prepare(spec, batch);
    }
    loadSinks();
    resizeQueries();
    team.run(tiles, width, preparing);
    team.run(tiles * spec.kvHeads(), width, attending);
  }

  /** The kernels of a layer; null where there are none. */
  private AttentionKernels shape(Attention spec) {
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

  private void loadGains() {
    queryGain = gain(attention.queryNorm(), queryGain);
    keyGain = gain(attention.keyNorm(), keyGain);
  }

  private MemorySegment gain(Weight norm, MemorySegment old) {
    if (norm == null) {
      return old;
    }
    int dim = attention.headDim();
    if (gain.length != dim) {
      gain = new float[dim];
    }
    norm.vector(gain);
    MemorySegment floats = old.byteSize() >= 4L * dim ? old : arena.allocate(4L * dim, 64);
    MemorySegment.copy(gain, 0, floats, ValueLayout.JAVA_FLOAT, 0, dim);
    return floats;
  }

  private void loadSinks() {
    if (attention.scores().sinks() != null) {
      if (sinks.length != attention.heads()) {
        sinks = new float[attention.heads()];
      }
      attention.scores().sinks().vector(sinks);
    }
  }

  /** Queries are {@code [kvHeads, tokens, group, headDim]}: rows that share keys are contiguous. */
  private void resizeQueries() {
    long bytes = Tensor.bytes(batch.size(), attention.outputWidth());
    if (queries.byteSize() < bytes) {
      queryArena.close();
      queryArena = Arena.ofShared();
      queries = queryArena.allocate(bytes, 64);
    }
  }

  private int group() {
    return attention.heads() / attention.kvHeads();
  }

  private long queryOffset(int head, int token) {
    return 4L * attention.headDim() * group() * ((long) head * batch.size() + token);
  }

  private void prepare(int chunk, int worker) {
    AttentionWorker w = workers[worker];
    w.tile.find(batch, chunk);
    SequenceState state = batch.state(w.tile.span);
    for (int t = w.tile.first; t < w.tile.end; t++) {
      if (shape.shape().wholeHeads()) {
        token(w, state, t);
      } else {
        plainToken(w, state, t);
      }
    }
  }

  private void token(AttentionWorker w, SequenceState state, int t) {
    int heads = attention.kvHeads();
    w.heads(
        shape,
        attention,
        angles,
        attention.queryNorm() == null ? null : queryGain,
        attention.keyNorm() == null ? null : keyGain,
        in,
        t,
        queries,
        queryOffset(0, t),
        queryOffset(1, t) - queryOffset(0, t));
    MemorySegment keys = w.keys();
    if (cached.type() == DType.Q8_0) {
      bytes(w, state, t, keys);
      return;
    }
    int slot = batch.position(t) % BLOCK;
    MemorySegment block = state.block(batch.position(t) / BLOCK);
    w.token.keys(shape, cached.type(), keys, heads, block, state.keyOffset(layer), slot);
    long values = state.valueOffset(layer);
    long valueAt = 4L * (attention.inputWidth() * (t + 1L) - heads * attention.headDim());
    w.token.values(shape, cached.type(), in.data(), valueAt, heads, block, values, slot);
  }

  /** Rounds a token's keys and values to bytes. */
  private void bytes(AttentionWorker w, SequenceState state, int t, MemorySegment keys) {
    int dim = attention.headDim();
    int count = attention.kvHeads() * dim;
    float[] row = w.row(count);
    MemorySegment.copy(keys, ValueLayout.JAVA_FLOAT, 0, row, 0, count);
    w.cells.writeKeys(state, layer, batch.position(t), row, 0);
    in.read(t, attention.outputWidth() + count, row, 0, count);
    w.cells.writeValues(state, layer, batch.position(t), dim, row, 0);
  }

  private void plainToken(AttentionWorker w, SequenceState state, int t) {
    int dim = attention.headDim();
    int queryWidth = attention.outputWidth();
    float[] row = w.row(attention.inputWidth());
    heads.read(in, t, row);
    int part = group() * dim;
    for (int h = 0; h < attention.kvHeads(); h++) {
      MemorySegment.copy(row, h * part, queries, ValueLayout.JAVA_FLOAT, queryOffset(h, t), part);
    }
    w.cells.writeKeys(state, layer, batch.position(t), row, queryWidth);
    int valuesAt = queryWidth + attention.kvHeads() * dim;
    w.cells.writeValues(state, layer, batch.position(t), dim, row, valuesAt);
  }

  private void attend(int chunk, int worker) {
    AttentionWorker w = workers[worker];
    int head = chunk % attention.kvHeads();
    w.tile.find(batch, tiles - 1 - chunk / attention.kvHeads()); // the longest pasts first
    int first = w.tile.first;
    int count = w.tile.end - first;
    SequenceState state = batch.state(w.tile.span);
    Scores scores = attention.scores();
    w.rows.begin(shape, count * group());
    w.rows.scores(attention.scale(), scores.softCap());
    int last = batch.position(w.tile.end - 1) / BLOCK;
    for (int b = firstKey(first) / BLOCK; b <= last; b++) {
      boolean whole =
          firstKey(w.tile.end - 1) <= b * BLOCK && batch.position(first) >= (b + 1) * BLOCK - 1;
      if (!whole || scores.slopes() != null) {
        ranges(w, first, count, head, b);
      }
      w.rows.merge(
          cached,
          queries,
          queryOffset(head, first),
          state.block(b),
          state.keyOffset(layer),
          state.valueOffset(layer),
          head,
          whole);
    }
    boolean sunk = scores.sinks() != null;
    for (int row = 0; sunk && row < count * group(); row++) {
      float sink = sinks[head * group() + row % group()];
      w.rows.extra(row, AttentionTask.weight(sink, w.rows.max(row)));
    }
    long offset =
        4L * (attention.outputWidth() * (long) first + head * group() * attention.headDim());
    w.rows.finish(count, out.data(), offset, 4L * attention.outputWidth(), sunk);
  }

  /** The first key that a token sees. */
  private int firstKey(int t) {
    int window = attention.scores().window();
    return window == 0 ? 0 : Math.max(0, batch.position(t) - window + 1);
  }

  /** What the tokens of a run see of a block, and how far they are from it. */
  private void ranges(AttentionWorker w, int first, int count, int head, int block) {
    int group = group();
    float[] slopes = attention.scores().slopes();
    for (int i = 0; i < count; i++) {
      int position = batch.position(first + i);
      int from = Math.max(0, firstKey(first + i) - block * BLOCK);
      int end = Math.min(BLOCK, position + 1 - block * BLOCK);
      boolean none = from >= end;
      for (int h = 0; h < group; h++) {
        int row = i * group + h;
        w.rows.range(row, none ? 0 : from, none ? 0 : end);
        if (slopes != null) {
          w.rows.slope(row, slopes[head * group + h], block * BLOCK - position);
        }
      }
    }
    w.rows.ranged();
  }

  @Override
  public void close() {
    for (AttentionWorker worker : workers) {
      worker.close();
    }
    tables.close();
    queryArena.close();
    arena.close();
    scalar.close();
  }
}
