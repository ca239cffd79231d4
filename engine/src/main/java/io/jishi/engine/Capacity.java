// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;

/**
 * For how many callers an engine works at a time. More callers side by side give more tokens per
 * second in all, and each of them fewer.
 *
 * @param sequences that run side by side; more wait
 * @param cacheTokens tokens whose keys and values are held, for those that run and for prefixes
 *     that may come again; 0 takes what {@code sequences} of full context need, or as much as a
 *     half of the free memory holds. Never less than one full context
 * @param chunk tokens of prompts in a step in which nobody generates
 * @param mixedChunk tokens of prompts in a step in which others generate, who wait for it
 * @param memory the most bytes that weights, cache and workspace may take together; 0 takes what
 *     the machine or its container has. Experts of mixtures that stay in the file are not counted:
 *     the system takes their pages back when it needs them
 */
public record Capacity(int sequences, long cacheTokens, int chunk, int mixedChunk, long memory) {
  /** The most sequences side by side. */
  public static final int MAX_SEQUENCES = 1024;

  /** The most tokens of a step. */
  public static final int MAX_CHUNK = 8192;

  /** Sixteen callers side by side, steps of 256 tokens, of 64 beside others. */
  public static final Capacity DEFAULT = new Capacity(16, 0, 256, 64, 0);

  /** Refuses what cannot run. */
  public Capacity {
    check(sequences >= 1 && sequences <= MAX_SEQUENCES, "sequences", "1 to " + MAX_SEQUENCES);
    check(cacheTokens >= 0, "cacheTokens", "0 or more");
    check(chunk >= 1 && chunk <= MAX_CHUNK, "chunk", "1 to " + MAX_CHUNK);
    check(mixedChunk >= 1 && mixedChunk <= MAX_CHUNK, "mixedChunk", "1 to " + MAX_CHUNK);
    check(memory >= 0, "memory", "0 or more bytes");
  }

  private static void check(boolean ok, String field, String wanted) {
    if (!ok) {
      throw new JishiException.BadRequest(field, field + " must be " + wanted);
    }
  }

  /** The same for another number of callers. */
  public Capacity withSequences(int count) {
    return new Capacity(count, cacheTokens, chunk, mixedChunk, memory);
  }

  /** The same with another size of the cache. */
  public Capacity withCacheTokens(long tokens) {
    return new Capacity(sequences, tokens, chunk, mixedChunk, memory);
  }

  /** The same with other sizes of steps. */
  public Capacity withChunks(int alone, int mixed) {
    return new Capacity(sequences, cacheTokens, alone, mixed, memory);
  }

  /** The same with another limit of memory. */
  public Capacity withMemory(long bytes) {
    return new Capacity(sequences, cacheTokens, chunk, mixedChunk, bytes);
  }
}
