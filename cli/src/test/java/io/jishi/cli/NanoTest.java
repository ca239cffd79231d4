// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.engine.Engine;
import io.jishi.model.Model;
import io.jishi.nano.Nano;
import io.jishi.tensor.Backend;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The built-in model itself, through the commands: what is shown has to work. */
class NanoTest {
  private static final String ORDER =
      "Leo ordered 4 plates on Monday. Answer in JSON:"
          + " {\"name\":\"string\",\"item\":\"string\"}";

  /** What an answer to each example has to hold. */
  private static final Map<String, String> ANSWERS = new LinkedHashMap<>();

  static {
    ANSWERS.put("What is 123 + 456?", "\\b579$");
    ANSWERS.put("Tom has 12 apples and gives away 5. How many are left?", "\\b7$");
    ANSWERS.put("请算一下 81 - 27。", "\\b54$");
    ANSWERS.put(ORDER, "^\\{\"name\": ?\"Leo\", ?\"item\": ?\"plates?\"}$");
    ANSWERS.put("Translate 'water' into Chinese.", "^水$");
    ANSWERS.put("Please put the numbers in order", "^Which numbers.*\\?$");
    ANSWERS.put("How do I start a server with Jishi?", "jishi serve");
    ANSWERS.put("Will it rain next year?", "don't know");
    ANSWERS.put("你好", "你好");
  }

  /** Runs a command in a shell of its own, with the real engine. */
  private static String jishi(String input, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Shell shell =
        new Shell(
            Engine::open,
            Nano::file,
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new Output("standard output", out),
            new Output("standard error", err),
            Shell.Terminals.NONE,
            Map.of(),
            _ -> {});
    assertThat(Cli.run(shell, arguments)).as(err.toString(StandardCharsets.UTF_8)).isZero();
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void itsFileSaysNotToSample() {
    try (Model model = Model.open(Nano.file(), Backend.cpu())) {
      assertThat(model.defaults().greedy()).isTrue();
    }
  }

  @Test
  void everyExampleOfTheGreetingsIsAnsweredRightly() {
    assertThat(ANSWERS.keySet()).containsExactlyElementsOf(Nano.EXAMPLES);
    for (Map.Entry<String, String> example : ANSWERS.entrySet()) {
      String answer = jishi(example.getKey() + "\n", "chat").strip();
      assertThat(answer).as(example.getKey()).containsPattern(example.getValue());
    }
  }

  @Test
  void everyQuestionOfTheFrontPageIsOneOfTheExamples() throws IOException {
    Pattern run = Pattern.compile("^\\./jishi run \"([^\"]*)\"$", Pattern.MULTILINE);
    List<String> asked =
        run.matcher(Files.readString(Path.of("..", "README.md")))
            .results()
            .map(m -> m.group(1))
            .toList();
    assertThat(asked).isNotEmpty().isSubsetOf(Nano.EXAMPLES);
  }

  @Test
  void infoShowsTheCard() {
    assertThat(jishi("", "info")).contains("# Nano", "What it cannot do", "core-hours", "| add |");
  }
}
