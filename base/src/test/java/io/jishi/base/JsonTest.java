// SPDX-License-Identifier: Apache-2.0
package io.jishi.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
  @Test
  void testsRunInTheNamedModule() {
    assertThat(Json.class.getModule().isNamed()).isTrue();
  }

  @Test
  void valuesSurviveARoundTrip() {
    String text = "{\"a\":[1,2.5,true,null,\"x\\u0000漢\"],\"b\":{\"c\":-9223372036854775808}}";
    Object value = Json.parse("test", text);
    assertThat(Json.parse("test", Json.write(value))).isEqualTo(value);
    assertThat(value)
        .isInstanceOfSatisfying(
            Map.class, m -> assertThat((List<?>) m.get("a")).element(4).isEqualTo("x\0漢"));
  }

  @Test
  void brokenTextIsAnErrorWithItsPlace() {
    for (String bad :
        List.of("", "{", "[1,]", "{\"a\":1,\"a\":2}", "1 2", "nul", "[".repeat(200))) {
      assertThatThrownBy(() -> Json.parse("config.json", bad))
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageStartingWith("config.json: not valid JSON");
    }
  }

  @Test
  void aWrongTypeNamesTheField() {
    JsonObject object = JsonObject.of("request", Json.parse("request", "{\"n\":\"3\",\"m\":8.0}"));
    assertThat(object.requireInt("m")).isEqualTo(8);
    assertThatThrownBy(() -> object.integer("n"))
        .hasMessageContaining("'n'")
        .hasMessageContaining("'3'");
    assertThatThrownBy(() -> object.requireInt("k")).hasMessage("request: 'k' is missing");
  }
}
