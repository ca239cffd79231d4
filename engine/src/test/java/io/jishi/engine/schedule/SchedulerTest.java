// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.engine.cache.PrefixCache;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private static final int CONTEXT = 300;
  private static final int BLOCKS = (CONTEXT + StateSpec.BLOCK - 1) / StateSpec.BLOCK + 1;

  /** A caller: how many tokens it wants and what came. */
  private static final class Caller {
    final int wanted;
    final boolean poison;
    int got;
    boolean cancelled;
    boolean failed;

    Caller(int wanted, boolean poison) {
      this.wanted = wanted;
      this.poison = poison;
    }
  }

  /** A scheduler with a toy model, and what random callers do to it. */
  private static final class World implements AutoCloseable {
    final SplittableRandom random;
    final StateSpec spec;
    final StatePool pool;
    final PrefixCache cache;
    final Scheduler<Caller> scheduler;
    final List<Sequence<Caller>> all = new ArrayList<>();
    final Limits limits;
    long now;

    World(long seed) {
      random = new SplittableRandom(seed);
      spec = random.nextBoolean() ? ToyModel.ROWS : ToyModel.HYBRID;
      int blocks = BLOCKS + random.nextInt(3 * BLOCKS);
      pool = new StatePool(spec, (long) blocks * StateSpec.BLOCK);
      cache = new PrefixCache(pool, random.nextInt(12));
      limits =
          new Limits(
              1 + random.nextInt(6),
              1 + random.nextInt(150),
              1 + random.nextInt(70),
              random.nextBoolean());
      scheduler = new Scheduler<>(limits, cache);
    }

    /** A prompt that shares its beginning with others more often than not. */
    int[] prompt() {
      int[] prompt = new int[1 + random.nextInt(200)];
      SplittableRandom kind = new SplittableRandom(random.nextInt(3));
      Arrays.setAll(prompt, _ -> kind.nextInt(ToyModel.VOCABULARY));
      int own = random.nextInt(prompt.length);
      for (int i = own; i < prompt.length; i++) {
        prompt[i] = random.nextInt(ToyModel.VOCABULARY);
      }
      return prompt;
    }

    Sequence<Caller> arrive() {
      int[] prompt = prompt();
      int wanted = 1 + random.nextInt(CONTEXT - prompt.length);
      Caller caller = new Caller(wanted, random.nextInt(40) == 0);
      long deadline = random.nextInt(10) == 0 ? now + random.nextInt(100) : Sequence.NEVER;
      long priority = random.nextInt(5) - 2;
      Sequence<Caller> sequence =
          new Sequence<>(
              caller, CacheKey.of(random.nextInt(2)), prompt, now, (int) priority, deadline);
      if (random.nextInt(8) == 0) {
        sequence.reuseAtMost(random.nextInt(prompt.length));
      }
      all.add(sequence);
      return sequence;
    }

    /** One step of all, and what their callers do. */
    void step() {
      now++;
      for (Sequence<Caller> late = scheduler.expired(now);
          late != null;
          late = scheduler.expired(now)) {
        late.owner().cancelled = true;
        scheduler.end(late);
      }
      Step<Caller> step = scheduler.plan();
      if (scheduler.idle()) {
        assertThat(step.size()).isZero();
        return;
      }
      assertThat(step.tokens()).as("every step does something").isPositive();
      assertThat(scheduler.running().size()).isLessThanOrEqualTo(limits.sequences());
      compute(step);
    }

    private void compute(Step<Caller> step) {
      int prompts = 0;
      boolean poisoned = false;
      for (int i = 0; i < step.size(); i++) {
        Sequence<Caller> sequence = step.sequence(i);
        prompts += step.count(i) > 1 ? step.count(i) : 0;
        boolean reaches = step.start(i) + step.count(i) > sequence.promptLength() / 2;
        poisoned |= sequence.owner().poison && reaches;
      }
      assertThat(prompts).isLessThanOrEqualTo(Math.max(limits.tokens(), limits.mixedTokens()));
      for (int i = 0; i < step.size(); i++) {
        if (!poisoned || random.nextBoolean()) { // a failure leaves some half written
          Sequence<Caller> sequence = step.sequence(i);
          ToyModel.write(sequence.state(), sequence.tokens(), step.count(i));
        }
      }
      if (poisoned) {
        Sequence<Caller> fault = scheduler.failed();
        if (fault != null) {
          assertThat(fault.owner().poison).as("only the one at fault pays").isTrue();
          fault.owner().failed = true;
          scheduler.end(fault);
        }
        return;
      }
      scheduler.computed();
      for (int i = 0; i < step.size(); i++) {
        if (step.completes(i)) {
          draw(step.sequence(i));
        }
      }
    }

    private void draw(Sequence<Caller> sequence) {
      if (sequence.length() == sequence.promptLength() && random.nextInt(6) == 0) {
        fork(sequence);
      }
      take(sequence);
    }

    private void fork(Sequence<Caller> from) {
      Caller caller = new Caller(from.owner().wanted, false);
      int[] prompt = Arrays.copyOf(from.tokens(), from.length());
      Sequence<Caller> to = new Sequence<>(caller, CacheKey.of(0), prompt, now, 0, Sequence.NEVER);
      all.add(to);
      scheduler.fork(from, to);
      if (to.pending() == 0) {
        take(to);
      }
    }

    private void take(Sequence<Caller> sequence) {
      int token = ToyModel.next(sequence.state());
      assertThat(token)
          .as("what the state holds is what was computed for these tokens")
          .isEqualTo(ToyModel.next(spec, sequence.tokens(), sequence.length()));
      sequence.append(token);
      if (++sequence.owner().got == sequence.owner().wanted) {
        scheduler.end(sequence);
      }
    }

    void cancelOne() {
      if (!all.isEmpty()) {
        Sequence<Caller> one = all.get(random.nextInt(all.size()));
        if (one.phase != Sequence.Phase.ENDED) {
          one.owner().cancelled = true;
          scheduler.end(one);
        }
      }
    }

    @Override
    public void close() {
      pool.close();
    }
  }

  @Property(tries = 250)
  void everySequenceEndsWithItsOwnTokensAndNoBlockIsLost(@ForAll long seed) {
    try (World world = new World(seed)) {
      int arrivals = 60;
      for (int i = 0; !world.scheduler.idle() || i < arrivals; i++) {
        if (i < arrivals) {
          world.scheduler.offer(world.arrive());
        }
        if (world.random.nextInt(12) == 0) {
          world.cancelOne();
        }
        world.step();
        // Each token is computed a few times at most, however often its sequence waits again.
        assertThat(i).as("steps").isLessThan(200_000);
      }
      for (Sequence<Caller> sequence : world.all) {
        Caller caller = sequence.owner();
        assertThat(sequence.phase).isEqualTo(Sequence.Phase.ENDED);
        assertThat(caller.cancelled || caller.failed || caller.got == caller.wanted).isTrue();
      }
      assertThat(world.pool.usedBlocks()).isEqualTo(world.cache.counters().blocks());
      assertThat(world.cache.unusedBlocks()).isEqualTo(world.cache.counters().blocks());
      world.cache.clear();
      assertThat(world.pool.usedBlocks()).as("leaked blocks").isZero();
      assertThat(world.cache.counters().snapshots()).isZero();
    }
  }

  private static Scheduler<Caller> scheduler(StatePool pool, Limits limits) {
    return new Scheduler<>(limits, new PrefixCache(pool, 0));
  }

  private static Sequence<Caller> sequence(int prompt, int first, long arrival, int priority) {
    int[] tokens = new int[prompt];
    Arrays.setAll(tokens, i -> (first + i) % ToyModel.VOCABULARY);
    return new Sequence<>(
        new Caller(10, false), CacheKey.of(0), tokens, arrival, priority, Sequence.NEVER);
  }

  /** Computes a step; every completed sequence draws a token, and ends once it has enough. */
  private static Step<Caller> run(Scheduler<Caller> scheduler) {
    Step<Caller> step = scheduler.plan();
    for (int i = 0; i < step.size(); i++) {
      ToyModel.write(step.sequence(i).state(), step.sequence(i).tokens(), step.count(i));
    }
    scheduler.computed();
    for (int i = 0; i < step.size(); i++) {
      if (step.completes(i)) {
        Sequence<Caller> sequence = step.sequence(i);
        sequence.append(1);
        if (++sequence.owner().got == sequence.owner().wanted) {
          scheduler.end(sequence);
        }
      }
    }
    return step;
  }

  @Test
  void aShortPromptDoesNotWaitForALongOne() {
    try (StatePool pool = new StatePool(ToyModel.ROWS, 100_000)) {
      Scheduler<Caller> scheduler = scheduler(pool, new Limits(4, 64, 32, false));
      Sequence<Caller> longOne = sequence(5000, 0, 0, 0);
      scheduler.offer(longOne);
      run(scheduler);
      Sequence<Caller> shortOne = sequence(40, 500, 1, 0);
      scheduler.offer(shortOne);
      run(scheduler);
      run(scheduler);
      assertThat(shortOne.owner().got).isPositive();
      assertThat(longOne.computed()).isGreaterThan(64);
    }
  }

  @Test
  void thoseWhoGenerateGetATokenInEveryStepWhilePromptsAreRead() {
    try (StatePool pool = new StatePool(ToyModel.ROWS, 100_000)) {
      Scheduler<Caller> scheduler = scheduler(pool, new Limits(4, 64, 16, false));
      Sequence<Caller> first = sequence(10, 0, 0, 0);
      scheduler.offer(first);
      run(scheduler);
      scheduler.offer(sequence(1000, 300, 1, 0));
      for (int i = 2; i < 8; i++) {
        Step<Caller> step = run(scheduler);
        assertThat(first.owner().got).isEqualTo(i);
        assertThat(step.tokens()).isEqualTo(1 + 16);
      }
    }
  }

  @Test
  void onePriorityCannotStarveAnother() {
    try (StatePool pool = new StatePool(ToyModel.ROWS, 100_000)) {
      Scheduler<Caller> scheduler = scheduler(pool, new Limits(1, 64, 64, false));
      Sequence<Caller> low = sequence(10, 0, 0, -1);
      scheduler.offer(low);
      long clock = 0;
      int steps = 0;
      while (low.phase != Sequence.Phase.ENDED) {
        clock += Sequence.PRIORITY_NANOS / 100;
        if (scheduler.waiting().size() < 50) {
          scheduler.offer(sequence(10, 10 + steps % 900, clock, 1));
        }
        run(scheduler);
        assertThat(++steps).as("a priority is worth 10 s, here 100 steps").isLessThan(1000);
      }
      assertThat(steps).as("but is worth something").isGreaterThan(100);
    }
  }

  @Test
  void whoComesFirstKeepsItsMemoryAndTheLastOneWaitsAgain() {
    try (StatePool pool = new StatePool(ToyModel.ROWS, 4 * StateSpec.BLOCK)) {
      Scheduler<Caller> scheduler = scheduler(pool, new Limits(4, 256, 256, false));
      Sequence<Caller> first = sequence(120, 0, 0, 0);
      Sequence<Caller> second = sequence(120, 500, 1, 0);
      scheduler.offer(first);
      scheduler.offer(second);
      while (!scheduler.idle()) {
        run(scheduler);
        assertThat(first.waiting()).isFalse();
      }
      assertThat(scheduler.preemptions()).isPositive();
      assertThat(first.owner().got).isEqualTo(10);
      assertThat(second.owner().got).isEqualTo(10);
    }
  }

  @Test
  void twoWithTheSameBeginningComputeItOnce() {
    try (StatePool pool = new StatePool(ToyModel.ROWS, 100_000)) {
      Scheduler<Caller> scheduler = scheduler(pool, new Limits(4, 64, 64, false));
      int computed = 0;
      for (int i = 0; i < 4; i++) {
        scheduler.offer(sequence(640, 0, i, 0));
      }
      while (!scheduler.idle()) {
        computed += run(scheduler).tokens();
      }
      assertThat(computed).isBetween(640 + 4 * 9, 640 + 3 * StateSpec.BLOCK + 4 * 10);
    }
  }
}
