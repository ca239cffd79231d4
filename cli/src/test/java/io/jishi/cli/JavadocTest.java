// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation of classes and the walk through the engine show is there. */
class JavadocTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("<pre>\\{@code\\n(.*?)\\n\\s*\\* \\}</pre>", Pattern.DOTALL);
  private static final Pattern MENTION = Pattern.compile("`([A-Z]\\w+)(?:\\.(\\w+))?`");

  /** What examples may take as given: imports, and an engine. */
  private static final String FRAME =
      """
      import io.jishi.engine.*;
      import io.jishi.engine.embed.*;
      import io.jishi.nano.*;
      import java.nio.file.*;
      import java.util.*;

      final class Example%d {
        Engine engine;
        Request request;

        void example() throws Exception {
      %s
        }
      }
      """;

  private static List<Path> sources(String... modules) throws IOException {
    List<Path> all = new ArrayList<>();
    for (String module : modules) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(all::add);
      }
    }
    return all;
  }

  @Test
  void everyExampleCompiles(@TempDir Path folder) throws IOException {
    List<String> modules = List.of("nano", "engine", "model", "text", "tensor", "base");
    int count = 0;
    for (Path file : sources("base", "tensor", "text", "model", "engine", "nano", "server")) {
      for (MatchResult example : EXAMPLE.matcher(Files.readString(file)).results().toList()) {
        String code = example.group(1).replaceAll("(?m)^ *\\* ?", "");
        Path source = folder.resolve("Example" + count + ".java");
        Files.writeString(source, FRAME.formatted(count++, code));
        assertThat(Javac.complaints(modules, folder, source)).as(file.toString()).isEmpty();
      }
    }
    assertThat(count).isGreaterThanOrEqualTo(7);
  }

  @Test
  void theWalkThroughTheEngineNamesWhatIsThere() throws IOException {
    String page = Files.readString(Path.of("../docs/SERVE.md"));
    String walk = page.substring(page.indexOf("## One request"));
    walk = walk.substring(0, walk.indexOf("\n## ", 3));
    List<Path> sources = sources("engine", "server", "model", "text", "tensor");
    List<MatchResult> mentions = MENTION.matcher(walk).results().toList();
    for (MatchResult mention : mentions) {
      String file = mention.group(1) + ".java";
      String method = mention.group(2);
      Pattern called = Pattern.compile(method == null ? "" : "\\b" + method + "\\(");
      assertThat(sources)
          .as(mention.group())
          .anyMatch(source -> source.endsWith(file) && called.matcher(read(source)).find());
    }
    assertThat(mentions).hasSizeGreaterThan(20);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
