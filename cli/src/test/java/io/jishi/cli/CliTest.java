// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CliTest {
  private final Session session = new Session();

  @Test
  void testsRunInTheNamedModule() {
    assertThat(Cli.class.getModule().isNamed()).isTrue();
  }

  @Test
  void theVersionIsTheBuilds() {
    assertThat(session.jishi("--version")).isZero();
    assertThat(session.out()).matches("jishi \\d+\\.\\d+\\.\\d+ \\(Java 25.*\\)\n");
    assertThat(session.jishi("run", "--version")).isZero();
  }

  @Test
  void wrongUsageIsOneLineAndExitCodeTwo() {
    for (List<String> wrong :
        List.of(
            List.of("rn"),
            List.of("run", "-m", "m", "--colour", "hello"),
            List.of("run", "-m", "m", "one", "two"),
            List.of("run", "-m", "m", "--temperature", "warm", "hello"),
            List.of("run", "-m", "m", "--temperature", "-1", "hello"),
            List.of("run", "-m", "m", "--temperature", "NaN", "hello"),
            List.of("run", "-m", "m", "--top-p", "0", "hello"),
            List.of("run", "-m", "m", "--max-tokens", "-1", "hello"),
            List.of("run", "-m", "m", "--stop", "", "hello"),
            List.of("run", "-m", "m", "--ctx", "-1", "hello"),
            List.of("run", "-m", "m", "--threads", "-1", "hello"),
            List.of("run", "-m", "m", "--raw", "--system", "x", "hello"),
            List.of("run", "-m", "m", "--file", "x", "hello"),
            List.of("chat", "-m", "m", "--min-p", "2"),
            List.of("run", "-m", "m", "--cache", "q4", "hello"),
            List.of("logits", "-m", "m", "--tokens", "1", "--cache", "q8"),
            List.of("serve", "-m", "m", "--port", "65536"),
            List.of("detokenize", "-m", "m", "1", "x"),
            List.of("logits", "-m", "m", "--tokens", ","),
            List.of("logits", "-m", "m", "--tokens", "1,-2"),
            List.of("logits", "-m", "m", "--tokens", "1", "--positions", "some"),
            List.of("tune", "--data", "d"),
            List.of("tune", "--data", "d", "--out", "o", "--rank", "0"),
            List.of("tune", "--data", "d", "--out", "o", "--held-out", "0.9"),
            List.of("tune", "--data", "d", "--out", "o", "--method", "magic"))) {
      Session fresh = new Session();
      assertThat(fresh.jishi(wrong.toArray(String[]::new))).as("%s", wrong).isEqualTo(2);
      assertThat(fresh.err()).as("%s", wrong).startsWith("jishi: ").hasLineCount(1);
      assertThat(fresh.out()).isEmpty();
      assertThat(fresh.engine.options).as("no model was loaded").isNull();
    }
  }

  @Test
  void theCacheIsTheUsersChoice() {
    for (DType type : StateSpec.CACHED) {
      String name = type == DType.Q8_0 ? "q8" : type.name().toLowerCase(Locale.ROOT);
      Session fresh = new Session();
      assertThat(fresh.jishi("run", "-m", "m", "--cache", name, "hello")).isZero();
      assertThat(fresh.engine.options.cacheType()).isEqualTo(type);
    }
    assertThat(session.jishi("info", "-m", "m")).isZero();
    assertThat(session.engine.options.cacheType()).isEqualTo(DType.F16);
    assertThat(session.out()).contains("  cache       2.0 MiB, F16, 512 bytes a token\n");
  }

  @Test
  void whatAModelSeesIsTold() {
    assertThat(session.jishi("info", "-m", "m")).isZero();
    assertThat(session.out()).doesNotContain("sees");
    session.engine.vision = "images, by a tower";
    assertThat(session.jishi("info", "-m", "m")).isZero();
    assertThat(session.out()).contains("sees          images, by a tower\n");
  }

  @Test
  void aWrongNameIsAnsweredWithTheRightOne() {
    session.jishi("tokenise");
    assertThat(session.err()).contains("tokenize");
  }

  @Test
  void noCommandIsWrongUsageWithTheHelp() {
    assertThat(session.jishi()).isEqualTo(2);
    assertThat(session.err()).contains("Usage: jishi", "Examples:");
    assertThat(session.out()).isEmpty();
  }

  @Test
  void aPersonWithoutAPromptIsNotLeftWaiting() {
    session.terminals(new Shell.Terminals(true, true, true));
    for (String command : List.of("run", "tokenize", "detokenize")) {
      assertThat(session.on(command)).isEqualTo(2);
    }
  }

  @Test
  void aFailureIsOneLineAndExitCodeOne() {
    assertThat(session.jishi("run", "-m", "missing.gguf", "hello")).isEqualTo(1);
    assertThat(session.err()).isEqualTo("jishi: missing.gguf: no such file at all\n");
    assertThat(session.out()).isEmpty();
  }

  @Test
  void theEnginesRefusalIsAFailure() {
    session.engine.failure = new JishiException.BadRequest("prompt", "the prompt is too long");
    assertThat(session.on("run", "hello")).isEqualTo(1);
    assertThat(session.err()).isEqualTo("jishi: the prompt is too long\n");
    assertThat(session.engine.closed).isTrue();
  }

  @Test
  void verboseShowsWhereAnErrorCameFrom() {
    assertThat(session.jishi("run", "-m", "missing.gguf", "--verbose", "hello")).isEqualTo(1);
    assertThat(session.err()).contains("JishiException$BadFile", "at io.jishi.cli");
  }

  @Test
  void textThatIsNotUtf8IsRefused() {
    assertThat(session.input(new byte[] {'a', (byte) 0xff}).on("run")).isEqualTo(1);
    assertThat(session.err()).contains("standard input: not UTF-8").hasLineCount(1);
  }

  @Test
  void guessesByADraftModelNeedOne() {
    assertThat(session.on("run", "x", "--speculate", "draft")).isEqualTo(2);
    assertThat(session.err()).contains("--draft-model");
    assertThat(session.on("serve", "--speculate", "lookup", "--draft-model", "m.gguf"))
        .isEqualTo(2);
    assertThat(session.on("bench", "--random", "llama-1b:q4_0", "--speculate", "off")).isEqualTo(2);
    Examples.parse("jishi chat --speculate lookup");
    Examples.parse("jishi serve --draft-model small.gguf");
  }

  @Test
  void everyHelpHasAnExampleAndEveryExampleIsValid() {
    CommandLine line = Cli.commandLine(session.shell(OutputStream.nullOutputStream()));
    for (CommandLine command : line.getSubcommands().values()) {
      String[] footer = command.getCommandSpec().usageMessage().footer();
      if (command.getCommandName().equals("help")) {
        continue;
      }
      assertThat(footer).as(command.getCommandName()).anyMatch(l -> l.contains("jishi "));
      for (String example : footer) {
        if (example.strip().startsWith("jishi ")) {
          Examples.parse(example);
        }
      }
    }
  }
}
