// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class TeamTest {

  @Test
  void everyChunkRunsOnceHoweverManyThreadsAndCallersThereAre() throws InterruptedException {
    Team team = new Team(4);
    List<Thread> callers = new ArrayList<>();
    AtomicIntegerArray counts = new AtomicIntegerArray(3 * 1000);
    for (int c = 0; c < 3; c++) {
      int base = c * 1000;
      callers.add(
          new Thread(
              () -> {
                for (int round = 0; round < 50; round++) {
                  int from = base + 20 * round;
                  team.run(
                      20, 1 + round % 6, (chunk, worker) -> counts.incrementAndGet(from + chunk));
                }
              }));
    }
    callers.forEach(Thread::start);
    for (Thread caller : callers) {
      caller.join();
    }
    for (int i = 0; i < counts.length(); i++) {
      assertThat(counts.get(i)).isEqualTo(1);
    }
  }

  @Test
  void aFailureReachesTheCallerAndTheTeamGoesOn() {
    Team team = new Team(3);
    for (int round = 0; round < 100; round++) {
      assertThatThrownBy(
              () ->
                  team.run(
                      50,
                      3,
                      (chunk, worker) -> {
                        if (chunk == 17) {
                          throw new IllegalStateException("chunk 17");
                        }
                      }))
          .hasMessage("chunk 17");
    }
    int[] sum = new int[3];
    team.run(100, 3, (chunk, worker) -> sum[worker] += chunk);
    assertThat(sum[0] + sum[1] + sum[2]).isEqualTo(4950);
  }
}
