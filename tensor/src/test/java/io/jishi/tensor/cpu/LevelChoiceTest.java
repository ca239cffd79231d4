// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.tensor.cpu.asm.Cpu;
import io.jishi.tensor.cpu.asm.Level;
import org.junit.jupiter.api.Test;

class LevelChoiceTest {
  @Test
  void theBestLevelRunsUnlessAnotherIsAskedFor() {
    assertThat(LevelChoice.of(null, Level.AVX2).level()).isEqualTo(Level.AVX2);
    for (Level level : Cpu.levels()) {
      LevelChoice choice = LevelChoice.of(level.label(), Cpu.best());
      assertThat(choice.level()).isEqualTo(level);
      assertThat(choice.reason()).contains("-Djishi.cpu");
    }
  }

  @Test
  void scalarWhereThereIsBetterIsAWarning() {
    LevelChoice choice = LevelChoice.of("scalar", Level.AVX2);
    assertThat(choice.level()).isEqualTo(Level.SCALAR);
    assertThat(choice.warning()).isTrue();
    assertThat(choice.reason()).contains("avx2");
    assertThat(LevelChoice.of(null, Level.SCALAR).warning()).isTrue();
  }

  @Test
  void whatCannotBeForcedIsSaid() {
    LevelChoice choice = LevelChoice.of("avx1024", Cpu.best());
    assertThat(choice.level()).isEqualTo(Cpu.best());
    assertThat(choice.warning()).isTrue();
    assertThat(choice.reason()).contains("avx1024").contains("avx512+vnni+bf16");
    for (Level level : Level.values()) {
      if (!Cpu.levels().contains(level)) {
        LevelChoice missing = LevelChoice.of(level.label(), Cpu.best());
        assertThat(missing.warning()).isTrue();
        assertThat(missing.level()).isEqualTo(Cpu.best());
      }
    }
  }
}
