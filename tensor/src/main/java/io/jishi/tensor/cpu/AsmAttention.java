// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Rope;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.AttentionKernels;
import io.jishi.tensor.cpu.asm.AttentionShape;
import io.jishi.tensor.cpu.asm.Kernels;
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
 * <p>Heads, or rotated parts of them, that are no multiple of 16 values go to scalar attention, and
 * so does all that is not {@link Attention#plain}.
 */
final class AsmAttention implements AttentionRunner {
  private static final int BLOCK = StateSpec.BLOCK;

  private final Kernels kernels;
  private final AttentionRunner scalar;
  private final AttentionWorker[] workers;
  private final List<AttentionKernels> shapes = new ArrayList<>();
  private final List<AngleTable> tables = new ArrayList<>();
  private final Team.Task preparing = this::prepare;
  private final Team.Task attending = this::attend;
  private final Arena arena = Arena.ofShared();
  private Arena queryArena = Arena.ofShared();
  private MemorySegment queries = MemorySegment.NULL;
  private MemorySegment queryGain = MemorySegment.NULL;
  private MemorySegment keyGain = MemorySegment.NULL;
  private float[] gain = new float[0];

  private AttentionKernels shape;
  private AngleTable angles;
  private Attention attention;
  private Batch batch;
  private int layer;
  private DType type;
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
    for (int i = 0; i < tables.size(); i++) {
      tables.get(i).begin();
    }
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
    type = batch.state(0).rows(layer).type();
    angles = spec.rope() == null ? null : angles(spec.rope());
    loadGains();
    resizeQueries();
    team.run(tiles, width, preparing);
    team.run(tiles * spec.kvHeads(), width, attending);
  }

  /** The kernels of a layer; null where there are none. */
  private AttentionKernels shape(Attention spec) {
    if (!spec.plain()) {
      return null;
    }
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

  private AngleTable angles(Rope rope) {
    for (int i = 0; i < tables.size(); i++) {
      if (tables.get(i).rope() == rope) {
        return tables.get(i);
      }
    }
    AngleTable table = null;
    for (int i = 0; table == null && i < tables.size(); i++) {
      table = tables.get(i).rope() == null ? tables.get(i) : null;
    }
    if (table == null) {
      table = new AngleTable();
      tables.add(table);
    }
    table.prepare(rope, batch);
    return table;
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
    MemorySegment block = state.block(batch.position(w.tile.first) / BLOCK);
    int heads = attention.kvHeads();
    int dim = attention.headDim();
    long keyAt = 4L * attention.outputWidth();
    long valueAt = keyAt + 4L * heads * dim;
    MemorySegment keys = w.keys(4L * heads * dim);
    for (int t = w.tile.first; t < w.tile.end; t++) {
      long row = 4L * attention.inputWidth() * t;
      int slot = batch.position(t) % BLOCK;
      if (angles != null) {
        w.token.angles(angles.memory(), angles.offset(t));
      }
      w.token.norm(attention.queryNorm() == null ? null : queryGain, attention.eps());
      long stride = queryOffset(1, t) - queryOffset(0, t);
      w.token.heads(shape, in.data(), row, heads, group(), queries, queryOffset(0, t), stride);
      w.token.norm(attention.keyNorm() == null ? null : keyGain, attention.eps());
      w.token.heads(shape, in.data(), row + keyAt, 1, heads, keys, 0, 4L * heads * dim);
      w.token.keys(shape, type, keys, heads, block, state.keyOffset(layer), slot);
      long values = state.valueOffset(layer);
      w.token.values(shape, type, in.data(), row + valueAt, heads, block, values, slot);
    }
  }

  private void attend(int chunk, int worker) {
    AttentionWorker w = workers[worker];
    int head = chunk % attention.kvHeads();
    w.tile.find(batch, tiles - 1 - chunk / attention.kvHeads()); // the longest pasts first
    int first = w.tile.first;
    int count = w.tile.end - first;
    SequenceState state = batch.state(w.tile.span);
    w.rows.begin(shape, count * group());
    int last = batch.position(w.tile.end - 1) / BLOCK;
    boolean whole = batch.position(first) % BLOCK == BLOCK - 1;
    if (!whole) {
      ranges(w, first, count);
    }
    long start = (long) head * BLOCK * attention.headDim() * type.blockBytes();
    for (int b = 0; b <= last; b++) {
      w.rows.merge(
          type,
          queries,
          queryOffset(head, first),
          state.block(b),
          state.keyOffset(layer) + start,
          state.valueOffset(layer) + start,
          attention.scale(),
          whole || b < last);
    }
    long offset =
        4L * (attention.outputWidth() * (long) first + head * group() * attention.headDim());
    w.rows.finish(count, out.data(), offset, 4L * attention.outputWidth());
  }

  /** What the tokens of a run see of the block that they are in. */
  private void ranges(AttentionWorker w, int first, int count) {
    int group = group();
    for (int i = 0; i < count; i++) {
      int end = batch.position(first + i) % BLOCK + 1;
      for (int h = 0; h < group; h++) {
        w.rows.range(i * group + h, 0, end);
      }
    }
    w.rows.ranged();
  }

  @Override
  public void close() {
    for (AttentionWorker worker : workers) {
      worker.close();
    }
    for (AngleTable table : tables) {
      table.close();
    }
    queryArena.close();
    arena.close();
    scalar.close();
  }
}
