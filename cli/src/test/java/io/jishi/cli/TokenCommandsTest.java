// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.tensor.Precision;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenCommandsTest {
  private final Session session = new Session();

  @Test
  void tokenizeShowsIdsAndPieces() {
    assertThat(session.on("tokenize", "a\n你")).isZero();
    assertThat(session.out()).isEqualTo("97\t\"a\"\n10\t\"\\n\"\n20320\t\"你\"\n");
  }

  @Test
  void tokenizeAsJson() {
    session.on("tokenize", "--json", "ab");
    assertThat(session.out()).isEqualTo("{\"tokens\":[97,98],\"pieces\":[\"a\",\"b\"]}\n");
  }

  @Test
  void controlTokensAreParsedOnlyWhereAsked() {
    session.on("tokenize", "--ids", "<s>");
    assertThat(session.out()).isEqualTo("60 115 62\n");
    Session asked = new Session();
    asked.on("tokenize", "--ids", "--bos", "--special", "a<s>");
    assertThat(asked.out()).isEqualTo("1 97 1\n");
  }

  @Test
  void detokenizeTakesArgumentsOrAPipe() {
    session.on("detokenize", "20320,97", "98");
    assertThat(session.out()).isEqualTo("你ab\n");
    Session piped = new Session().input("97 98\n99\n");
    piped.on("detokenize", "--json");
    assertThat(piped.out()).isEqualTo("{\"tokens\":[97,98,99],\"text\":\"abc\"}\n");
  }

  @Test
  void aTokenThatTheModelLacksIsAFailure() {
    assertThat(session.on("detokenize", "65536")).isEqualTo(1);
    assertThat(session.on("logits", "--tokens", "65536")).isEqualTo(1);
    assertThat(session.err()).contains("token 65536 does not exist: the model has 0 to 65535");
  }

  @Test
  void logitsAreComputedExactly() {
    session.on("logits", "--tokens", "1,15,7", "--json");
    assertThat(session.engine.options.precision()).isEqualTo(Precision.EXACT);
    assertThat(session.out())
        .isEqualTo("{\"tokens\":[1,15,7],\"positions\":[2],\"logits\":[[0.5,-1.0E-8,0.0]]}\n");
  }

  @Test
  void logitsOfAllPositions() {
    session.on("logits", "--tokens", "1 15", "--positions", "all", "--json");
    Map<String, Object> values = JsonObject.of("out", Json.parse("out", session.out())).fields();
    assertThat(values.get("positions")).isEqualTo(List.of(0L, 1L));
    assertThat(values.get("logits"))
        .isEqualTo(List.of(List.of(0.5, -1e-8, 0.0), List.of(0.5, -1e-8, 1.0)));
  }

  @Test
  void logitsForPeople() {
    session.on("logits", "--tokens", "1,15");
    assertThat(session.out()).isEqualTo("1 0.5 -1.0E-8 0.0\n");
  }

  @Test
  void infoAsJsonHasAllFields() {
    session.on("info", "--json");
    JsonObject info = JsonObject.of("out", Json.parse("out", session.out()));
    assertThat(info.fields().keySet())
        .containsExactly(
            "name",
            "path",
            "architecture",
            "parameters",
            "tensors",
            "modelContext",
            "context",
            "vocabulary",
            "tokenizer",
            "template",
            "vision",
            "memory",
            "kernels",
            "threads",
            "speculation");
    assertThat(info.object("memory").orElseThrow().requireInt("total")).isEqualTo(10 << 20);
  }

  @Test
  void infoForPeopleHoldsNoControlCharacters() {
    session.on("info");
    assertThat(session.out())
        .contains("1,234,567", "Q8_0", "1.5 KiB", "10.0 MiB", "scalar")
        .doesNotContain("\u001b");
  }
}
