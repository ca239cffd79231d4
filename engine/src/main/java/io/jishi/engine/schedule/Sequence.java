// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.schedule;

import io.jishi.engine.cache.PrefixCache;
import io.jishi.tensor.SequenceState;
import java.util.Arrays;

/**
 * One sequence as the scheduler sees it: tokens of which the first are computed.
 *
 * @param <T> whom it belongs to
 */
public final class Sequence<T> {
  /** The deadline of a sequence that has none. */
  public static final long NEVER = Long.MAX_VALUE;

  /** A step of priority counts as much as having come so much earlier, nanoseconds. */
  public static final long PRIORITY_NANOS = 10_000_000_000L;

  private final T owner;
  private final CacheKey key;
  private final long order;
  private final long deadline;
  private final int prompt;
  private int[] tokens;
  private int length;

  /** The tokens as the cache knows them, so many of them as it was asked about; or null. */
  private int[] keys;

  private int keyed;
  private int reusable = Integer.MAX_VALUE;

  SequenceState state;
  PrefixCache.Cursor cursor;
  Phase phase = Phase.NEW;

  /** Tells those of the same order apart. */
  long number;

  /** Up to here it is computed alone, because a step failed that it was part of. */
  int suspectUntil;

  /** Whether the step that is planned computes some of it. */
  boolean planned;

  private int found = -1;

  /** Where a sequence is. */
  enum Phase {
    NEW,
    WAITING,
    RUNNING,
    ENDED
  }

  /**
   * A sequence that has not been offered yet.
   *
   * @param key what the cache knows it by
   * @param prompt one token at least
   * @param arrival when it came, nanoseconds of any clock
   * @param priority higher goes first, but never forever: {@link #PRIORITY_NANOS}
   * @param deadline when it is to end at the latest, nanoseconds of that clock, or {@link #NEVER}
   */
  public Sequence(T owner, CacheKey key, int[] prompt, long arrival, int priority, long deadline) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("a sequence needs a token to start from");
    }
    if (key.prompt() != null && key.prompt().length > prompt.length) {
      throw new IllegalArgumentException("a key of more tokens than the prompt has");
    }
    this.owner = owner;
    this.key = key;
    this.prompt = prompt.length;
    this.tokens = Arrays.copyOf(prompt, prompt.length + 16);
    this.length = prompt.length;
    this.order = arrival - priority * PRIORITY_NANOS;
    this.deadline = deadline;
  }

  /** Whom it belongs to. */
  public T owner() {
    return owner;
  }

  /** Tokens so far, prompt and answer. */
  public int length() {
    return length;
  }

  /** Tokens of the prompt. */
  public int promptLength() {
    return prompt;
  }

  /** The tokens, {@link #length} of them valid. Not to be changed. */
  public int[] tokens() {
    return tokens;
  }

  /**
   * What the cache knows the tokens by, {@link #length} of them valid: the tokens, unless something
   * else stands there.
   */
  int[] keys() {
    if (key.prompt() == null) {
      return tokens;
    }
    if (keys == null) {
      keys = key.prompt().clone();
      keyed = keys.length;
    }
    if (keys.length < length) {
      keys = Arrays.copyOf(keys, tokens.length);
    }
    for (; keyed < length; keyed++) {
      keys[keyed] = tokens[keyed];
    }
    return keys;
  }

  /** How many of them are computed. */
  public int computed() {
    return state == null ? 0 : state.length();
  }

  /** How many are still to be computed. */
  public int pending() {
    return length - computed();
  }

  /** The state, or null where the sequence holds none now. */
  public SequenceState state() {
    return state;
  }

  /** Tokens that were found in the cache when it was first admitted; -1 before that. */
  public int found() {
    return found;
  }

  void foundFirst(int tokens) {
    if (found < 0) {
      found = tokens;
    }
  }

  /** Whether it waits for its first or next admission. */
  public boolean waiting() {
    return phase == Phase.WAITING;
  }

  /** Adds a token to compute. */
  public void append(int token) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, length * 2);
    }
    tokens[length++] = token;
  }

  /**
   * Says how many of the first tokens may come from the cache, which holds no logits: those before
   * the first whose logits are still wanted. The last token is always computed.
   */
  public void reuseAtMost(int count) {
    reusable = count;
  }

  int reusable() {
    return Math.min(reusable, length - 1);
  }

  long root() {
    return key.root();
  }

  /** Whether this one comes before another: never the same for both. */
  boolean before(Sequence<?> other) {
    long difference = order - other.order;
    return difference < 0 || (difference == 0 && number < other.number);
  }

  boolean expired(long now) {
    return deadline != NEVER && deadline - now < 0;
  }

  boolean suspect() {
    return computed() < suspectUntil;
  }

  /** Whether the next step draws a token after it: all but the last token is computed. */
  boolean generates() {
    return pending() == 1 && length > prompt;
  }
}
