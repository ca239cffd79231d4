// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which level runs and why.
 *
 * @param level what runs
 * @param reason in a few words, for {@code info} and the log
 * @param warning whether someone should look into it
 */
record LevelChoice(Level level, String reason, boolean warning) {
  /** The property that forces a level. */
  static final String PROPERTY = "jishi.cpu";

  /** The level of this process. */
  static LevelChoice make() {
    return of(System.getProperty(PROPERTY), Cpu.best());
  }

  /** The level that is asked for, or the best one. */
  static LevelChoice of(String wanted, Level best) {
    if (wanted == null) {
      return best == Level.SCALAR
          ? new LevelChoice(best, "plain Java: " + Cpu.reason(), true)
          : new LevelChoice(best, "kernels assembled for this processor", false);
    }
    Optional<Level> level = Level.of(wanted);
    if (level.isPresent() && Cpu.levels().contains(level.get())) {
      boolean slower = level.get() == Level.SCALAR && best != Level.SCALAR;
      String what = level.get() == Level.SCALAR ? "plain Java, " : "assembled kernels, ";
      String could = slower ? "; this processor could do " + best.label() : "";
      return new LevelChoice(level.get(), what + "forced by -D" + PROPERTY + could, slower);
    }
    String problem =
        level.isPresent()
            ? "this processor has no " + wanted
            : "there is no level " + wanted + ", only " + labels();
    return new LevelChoice(best, "-D" + PROPERTY + " is not used: " + problem, true);
  }

  private static String labels() {
    return Arrays.stream(Level.values()).map(Level::label).collect(Collectors.joining(", "));
  }
}
