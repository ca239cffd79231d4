// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Stages that threads go through at their own pace: nothing begins before what it needs is done.
 */
@Timeout(60)
class StagesTest {
  private static final Team[] TEAMS = {new Team(1), new Team(2), new Team(5)};

  /** Work that keeps account of itself, some of it held up. */
  private static final class Account implements Stages.Work {
    private final int[] parts;
    private final int chunks;
    private final int slots;
    private final long seed;
    private final AtomicIntegerArray prepared;
    private final AtomicIntegerArray ended;
    private final AtomicIntegerArray stageOfChunk;

    /** The stage that a slot was prepared for last. */
    private final AtomicIntegerArray stageOfSlot;

    private final Queue<String> faults = new ConcurrentLinkedQueue<>();

    Account(int[] parts, int chunks, int slots, long seed) {
      this.parts = parts;
      this.chunks = chunks;
      this.slots = slots;
      this.seed = seed;
      prepared = new AtomicIntegerArray(parts.length);
      ended = new AtomicIntegerArray(parts.length);
      stageOfChunk = new AtomicIntegerArray(chunks);
      stageOfSlot = new AtomicIntegerArray(slots);
    }

    private void holdUp(int stage, int place) {
      int drawn = new SplittableRandom(seed + 1000L * stage + place).nextInt(40);
      if (drawn == 0) {
        LockSupport.parkNanos(300_000);
      } else if (drawn < 10) {
        Thread.yield();
      }
    }

    private void check(boolean right, String what, int stage, int place) {
      if (!right) {
        faults.add(what + " of stage " + stage + ", " + place);
      }
    }

    @Override
    public void prepare(int stage, int part, int worker) {
      stageOfSlot.set(stage % slots, stage);
      check(stage < slots || ended.get(stage - slots) == chunks, "slot in use", stage, part);
      holdUp(stage, part);
      prepared.incrementAndGet(stage);
    }

    @Override
    public void run(int stage, int from, int to, int worker) {
      check(prepared.get(stage) == parts[stage], "preparation not done", stage, from);
      for (int c = from; c < to; c++) {
        check(stageOfChunk.get(c) == stage, "chunk out of order", stage, c);
        holdUp(stage, parts[stage] + c);
        check(stageOfSlot.get(stage % slots) == stage, "slot taken away", stage, c);
        stageOfChunk.incrementAndGet(c);
        ended.incrementAndGet(stage);
      }
    }
  }

  @Test
  void nothingBeginsBeforeWhatItNeedsIsDone() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 300; i++) {
      Team team = TEAMS[random.nextInt(TEAMS.length)];
      int[] parts = random.ints(1 + random.nextInt(9), 1, 12).toArray();
      int chunks = 1 + random.nextInt(60);
      int slots = 1 + random.nextInt(3);
      Account account = new Account(parts, chunks, slots, i);
      Stages stages = new Stages(parts, chunks, slots, team.size(), account);
      team.run(team.size(), team.size(), stages);
      assertThat(account.faults).isEmpty();
      for (int s = 0; s < parts.length; s++) {
        assertThat(account.prepared.get(s)).isEqualTo(parts[s]);
        assertThat(account.ended.get(s)).isEqualTo(chunks);
      }
    }
  }

  /** A thread held up in the first stage: the other goes on with all that does not need it. */
  @Test
  void whoIsHeldUpDoesNotHoldUpTheRest() {
    Team team = TEAMS[1];
    AtomicBoolean reached = new AtomicBoolean();
    AtomicBoolean wentAhead = new AtomicBoolean();
    Stages.Work work =
        new Stages.Work() {
          @Override
          public void prepare(int stage, int part, int worker) {}

          @Override
          public void run(int stage, int from, int to, int worker) {
            if (stage == 0 && from == 0) {
              long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
              while (!reached.get() && System.nanoTime() < until) {
                Thread.onSpinWait();
              }
              wentAhead.set(reached.get());
            }
            if (stage == 1) {
              reached.set(true);
            }
          }
        };
    team.run(2, 2, new Stages(new int[] {1, 1}, 64, 2, 2, work));
    assertThat(wentAhead.get()).isTrue();
  }

  @Test
  void whatOneThreadThrowsEndsAll() {
    for (int size = 1; size <= 5; size += 2) {
      Team team = new Team(size);
      for (int stage = 0; stage < 3; stage++) {
        int bad = stage;
        Stages.Work work =
            new Stages.Work() {
              @Override
              public void prepare(int stage, int part, int worker) {
                if (stage == bad && part == 1) {
                  throw new IllegalStateException("part");
                }
              }

              @Override
              public void run(int stage, int from, int to, int worker) {}
            };
        int[] parts = new int[3];
        Arrays.fill(parts, 4);
        Stages stages = new Stages(parts, 20, 2, size, work);
        assertThatThrownBy(() -> team.run(team.size(), team.size(), stages))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("part");
      }
    }
  }
}
