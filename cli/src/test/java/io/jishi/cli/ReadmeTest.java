// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.engine.Engine;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the front page shows has to work. */
class ReadmeTest {
  private static final Pattern BLOCK = Pattern.compile("```(\\w+)\\n(.*?)```", Pattern.DOTALL);

  /** The modules that a program with the engine sees: no server, no command line. */
  private static final List<String> ENGINE =
      List.of("nano", "engine", "model", "text", "tensor", "base");

  private static List<String> blocks(String language) throws IOException {
    String readme = Files.readString(Path.of("..", "README.md"));
    return BLOCK
        .matcher(readme)
        .results()
        .filter(block -> block.group(1).equals(language))
        .map((MatchResult block) -> block.group(2))
        .toList();
  }

  @Test
  void theProgramCompilesAgainstEngineAndNanoAlone(@TempDir Path folder) throws IOException {
    List<String> programs = blocks("java");
    assertThat(programs).hasSize(1);
    assertThat(programs.getFirst().lines().filter(line -> !line.isBlank())).hasSizeLessThan(13);
    Path source = Files.writeString(folder.resolve("Hello.java"), programs.getFirst());
    StringWriter messages = new StringWriter();
    PrintWriter writer = new PrintWriter(messages);
    int code =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(
                writer,
                writer,
                "-Xlint:all",
                "-Werror",
                "--release",
                "25",
                "-d",
                folder.toString(),
                "-cp",
                enginePath(),
                source.toString());
    assertThat(code).as(messages.toString()).isZero();
  }

  private static String enginePath() {
    return ENGINE.stream()
        .map(room -> Engine.class.getModule().getLayer().findModule("io.jishi." + room))
        .map(module -> location(module.orElseThrow()).toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static Path location(Module module) {
    return module
        .getLayer()
        .configuration()
        .findModule(module.getName())
        .flatMap(found -> found.reference().location())
        .map(Path::of)
        .orElseThrow();
  }

  @Test
  void everyCommandIsOneThatWeTake() throws IOException {
    List<String> commands =
        Stream.concat(blocks("sh").stream(), blocks("bash").stream())
            .flatMap(String::lines)
            .filter(line -> line.startsWith("./jishi "))
            .map(line -> line.replaceFirst("\\s+#.*", ""))
            .toList();
    assertThat(commands).hasSizeGreaterThan(3).allSatisfy(Examples::parse);
  }
}
