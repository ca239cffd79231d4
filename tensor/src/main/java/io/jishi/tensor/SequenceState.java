// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import io.jishi.base.JishiException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What a model remembers of one sequence (the KV cache and its kin): per layer either rows paged by
 * tokens or a fixed number of recurrent bytes. Written at positions, never assumed contiguous in
 * memory. For one thread at a time; blocks that forks share are copied before they are written.
 */
public final class SequenceState implements AutoCloseable {
  private final StatePool pool;
  private final long[] offsets;
  private final MemorySegment recurrent;
  private int[] table = new int[4];
  private MemorySegment[] memory = new MemorySegment[4];
  private int blocks;
  private int length;

  SequenceState(StatePool pool) {
    this.pool = pool;
    this.offsets = offsets(pool.spec());
    this.recurrent = pool.spec().hasRecurrent() ? pool.recurrentMemory() : null;
  }

  /** A copy of the recurrent layers at one position, to come back to. */
  public static final class Snapshot {
    private final int length;
    private final MemorySegment recurrent;

    private Snapshot(int length, MemorySegment recurrent) {
      this.length = length;
      this.recurrent = recurrent;
    }

    /** Tokens held when it was taken. */
    public int length() {
      return length;
    }
  }

  /** What this state holds. */
  public StateSpec spec() {
    return pool.spec();
  }

  /** Tokens held. */
  public int length() {
    return length;
  }

  /** Bytes in use, shared blocks counted in full. */
  public long bytes() {
    return blocks * spec().blockBytes() + (recurrent == null ? 0 : spec().recurrentBytes());
  }

  /**
   * Makes room for {@code count} tokens behind the held ones.
   *
   * @throws JishiException.OutOfResources where the pool is exhausted; the state is unchanged
   */
  public void reserve(int count) {
    int needed = (Math.addExact(length, count) + StateSpec.BLOCK - 1) / StateSpec.BLOCK;
    int tail = length / StateSpec.BLOCK;
    if (count > 0 && tail < blocks && pool.shared(table[tail])) {
      makeOwn(tail);
    }
    while (blocks < needed) {
      if (blocks == table.length) {
        table = Arrays.copyOf(table, blocks * 2);
        memory = Arrays.copyOf(memory, blocks * 2);
      }
      table[blocks] = pool.acquire();
      memory[blocks] = pool.memory(table[blocks]);
      blocks++;
    }
  }

  /** Counts {@code count} tokens as held, once all layers have written them. */
  public void advance(int count) {
    if (count < 0 || (long) length + count > (long) blocks * StateSpec.BLOCK) {
      throw new IllegalArgumentException(count + " tokens were not reserved");
    }
    length += count;
  }

  /** A second sequence with the same past; rows are shared until one of the two writes. */
  public SequenceState fork() {
    SequenceState copy = new SequenceState(pool);
    int used = (length + StateSpec.BLOCK - 1) / StateSpec.BLOCK;
    copy.table = Arrays.copyOf(table, Math.max(4, used));
    copy.memory = Arrays.copyOf(memory, Math.max(4, used));
    copy.blocks = used;
    copy.length = length;
    for (int b = 0; b < used; b++) {
      pool.retain(table[b]);
    }
    if (recurrent != null) {
      copy.recurrent.copyFrom(recurrent);
    }
    return copy;
  }

  /**
   * Forgets all tokens from position {@code tokens} on.
   *
   * @throws IllegalStateException where a recurrent layer cannot go back there; {@link #restore} a
   *     snapshot instead
   */
  public void truncate(int tokens) {
    if (tokens < 0 || tokens > length) {
      throw new IllegalArgumentException("cannot cut " + length + " tokens to " + tokens);
    }
    if (recurrent != null && tokens != length && tokens != 0) {
      throw new IllegalStateException(
          "recurrent layers cannot be cut to token " + tokens + ": restore a snapshot");
    }
    if (recurrent != null && tokens == 0) {
      recurrent.fill((byte) 0);
    }
    cut(tokens);
  }

