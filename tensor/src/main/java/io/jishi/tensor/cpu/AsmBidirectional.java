// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.cpu.asm.AttentionKernels;
import io.jishi.tensor.cpu.asm.AttentionShape;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.scalar.HeadRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Attention in both directions by the kernels of causal attention, to the bit what plain Java
 * gives. First the tokens are made ready, runs of them at a time ({@link SpanTiles}): rotation,
 * queries sorted by key-value head, keys and values as floats into blocks that lie like those of a
 * cache but last for the call alone. Then each run and key-value head is a chunk of work that goes
 * through the blocks that it reaches, in ascending order.
 *
 * <p>Plain Java makes tokens ready where heads, or rotated parts of them, are no multiple of 16
 * values. Heads of less than four values go to plain Java as a whole.
 */
final class AsmBidirectional implements BidirectionalRunner {
  private static final int BLOCK = StateSpec.BLOCK;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Kernels kernels;
  private final BidirectionalRunner scalar;
  private final AttentionWorker[] workers;
  private final AngleTables tables = new AngleTables();
  private final HeadRows heads = new HeadRows();
  private final SpanTiles tiles = new SpanTiles();
  private final Team.Task preparing = this::prepare;
  private final Team.Task attending = this::attend;
  private final ScanBuffer queries = new ScanBuffer();
  private final ScanBuffer blocks = new ScanBuffer();

  /** How many tokens the angles are of. */
  private int turned;

  private AttentionKernels shape;
  private AngleTable angles;
  private Attention attention;
  private int reach;
  private StateSpec.Rows rows;
  private Tensor in;
  private Tensor out;

  /** Attention for teams of up to {@code threads} threads. */
  AsmBidirectional(Kernels kernels, BidirectionalRunner scalar, int threads) {
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
      Team team, int width, Tensor qkv, BidirectionalAttention spec, Batch batch, Tensor result) {
    attention = spec.causal();
    AttentionShape wanted = AttentionShape.of(attention);
    if (!wanted.supported()) {
      scalar.run(team, width, qkv, spec, batch, result);
      return;
    }
    shape = kernels.attention(wanted);
    reach = spec.reach();
    in = qkv;
    out = result;
    tiles.lay(batch);
    turn(batch);
    int keys = attention.kvHeads() * attention.headDim();
    rows = new StateSpec.Rows(keys, keys, DType.F32);
    queries.resize(batch.size(), attention.outputWidth());
    blocks.resize(tiles.blocks(), Math.toIntExact(blockBytes() / 4));
    team.run(tiles.count(), width, preparing);
    team.run(tiles.count() * attention.kvHeads(), width, attending);
  }

  private void turn(Batch batch) {
    if (turned != batch.size()) {
      begin(); // a tower may merge its tokens in the middle of a step
      turned = batch.size();
    }
    if (!shape.shape().wholeHeads()) {
      heads.prepare(attention, batch);
    } else {
      angles = tables.of(attention.rope(), batch);
    }
  }

  private long blockBytes() {
    return rows.tokenBytes() * BLOCK;
  }

  private int group() {
    return attention.heads() / attention.kvHeads();
  }

  /** Queries are {@code [kvHeads, tokens, group, headDim]}: rows that share keys are contiguous. */
  private long queryOffset(int head, int token) {
    return 4L * attention.headDim() * group() * ((long) head * in.rows() + token);
  }

  private void prepare(int tile, int worker) {
    AttentionWorker w = workers[worker];
    int start = tiles.spanStart(tile);
    for (int i = tiles.first(tile); i < tiles.end(tile); i++) {
      long block = blockBytes() * (tiles.firstBlock(tile) + i / BLOCK);
      if (shape.shape().wholeHeads()) {
        token(w, start + i, block, i % BLOCK);
      } else {
        plainToken(w, start + i, block, i % BLOCK);
      }
    }
  }

  private void token(AttentionWorker w, int t, long block, int slot) {
    int count = attention.kvHeads();
    long stride = queryOffset(1, t) - queryOffset(0, t);
    w.heads(
        shape, attention, angles, null, null, in, t, queries.memory(), queryOffset(0, t), stride);
    w.token.keys(shape, DType.F32, w.keys(), count, blocks.memory(), block, slot);
    long values = 4L * (attention.inputWidth() * (t + 1L) - rows.valueWidth());
    long to = block + rows.keyBytes();
    w.token.values(shape, DType.F32, in.data(), values, count, blocks.memory(), to, slot);
  }

  private void plainToken(AttentionWorker w, int t, long block, int slot) {
    int dim = attention.headDim();
    float[] row = w.row(attention.inputWidth());
    heads.read(in, t, row);
    int part = group() * dim;
    int keys = attention.outputWidth();
    MemorySegment memory = blocks.memory();
    for (int h = 0; h < attention.kvHeads(); h++) {
      MemorySegment.copy(row, h * part, queries.memory(), FLOAT, queryOffset(h, t), part);
      for (int i = h * dim; i < (h + 1) * dim; i++) {
        memory.set(FLOAT, block + 4L * (i * BLOCK + slot), row[keys + i]);
      }
      long to = block + rows.keyBytes() + 4L * dim * (h * BLOCK + slot);
      MemorySegment.copy(row, keys + rows.keyWidth() + h * dim, memory, FLOAT, to, dim);
    }
  }

  private void attend(int chunk, int worker) {
    AttentionWorker w = workers[worker];
    int head = chunk % attention.kvHeads();
    int tile = chunk / attention.kvHeads();
    int first = tiles.first(tile);
    int count = tiles.end(tile) - first;
    int length = tiles.spanLength(tile);
    int token = tiles.spanStart(tile) + first;
    w.rows.begin(shape, count * group());
    w.rows.scores(attention.scale(), 0);
    int last = (endKey(tiles.end(tile) - 1, length) - 1) / BLOCK;
    for (int b = firstKey(first) / BLOCK; b <= last; b++) {
      int from = b * BLOCK;
      boolean whole =
          firstKey(tiles.end(tile) - 1) <= from && endKey(first, length) >= from + BLOCK;
      if (!whole) {
        ranges(w, first, count, from, length);
      }
      long block = blockBytes() * (tiles.firstBlock(tile) + b);
      w.rows.merge(
          rows,
          queries.memory(),
          queryOffset(head, token),
          blocks.memory(),
          block,
          block + rows.keyBytes(),
          head,
          whole);
    }
    long offset =
        4L * (attention.outputWidth() * (long) token + head * group() * attention.headDim());
    w.rows.finish(count, out.data(), offset, 4L * attention.outputWidth(), false);
  }

  /** The first key that a token of a sequence sees. */
  private int firstKey(int token) {
    return reach == 0 ? 0 : Math.max(0, token - reach);
  }

  /** The end of the keys that a token of a sequence sees. */
  private int endKey(int token, int length) {
    return reach == 0 ? length : Math.min(length, token + reach + 1);
  }

  /** What the tokens of a run see of the block that begins at key {@code block}. */
  private void ranges(AttentionWorker w, int first, int count, int block, int length) {
    for (int i = 0; i < count; i++) {
      int from = Math.max(0, firstKey(first + i) - block);
      int end = Math.min(BLOCK, endKey(first + i, length) - block);
      boolean none = from >= end;
      for (int row = i * group(); row < (i + 1) * group(); row++) {
        w.rows.range(row, none ? 0 : from, none ? 0 : end);
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
    queries.close();
    blocks.close();
    scalar.close();
  }
}
