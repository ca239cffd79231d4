// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.mpi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MpiTest {
  /** More than one bucket, and no whole number of them. */
  private static final int COUNT = (4 << 20) + 1001;

  /** Sums numbers that tell who gave them, and writes what came out. */
  public static void main(String[] arguments) {
    try (World world = Mpi.connect(System.getenv());
        Arena arena = Arena.ofConfined()) {
      MemorySegment floats = arena.allocate(4L * COUNT, 64);
      for (int i = 0; i < COUNT; i++) {
        floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (world.rank() + 1) * (i % 1000));
      }
      world.sum(floats);
      int all = world.size() * (world.size() + 1) / 2;
      for (int i = 0; i < COUNT; i++) {
        if (floats.getAtIndex(ValueLayout.JAVA_FLOAT, i) != all * (i % 1000)) {
          throw new IllegalStateException("wrong at " + i);
        }
      }
      double sum = world.sum(world.rank() + 0.5);
      world.barrier();
      System.out.println("rank " + world.rank() + " of " + world.size() + " sum " + sum);
    }
  }

  @Test
  void threeProcessesSumTheirNumbers() throws Exception {
    MpiProcess.Result result = MpiProcess.run(3, MpiTest.class);
    assertThat(result.code()).as(result.output()).isZero();
    assertThat(result.output())
        .contains("rank 0 of 3 sum 4.5")
        .contains("rank 1 of 3 sum 4.5")
        .contains("rank 2 of 3 sum 4.5");
  }

  @Test
  void withoutALauncherItSaysWhatToInstall() {
    assertThat(Mpi.started(Map.of())).isFalse();
    assertThat(Mpi.started(Map.of("OMPI_COMM_WORLD_SIZE", "4"))).isTrue();
    assertThatThrownBy(() -> Mpi.connect(Map.of()))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessageContaining("mpirun -n 4 jishi train")
        .hasMessageContaining("openmpi-bin");
  }
}
