// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
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
    assertThat(Javac.complaints(ENGINE, folder, source)).isEmpty();
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
