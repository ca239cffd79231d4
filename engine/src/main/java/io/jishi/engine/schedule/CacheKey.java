// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.schedule;

/**
 * What the cache knows the beginning of a sequence by, besides its tokens. All sequences that go on
 * from one prompt have the same.
 *
 * @param root see {@link io.jishi.engine.cache.PrefixCache#adopt}
 * @param prompt what stands for the first tokens, where that is something else: equal where what
 *     stands there is the same, below 0 where it is no token; null where all are tokens
 */
public record CacheKey(long root, int[] prompt) {
  /** Tokens alone. */
  public static CacheKey of(long root) {
    return new CacheKey(root, null);
  }
}
