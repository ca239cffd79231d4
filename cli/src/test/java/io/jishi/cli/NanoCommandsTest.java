// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.nano.data.Commands;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NanoCommandsTest {
  @TempDir private Path folder;

  @Test
  void everyCommandThatNanoNamesCanBeParsed() {
    for (String example : Commands.examples()) {
      String[] words = example.replace("\"", "").split(" ");
      assertThat(words[0]).isEqualTo("jishi");
      List<String> arguments = List.of(words).subList(1, words.length);
      Cli.commandLine(new Session().shell(OutputStream.nullOutputStream()))
          .parseArgs(arguments.toArray(String[]::new)); // throws where it is wrong usage
    }
  }

  @Test
  void theSameSeedWritesTheSameExercises() throws Exception {
    Path one = folder.resolve("one.jsonl");
    Path two = folder.resolve("two.jsonl");
    for (Path out : List.of(one, two)) {
      String[] call = {"nano", "data", "--count", "50", "--seed", "3", "--out", out.toString()};
      assertThat(new Session().jishi(call)).isZero();
    }
    assertThat(Files.readAllLines(one)).hasSize(50);
    assertThat(one).hasSameTextualContentAs(two);
  }

  @Test
  void wrongUsageOfNanoIsOneLineAndExitCodeTwo() {
    for (List<String> wrong :
        List.of(
            List.of("nano", "data", "--count", "0", "--out", folder.resolve("x").toString()),
            List.of("nano", "data", "--out", folder.toString()),
            List.of("nano", "train"),
            List.of("nano", "train", "--size", "huge", "--out", "o"),
            List.of("nano", "eval", "--each", "0"))) {
      Session session = new Session();
      assertThat(session.jishi(wrong.toArray(String[]::new))).as("%s", wrong).isEqualTo(2);
      assertThat(session.err()).as("%s", wrong).startsWith("jishi: ").hasLineCount(1);
    }
  }
}
