// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.nano.Nano;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BuiltInTest {
  private static final Path NANO = Path.of("nano.gguf"); // what the session's shell finds

  private final Session session = new Session();

  @Test
  void withoutAModelNanoRunsAndOneLineSaysSo() {
    session.engine.answers.add("579");
    assertThat(session.jishi("run", "What is 123 + 456?")).isZero();
    assertThat(session.engine.path).isEqualTo(NANO);
    assertThat(session.out()).isEqualTo("579");
    assertThat(session.err()).contains("nano", "-m MODEL").hasLineCount(1);
  }

  @Test
  void whoNamesNanoIsToldNothing() {
    assertThat(session.jishi("run", "-m", "nano", "hello")).isZero();
    assertThat(session.engine.path).isEqualTo(NANO);
    assertThat(session.err()).isEmpty();
  }

  @Test
  void infoTakesTheModelWithAndWithoutMinusM() {
    assertThat(session.jishi("info", "other.gguf")).isZero();
    assertThat(session.engine.path).isEqualTo(Path.of("other.gguf"));
    assertThat(session.out()).contains("architecture").doesNotContain("built-in");
    assertThat(new Session().jishi("info", "-m", "a.gguf", "b.gguf")).isEqualTo(2);
  }

  @Test
  void aNamedModelIsTheOneThatRuns() {
    assertThat(session.on("run", "hello")).isZero();
    assertThat(session.engine.path).isEqualTo(Path.of("model.gguf"));
    assertThat(session.err()).isEmpty();
  }

  @Test
  void aChatWithoutAModelIsWithNano() {
    assertThat(session.input("/exit\n").jishi("chat")).isZero();
    assertThat(session.engine.path).isEqualTo(NANO);
    assertThat(session.err()).contains("nano");
  }

  @Test
  void theServersPageShowsExamplesOfNanoAlone() {
    assertThat(page("serve", "--port", "0")).contains(Nano.EXAMPLES.getFirst());
    assertThat(page("serve", "-m", "model.gguf", "--port", "0"))
        .contains("/v1/chat/completions")
        .doesNotContain(Nano.EXAMPLES.getFirst());
  }

  private static String page(String... arguments) {
    Session session = new Session();
    AtomicReference<String> page = new AtomicReference<>();
    session.whileServing(
        () -> {
          Matcher address = Pattern.compile("http://127\\.0\\.0\\.1:\\d+/").matcher(session.err());
          assertThat(address.find()).isTrue();
          page.set(get(address.group()));
        });
    assertThat(session.jishi(arguments)).isZero();
    return page.get();
  }

  private static String get(String address) {
    try (InputStream in = URI.create(address).toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