  /** The longest length up to {@code tokens} that {@link #truncate} can cut to. */
  public int reachable(int tokens) {
    return recurrent == null || tokens == length ? tokens : 0;
  }

  /** A point to come back to. */
  public Snapshot snapshot() {
    MemorySegment copy = null;
    if (recurrent != null) {
      copy = pool.recurrentMemory();
      copy.copyFrom(recurrent);
    }
    return new Snapshot(length, copy);
  }

  /**
   * Goes back to a snapshot of this state or of one that it was forked from later on.
   *
   * @throws IllegalArgumentException where the state is shorter than the snapshot
   */
  public void restore(Snapshot snapshot) {
    if (snapshot.length > length) {
      throw new IllegalArgumentException(
          "the snapshot holds " + snapshot.length + " tokens, the state only " + length);
    }
    if (recurrent != null) {
      recurrent.copyFrom(snapshot.recurrent);
    }
    cut(snapshot.length);
  }

  /** The memory of block {@code block}, for backends: keys and values at their offsets. */
  public MemorySegment block(int block) {
    return memory[block];
  }

  /**
   * Where in a block the keys of a layer start, bytes: {@code [keyWidth, BLOCK]}, so that one value
   * of all the block's keys fills vectors and scores need no transposition. Scales of bytes follow,
   * {@code [keyWidth / group, BLOCK]} ({@link StateSpec.Rows#keyScales}).
   */
  public long keyOffset(int layer) {
    return offsets[layer];
  }

  /**
   * Where in a block the values of a layer start, bytes: head after head {@code [BLOCK, headDim]},
   * so that what one head reads is contiguous. Scales of bytes follow in the same order, {@code
   * [BLOCK, headDim / group]} ({@link StateSpec.Rows#valueScales}).
   */
  public long valueOffset(int layer) {
    return offsets[layer] + rows(layer).keyBytes();
  }

  /** What layer {@code layer} holds for each token. */
  public StateSpec.Rows rows(int layer) {
    if (spec().layers().get(layer) instanceof StateSpec.Rows rows) {
      return rows;
    }
    throw new IllegalArgumentException("layer " + layer + " is recurrent");
  }

  /** The bytes of a recurrent layer. */
  public MemorySegment recurrent(int layer) {
    if (spec().layers().get(layer) instanceof StateSpec.Recurrent r) {
      return recurrent.asSlice(offsets[layer], r.bytes());
    }
    throw new IllegalArgumentException("layer " + layer + " holds rows");
  }

  /** Gives the blocks back to the pool; the state is empty afterwards. */
  @Override
  public void close() {
    cut(0);
  }

  private void cut(int tokens) {
    int keep = (tokens + StateSpec.BLOCK - 1) / StateSpec.BLOCK;
    while (blocks > keep) {
      blocks--;
      pool.release(table[blocks]);
      memory[blocks] = null;
    }
    length = tokens;
  }

  private void makeOwn(int block) {
    int copy = pool.acquire();
    MemorySegment target = pool.memory(copy);
    target.copyFrom(memory[block]);
    pool.release(table[block]);
    table[block] = copy;
    memory[block] = target;
  }

  /** Offset of each layer: rows within a block, recurrent bytes within their own memory. */
  private static long[] offsets(StateSpec spec) {
    long[] offsets = new long[spec.layers().size()];
    long rowsAt = 0;
    long recurrentAt = 0;
    for (int l = 0; l < offsets.length; l++) {
      switch (spec.layers().get(l)) {
        case StateSpec.Rows rows -> {
          offsets[l] = rowsAt;
          rowsAt += rows.tokenBytes() * StateSpec.BLOCK;
        }
        case StateSpec.Recurrent r -> {
          offsets[l] = recurrentAt;
          recurrentAt += r.bytes();
        }
      }
    }
    return offsets;
  }
}
