// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.train.mpi.MpiProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class ProcessMemoryTest {
  /** What issue 4 asks for. */
  private static final double SHARE = 0.1;

  /** The system adds up the counts of a process now and then. */
  private static final long COUNTED_LATE = 16L << 20;

  @TempDir Path temp;

  @Test
  void thePeakIsNeverBelowWhatIsResident() {
    assertThat(ProcessMemory.resident()).isPresent();
    assertThat(ProcessMemory.peak().orElseThrow())
        .isGreaterThan(ProcessMemory.resident().orElseThrow() - COUNTED_LATE);
    assertThat(ProcessMemory.planned(1L << 40).orElseThrow()).isGreaterThan(1L << 40);
  }

  @Test
  void aRunTakesWhatWasPlanned() throws Exception {
    // Some 200 MiB of activations: in a process of 100 MiB the JVM's own part varies too much.
    Path recipe = RealRun.recipe(temp, "train: {steps: 3, batch: 1024, micro_batch: 1024}\n");
    Path folder = temp.resolve("run");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xms32m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                MpiProcess.classPath(),
                RealRun.class.getName(),
                recipe.toString(),
                folder.toString(),
                "0",
                "0")
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve("notes").toFile())
            .start();
    assertThat(process.waitFor()).isZero();
    double planned = found("of the process, with Java itself and mapped files: (\\d+) MiB");
    double peak = found("memory of the process at most: (\\d+) MiB");
    double step = found("memory of a step: (\\d+) MiB");
    assertThat(planned).isGreaterThan(step);
    assertThat(peak).isCloseTo(planned, within(SHARE * planned));
  }

  private double found(String pattern) throws IOException {
    List<String> notes = Files.readAllLines(temp.resolve("notes"));
    for (String line : notes) {
      Matcher matcher = Pattern.compile(pattern).matcher(line);
      if (matcher.find()) {
        return Double.parseDouble(matcher.group(1));
      }
    }
    throw new AssertionError(pattern + " is not in " + notes);
  }
}
