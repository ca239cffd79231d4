// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LanguageTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2025-07-04T09:05:03Z"), ZoneOffset.UTC);

  /** {@code language.json} holds some 300 snippets with what Jinja 3.1.6 makes of them. */
  @Test
  void operatorsFiltersTestsMethodsAndTagsWorkAsInJinja() throws IOException {
    JsonObject golden;
    try (InputStream in = LanguageTest.class.getResourceAsStream("language.json")) {
      golden = JsonObject.of("language.json", Json.parse("language.json", in.readAllBytes()));
    }
    Map<String, Object> variables = golden.object("variables").orElseThrow().fields();
    List<String> wrong = new ArrayList<>();
    for (Object entry : golden.array("cases").orElseThrow()) {
      JsonObject expected = JsonObject.of("case", entry);
      String source = expected.text("template").orElseThrow();
      String text = null;
      try {
        text = ChatTemplate.compile(source).withClock(CLOCK).render(variables);
      } catch (JishiException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
      if (!expected.text("text").equals(java.util.Optional.ofNullable(text))) {
        wrong.add(source + "\n  gives " + text + "\n  not   " + expected.fields());
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void anErrorNamesItsLine() {
    assertThatThrownBy(() -> ChatTemplate.compile("a\nb\n{% if x %}\n{{ 1 + }}{% endif %}"))
        .isInstanceOf(JishiException.BadFile.class)
        .hasMessage("chat template, line 4: expected an expression, found '}}'");
    assertThatThrownBy(() -> ChatTemplate.compile("\n{% frob %}"))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessage("chat template, line 2: unknown tag 'frob'");
    assertThatThrownBy(() -> render("a\n{{ 'x' }}\n\n{{ x.y }}"))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessage("chat template, line 4: 'x' is undefined");
    assertThatThrownBy(() -> render("{% if true %}\n{{ 1|frob }}{% endif %}"))
        .isInstanceOf(JishiException.Unsupported.class)
        .hasMessage("chat template, line 2: No filter named 'frob' found.");
  }

  @Test
  void aRefusalOfTheTemplateIsTheMessage() {
    assertThatThrownBy(() -> render("{{ raise_exception('Roles must alternate') }}"))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessage("Roles must alternate");
  }

  @Test
  void valuesOfJavaCallersAreTakenAsTheyAre() {
    Map<String, Object> variables = Map.of("i", 3, "f", 0.5f, "l", List.of((short) 1), "s", "x");
    assertThat(ChatTemplate.compile("{{ i }} {{ f }} {{ l }} {{ s }}").render(variables))
        .isEqualTo("3 0.5 [1] x");
    assertThatThrownBy(() -> ChatTemplate.compile("").render(Map.of("o", new Object())))
        .isInstanceOf(JishiException.BadRequest.class);
  }

  private static String render(String source) {
    return ChatTemplate.compile(source).render(Map.of());
  }
}
