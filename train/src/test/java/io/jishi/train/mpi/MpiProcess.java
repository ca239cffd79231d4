// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.mpi;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Runs a program of the tests under mpirun; the test is skipped where there is none. */
public final class MpiProcess {
  /** How it ended and what it wrote. */
  public record Result(int code, String output) {}

  private MpiProcess() {}

  /** Runs {@code main} in so many processes. */
  public static Result run(int processes, Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Stream.of(System.getenv("PATH").split(System.getProperty("path.separator")))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "mpirun"))),
        "skipped: no mpirun (install openmpi-bin and libopenmpi-dev)");
    List<String> command =
        new ArrayList<>(
            List.of(
                "mpirun",
                "-n",
                Integer.toString(processes),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                program.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // More processes than cores, and builds in containers run as root.
    builder.environment().put("OMPI_MCA_rmaps_base_oversubscribe", "1");
    builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT", "1");
    builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  /** All that this test runs with, as one class path. */
  public static String classPath() {
    return String.join(
        System.getProperty("path.separator"),
        "target/test-classes",
        System.getProperty("jdk.module.path", ""),
        System.getProperty("java.class.path", ""));
  }
}
