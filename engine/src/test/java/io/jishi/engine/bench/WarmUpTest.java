// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private long seconds;
  private long compiled;
  private int runs;

  /** Runs of a second each, of which the JIT takes so many milliseconds, the last for ever. */
  private int runs(int least, int... busy) {
    new WarmUp(() -> TimeUnit.SECONDS.toNanos(seconds), () -> compiled)
        .until(
            Duration.ofSeconds(least),
            () -> {
              compiled += busy[Math.min(runs, busy.length - 1)];
              seconds++;
              runs++;
            });
    return runs;
  }

  @Test
  void durationsThatNobodyMeansAreRefused() {
    WarmUp.check(Duration.ZERO);
    WarmUp.check(Duration.ofSeconds(600));
    for (int seconds : new int[] {-1, 601}) {
      assertThatThrownBy(() -> WarmUp.check(Duration.ofSeconds(seconds)))
          .isInstanceOf(JishiException.BadRequest.class)
          .hasMessageContaining("0 to 600 seconds");
    }
  }

  @Test
  void oneRunWhereNothingIsAskedFor() {
    assertThat(runs(0, 900)).isEqualTo(1);
  }

  @Test
  void aJitThatRestsIsWaitedForNoLonger() {
    assertThat(runs(3, 0)).isEqualTo(3);
  }

  @Test
  void aJitThatWorksIsWaitedFor() {
    assertThat(runs(3, 900, 900, 900, 500, 21, 0, 0, 0, 900)).isEqualTo(8);
  }

  @Test
  void oneQuietRunMayHideALongCompilation() {
    assertThat(runs(2, 900, 900, 0, 900, 0, 0)).isEqualTo(6);
  }

  @Test
  void aJitThatNeverRestsIsNotWaitedForWithoutEnd() {
    assertThat(runs(2, 900)).isEqualTo(2 * WarmUp.MOST);
  }
}
