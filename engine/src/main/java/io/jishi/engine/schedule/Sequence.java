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

  /** Whether it waits for others, with nothing to compute. */
  boolean paused;

  private int found = -1;

  /** Guesses behind the last token, in the array of tokens, that the step computes too. */
  private int guesses;

  private long allGuesses;
  private long allAccepted;
  private int acceptedLast;

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

  /** One that was not offered yet, for another owner, of the same place in the order. */
  public Sequence<T> sibling(T other, int[] allTokens) {
    return new Sequence<>(other, key, allTokens, order, 0, deadline);
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

  /** It waits until a token is appended: it is not computed anew where it loses its memory. */
  public void pause() {
    paused = true;
  }

  /** Whether it is of the same place in the order as another. */
  boolean beside(Sequence<?> other) {
    return order == other.order;
  }

  /**
   * Adds a token to compute. Where it is the one that was guessed, it is computed already; where it
   * is not, what was computed of guesses is taken back.
   *
   * @return whether it was guessed, so that there are logits behind it
   */
  public boolean append(int token) {
    paused = false;
    if (guesses > 0 && tokens[length] == token) {
      guesses--;
      length++;
      acceptedLast++;
      allAccepted++;
      return true;
    }
    takeBack();
    ensure(length + 1);
    tokens[length++] = token;
    return false;
  }

  /** Puts guesses behind the last token. */
  void guess(int[] guessed, int count) {
    ensure(length + count);
    System.arraycopy(guessed, 0, tokens, length, count);
    guesses = count;
    allGuesses += count;
  }

  /** Takes back guesses, and what was computed of them. */
  void takeBack() {
    if (guesses > 0) {
      guesses = 0;
      if (state != null && state.length() > length) {
        state.truncate(length);
      }
    }
  }

  void stepBegins() {
    acceptedLast = 0;
  }

  /** Guesses of the last step that have come true. */
  public int acceptedLast() {
    return acceptedLast;
  }

  /** Guesses that were computed, of all steps. */
  public long guessed() {
    return allGuesses;
  }

  /** Those of them that have come true: tokens that took no step of their own. */
  public long accepted() {
    return allAccepted;
  }

  private void ensure(int size) {
    if (size > tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(size, length * 2));
    }
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
