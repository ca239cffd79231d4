// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import io.jishi.base.JishiException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The memory of many sequences' states: blocks with reference counts, made when first needed, used
 * again when free, up to a limit. Safe for use by several threads.
 */
public final class StatePool implements AutoCloseable {
  private final StateSpec spec;
  private int maxBlocks;
  private final Arena arena = Arena.ofShared();
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private MemorySegment[] blocks = new MemorySegment[8];
  private int[] references = new int[8];
  private int made;

  /**
   * A pool for states of one kind.
   *
   * @param maxTokens the most tokens that all sequences may hold together, rounded up to blocks
   */
  public StatePool(StateSpec spec, long maxTokens) {
    this.spec = spec;
    this.maxBlocks = Math.toIntExact((maxTokens + StateSpec.BLOCK - 1) / StateSpec.BLOCK);
  }

  /** What states of this pool hold. */
  public StateSpec spec() {
    return spec;
  }

  /** An empty state. */
  public SequenceState newState() {
    return new SequenceState(this);
  }

  /** Blocks in use. */
  public synchronized int usedBlocks() {
    return made - free.size();
  }

  /** The most blocks that can be in use at a time. */
  public synchronized int capacity() {
    return maxBlocks;
  }

  /** Blocks that can still be had, made already or not. */
  public synchronized int freeBlocks() {
    return maxBlocks - made + free.size();
  }

  /** How many hold a block: states, and whoever called {@link #retain}. */
  public synchronized int references(int block) {
    return references[block];
  }

  /**
   * A free block, held once.
   *
   * @throws JishiException.OutOfResources where all are in use
   */
  public synchronized int acquire() {
    Integer block = free.poll();
    if (block == null) {
      block = make();
    }
    references[block] = 1;
    return block;
  }

  private int make() {
    if (made == maxBlocks) {
      throw new JishiException.OutOfResources(
          "the cache is full: "
              + (long) maxBlocks * StateSpec.BLOCK
              + " tokens; use a smaller context or fewer sequences",
          null);
    }
    if (made == blocks.length) {
      blocks = Arrays.copyOf(blocks, made * 2);
      references = Arrays.copyOf(references, made * 2);
    }
    try {
      blocks[made] = arena.allocate(Math.max(64, spec.blockBytes()), 64);
    } catch (OutOfMemoryError e) {
      maxBlocks = made; // whoever counts free blocks is not told again of what is not there
      throw new JishiException.OutOfResources(
          "no memory for a further cache block of "
              + spec.blockBytes()
              + " bytes; use a smaller context",
          e);
    }
    return made++;
  }

  /** Holds a block that is in use once more, so that it outlives the state that wrote it. */
  public synchronized void retain(int block) {
    checkUsed(block);
    references[block]++;
  }

  /** Gives up one hold on a block; without holds it is free. */
  public synchronized void release(int block) {
    checkUsed(block);
    if (--references[block] == 0) {
      free.push(block);
    }
  }

  private void checkUsed(int block) {
    if (block < 0 || block >= made || references[block] == 0) {
      throw new IllegalStateException("block " + block + " is not in use");
    }
  }

  synchronized boolean shared(int block) {
    return references[block] > 1;
  }

  /** The memory of a block: keys and values at the offsets that a state tells. */
  public synchronized MemorySegment memory(int block) {
    return blocks[block];
  }

  MemorySegment recurrentMemory() {
    return Arena.ofAuto().allocate(Math.max(64, spec.recurrentBytes()), 64);
  }

  /** Gives back all memory; states of this pool must not be used afterwards. */
  @Override
  public void close() {
    arena.close();
  }
}
