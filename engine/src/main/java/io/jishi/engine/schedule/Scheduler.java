// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.schedule;

import io.jishi.base.JishiException;
import io.jishi.engine.cache.PrefixCache;
import io.jishi.tensor.StateSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Who computes next: a state machine over waiting and running sequences and the blocks of a cache.
 *
 * <p>All sequences stand in one fixed order, that of their arrival, which priority moves to an
 * earlier time. The order never changes, so no sequence is overtaken without end. The first of the
 * running ones always gets its blocks: from those nobody uses, else from the last one in the order,
 * which waits again and is computed anew later (mostly from the cache). Since the pool holds at
 * least one sequence of full length, the first one goes on with every step, ends, and makes place.
 *
 * <p>A step takes one token of each sequence that generates, and fills up with prompts: half for
 * the first one in the order, the rest for the shortest. A sequence waits with its start while
 * another computes a beginning that both have.
 *
 * <p>Several sequences of one request that go on together may {@link Sequence#pause} for each
 * other: one that pauses keeps its memory as long as those it waits for do not need it.
 *
 * <p>What a step has left may compute guesses of the next tokens of those that generate: they take
 * no block but free ones, are no part of the sequence until a token that is drawn equals them, and
 * come into the cache only then.
 *
 * <p>Use: {@link #offer} sequences, then again and again {@link #plan}, perhaps {@link #guess},
 * compute, {@link #computed}, {@link Sequence#append} drawn tokens, {@link #drawn}, {@link #end}.
 * For one thread at a time. Longer than other files: the rules share one state, and are checked
 * together.
 *
 * @param <T> whom sequences belong to
 */
public final class Scheduler<T> {
  private final Limits limits;
  private final PrefixCache cache;
  private final List<Sequence<T>> waiting = new ArrayList<>();
  private final List<Sequence<T>> running = new ArrayList<>();
  private final List<Sequence<T>> prompts = new ArrayList<>();
  private final Step<T> step = new Step<>();
  private final Comparator<Sequence<T>> byPending = Comparator.comparingInt(Sequence::pending);
  private long preemptions;
  private long offered;
  private int spareTokens;

  /** A scheduler without sequences, over the blocks of a cache. */
  public Scheduler(Limits limits, PrefixCache cache) {
    this.limits = limits;
    this.cache = cache;
  }

  /** Lets a new sequence wait for its turn. */
  public void offer(Sequence<T> sequence) {
    if (sequence.phase != Sequence.Phase.NEW) {
      throw new IllegalStateException("the sequence was offered before");
    }
    sequence.number = offered++;
    enqueue(sequence);
  }

  private void enqueue(Sequence<T> sequence) {
    sequence.phase = Sequence.Phase.WAITING;
    insert(waiting, sequence);
  }

  /** Inserts in order, from the end: most come in order. */
  private void insert(List<Sequence<T>> list, Sequence<T> sequence) {
    int at = list.size();
    while (at > 0 && sequence.before(list.get(at - 1))) {
      at--;
    }
    list.add(at, sequence);
  }

  /**
   * Decides on the next step and sees to its memory.
   *
   * @return valid until the next call; empty where no sequence is left, or where the machine cannot
   *     hold even the first one
   */
  public Step<T> plan() {
    step.clear();
    spareTokens = 0;
    Sequence<T> suspect = suspect();
    if (suspect != null) {
      planAlone(suspect);
      return step;
    }
    admit();
    for (int i = 0; i < running.size(); i++) {
      Sequence<T> sequence = running.get(i);
      if (sequence.generates() && room(sequence, 1)) {
        step.add(sequence, 1);
      }
    }
    int generating = step.size();
    planPrompts(generating == 0 ? limits.tokens() : limits.mixedTokens());
    spareTokens = Math.max(0, limits.mixedTokens() - (step.tokens() - generating));
    return step;
  }

  /** Tokens that the planned step may compute besides: what prompts beside others have left. */
  public int spareTokens() {
    return spareTokens;
  }

  /**
   * Lets the planned step compute guesses behind the last token of a sequence that generates.
   *
   * @param i its place in the step
   * @return how many of them, from the first on: fewer where the step or the memory has no room
   */
  public int guess(int i, int[] guesses, int count) {
    Sequence<T> sequence = step.sequence(i);
    if (cache.pool().spec().hasRecurrent() || !step.completes(i) || step.guesses(i) > 0) {
      throw new IllegalStateException("this sequence cannot take guesses");
    }
    int own = step.count(i);
    int most = Math.min(count, spareTokens);
    while (most > 0 && sequence.state.missingBlocks(own + most) > cache.pool().freeBlocks()) {
      most--;
    }
    try {
      sequence.state.reserve(own + Math.max(0, most));
    } catch (JishiException.OutOfResources e) { // the machine has less than the pool may hold
      most = 0;
    }
    if (most <= 0) {
      return 0;
    }
    sequence.guess(guesses, most);
    step.guess(i, most);
    spareTokens -= most;
    return most;
  }

  private Sequence<T> suspect() {
    for (int i = 0; i < running.size(); i++) {
      if (running.get(i).suspect()) {
        return running.get(i);
      }
    }
    return null;
  }

  private void planAlone(Sequence<T> sequence) {
    int count = chunk(sequence, limits.mixedTokens());
    while (!room(sequence, count)) {
      if (running.size() == 1) {
        return;
      }
      preempt(running.get(running.getLast() == sequence ? running.size() - 2 : running.size() - 1));
    }
    step.add(sequence, count);
  }

  /**
   * Deals out the tokens of a step to prompts: half of them to the one that comes first, so that
   * each comes to its end, the others to the shortest, so that many get their first token soon.
   */
  private void planPrompts(int tokens) {
    prompts.clear();
    for (int i = 0; i < running.size(); i++) {
      if (!running.get(i).generates() && !running.get(i).paused) {
        prompts.add(running.get(i));
      }
    }
    if (prompts.isEmpty()) {
      return;
    }
    Sequence<T> first = prompts.removeFirst();
    prompts.sort(byPending);
    int left = tokens - Math.min(first.pending(), (tokens + 1) / 2);
    for (int i = 0; i < prompts.size() && left > 0; i++) {
      left -= planPrompt(prompts.get(i), left);
    }
    planPrompt(first, left + Math.min(first.pending(), (tokens + 1) / 2));
  }

  /** Plans at most {@code most} tokens of a prompt; how many it were. */
  private int planPrompt(Sequence<T> sequence, int most) {
    if (sequence.phase != Sequence.Phase.RUNNING) { // preempted for one before it
      return 0;
    }
    int count = chunk(sequence, most);
    if (!room(sequence, count)) {
      return 0;
    }
    step.add(sequence, count);
    return count;
  }

  /** How many of at most {@code most} tokens are computed together. */
  private int chunk(Sequence<T> sequence, int most) {
    int count = Math.min(most, sequence.pending());
    if (!limits.borders()) {
      return count;
    }
    int block = StateSpec.BLOCK;
    int border = (sequence.computed() + count) / block * block;
    return border > sequence.computed() ? border - sequence.computed() : count;
  }

  /**
   * Sees to it that a sequence can grow: by blocks that nobody uses, else by those of sequences
   * that come after it. One that finds none waits for a later step and keeps what it has.
   */
  private boolean room(Sequence<T> sequence, int count) {
    while (!cache.makeRoom(sequence.state.missingBlocks(count))) {
      Sequence<T> victim = lastAfter(sequence);
      if (victim == null) {
        return false;
      }
      preempt(victim);
    }
    try {
      sequence.state.reserve(count);
      return true;
    } catch (JishiException.OutOfResources e) { // the machine has less than the pool may hold
      return cache.pool().freeBlocks() == 0 && room(sequence, count);
    }
  }

  /**
   * The last of the running sequences that comes after this one and is not planned, else one that
   * waits for this one, else null.
   */
  private Sequence<T> lastAfter(Sequence<T> sequence) {
    for (int i = running.size() - 1; i >= 0; i--) {
      Sequence<T> other = running.get(i);
      if (other == sequence || other.before(sequence)) {
        break;
      }
      if (!other.planned) {
        return other;
      }
    }
    for (int i = running.size() - 1; i >= 0; i--) {
      Sequence<T> other = running.get(i);
      if (other.paused && other != sequence && other.beside(sequence)) {
        return other;
      }
    }
    return null;
  }

  /** Takes a running sequence's memory; it waits, and is computed anew when its turn comes. */
  private void preempt(Sequence<T> victim) {
    drop(victim, true);
    running.remove(victim);
    enqueue(victim);
    preemptions++;
  }

  private void drop(Sequence<T> sequence, boolean remember) {
    sequence.takeBack();
    if (sequence.state != null) {
      if (remember && sequence.cursor != null) {
        cache.finish(sequence.state, sequence.cursor, sequence.keys());
      }
      sequence.state.close();
      sequence.state = null;
      sequence.cursor = null;
    }
  }

  /** Lets waiting sequences start, in order, as long as there is place. */
  private void admit() {
    for (int i = 0; i < waiting.size(); ) {
      Sequence<T> next = waiting.get(i);
      if (next.paused) {
        i++;
        continue;
      }
      if (running.size() >= limits.sequences() && lastAfter(next) == null) {
        return;
      }
      if (sharesWithRunning(next)) {
        i++;
        continue;
      }
      if (!start(next)) {
        return;
      }
      waiting.remove(next); // not its place: one that paused for it may stand before it now
      next.phase = Sequence.Phase.RUNNING;
      insert(running, next);
    }
  }

  /** Gives a sequence its state, with what the cache knows; not where its tokens do not fit. */
  private boolean start(Sequence<T> sequence) {
    sequence.state = cache.pool().newState();
    sequence.cursor =
        cache.adopt(sequence.state, sequence.root(), sequence.keys(), sequence.reusable());
    int missing = sequence.state.missingBlocks(sequence.pending());
    while (running.size() >= limits.sequences() || (!running.isEmpty() && spare() < missing)) {
      Sequence<T> victim = lastAfter(sequence);
      if (victim == null) {
        drop(sequence, false);
        return false;
      }
      preempt(victim);
    }
    sequence.foundFirst(sequence.state.length());
    return true;
  }

  /** Blocks that can be had, less those that running sequences need for the tokens they have. */
  private int spare() {
    int spare = cache.pool().freeBlocks() + cache.unusedBlocks();
    for (int i = 0; i < running.size(); i++) {
      spare -= running.get(i).state.missingBlocks(running.get(i).pending());
    }
    return spare;
  }

  /** Whether one that runs is about to compute at least a block of what this one needs too. */
  private boolean sharesWithRunning(Sequence<T> sequence) {
    int block = StateSpec.BLOCK;
    for (int i = 0; i < running.size(); i++) {
      Sequence<T> other = running.get(i);
      if (other.root() != sequence.root() || other.generates() || sequence.reusable() < block) {
        continue;
      }
      int common = common(sequence, other) / block * block;
      if (common > other.computed() && common >= block + known(sequence)) {
        return true;
      }
    }
    return false;
  }

  private int known(Sequence<T> sequence) {
    return cache.match(sequence.root(), sequence.keys(), sequence.reusable());
  }

  private static int common(Sequence<?> a, Sequence<?> b) {
    int most = Math.min(a.reusable(), b.length());
    int at = Arrays.mismatch(a.keys(), 0, most, b.keys(), 0, most);
    return at < 0 ? most : at;
  }

  /** Remembers what a step has computed, except behind guesses. */
  public void computed() {
    for (int i = 0; i < step.size(); i++) {
      if (step.guesses(i) == 0) {
        remember(step.sequence(i));
      }
    }
  }

  /** The tokens of a step are drawn: what was guessed in vain is taken back by now. */
  public void drawn() {
    for (int i = 0; i < step.size(); i++) {
      if (step.guesses(i) > 0 && step.sequence(i).phase == Sequence.Phase.RUNNING) {
        step.sequence(i).takeBack();
        remember(step.sequence(i));
      }
    }
  }

  private void remember(Sequence<T> sequence) {
    if (sequence.cursor != null) {
      cache.insert(sequence.state, sequence.cursor, sequence.keys());
    }
  }

  /**
   * Takes back a step that failed. Each of its sequences is computed alone until it is past this
   * point, so that the one at fault is found.
   *
   * @return the sequence at fault where it was alone already, else null
   */
  public Sequence<T> failed() {
    boolean alone = step.size() == 1 && step.sequence(0).suspect();
    for (int i = 0; i < step.size(); i++) {
      Sequence<T> sequence = step.sequence(i);
      sequence.takeBack();
      sequence.suspectUntil = step.start(i) + step.count(i) - step.guesses(i);
      if (cache.pool().spec().hasRecurrent()) { // overwritten halfway
        drop(sequence, false);
        running.remove(sequence);
        enqueue(sequence);
      } else {
        sequence.state.truncate(Math.min(step.start(i), sequence.state.length()));
      }
    }
    return alone ? step.sequence(0) : null;
  }

  /**
   * Lets a sequence that was not offered start where another one stands, on the same memory until
   * they differ. Both have the same tokens.
   */
  public void fork(Sequence<T> from, Sequence<T> to) {
    if (from.phase != Sequence.Phase.RUNNING || running.size() >= limits.sequences()) {
      offer(to);
      return;
    }
    to.state = from.state.fork();
    to.cursor = from.cursor == null ? null : from.cursor.copy();
    to.number = offered++;
    to.foundFirst(to.state.length());
    to.phase = Sequence.Phase.RUNNING;
    insert(running, to);
  }

  /** Ends a sequence in whatever phase; its memory stays in the cache as long as there is place. */
  public void end(Sequence<T> sequence) {
    switch (sequence.phase) {
      case WAITING -> waiting.remove(sequence);
      case RUNNING -> {
        drop(sequence, true);
        running.remove(sequence);
      }
      case NEW, ENDED -> {}
    }
    sequence.phase = Sequence.Phase.ENDED;
  }

  /** The first sequence whose deadline has passed, or null. */
  public Sequence<T> expired(long now) {
    Sequence<T> first = expired(running, now);
    return first == null ? expired(waiting, now) : first;
  }

  private static <T> Sequence<T> expired(List<Sequence<T>> list, long now) {
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i).expired(now)) {
        return list.get(i);
      }
    }
    return null;
  }

  /** Sequences that run, in order. */
  public List<Sequence<T>> running() {
    return Collections.unmodifiableList(running);
  }

  /** Sequences that wait, in order. */
  public List<Sequence<T>> waiting() {
    return Collections.unmodifiableList(waiting);
  }

  /** Whether no sequence is left. */
  public boolean idle() {
    return running.isEmpty() && waiting.isEmpty();
  }

  /** How often a running sequence had to wait again. */
  public long preemptions() {
    return preemptions;
  }
}
