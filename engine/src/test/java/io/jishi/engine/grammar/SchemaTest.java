// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What constrained decoding writes, judged by a validator of others. */
class SchemaTest {
  private static final byte[][] VOCABULARY = Walks.vocabulary();
  private static final GrammarCompiler COMPILER = new GrammarCompiler(VOCABULARY, false);

  static Map<?, ?> realLife() throws Exception {
    try (InputStream in =
        SchemaTest.class.getResourceAsStream("/io/jishi/engine/grammar/schemas.json")) {
      return (Map<?, ?>) Json.parse("schemas.json", in.readAllBytes());
    }
  }

  @Test
  void randomTokensWithinThirtyRealLifeSchemasAlwaysValidate() throws Exception {
    Random random = new Random(11);
    Map<?, ?> schemas = realLife();
    assertThat(schemas).hasSize(30);
    for (var e : schemas.entrySet()) {
      String schema = Json.write(e.getValue());
      Grammar grammar = COMPILER.jsonSchema("schema", schema);
      for (int i = 0; i < 12; i++) {
        String text = Walks.text(grammar, VOCABULARY, random, i * 12);
        assertThat(Judge.errors(schema, text)).as(e.getKey() + ": " + text).isEmpty();
      }
    }
  }

  @Test
  void randomTokensWithinRandomSchemasAlwaysValidate() {
    int compiled = 0;
    for (int seed = 0; seed < 160; seed++) {
      Random random = new Random(seed);
      String schema = Json.write(new RandomSchema(random).root());
      Grammar grammar;
      try {
        grammar = COMPILER.jsonSchema("schema", schema);
      } catch (JishiException.BadRequest e) {
        continue; // contradictory, or oneOf whose parts cannot be told apart
      }
      compiled++;
      for (int i = 0; i < 5; i++) {
        String text = Walks.text(grammar, VOCABULARY, random, i * 10);
        assertThat(Judge.errors(schema, text)).as(seed + " " + schema + ": " + text).isEmpty();
        boolean own =
            GrammarCompiler.valid("schema", Json.parse("s", schema), Json.parse("t", text));
        assertThat(own).as(schema + ": " + text).isTrue();
      }
    }
    assertThat(compiled).isGreaterThan(90);
  }

  /** Numbers at and around their bounds: what the judge accepts can be written, and only that. */
  @Test
  void boundsOfNumbersAreExact() {
    String[] bounds = {
      "-12.5", "-1", "-0.25", "0", "0.1", "0.125", "1", "9.99", "10", "99", "100", "1234"
    };
    String[] values = {
      "-13", "-12.51", "-12.5", "-12.49", "-12", "-1.1", "-1", "-0.9", "-0.26", "-0.25", "-0.2",
      "0", "0.0", "0.09", "0.1", "0.10", "0.11", "0.12", "0.125", "0.126", "0.13", "0.9", "1",
      "1.0", "1.01", "5", "9", "9.9", "9.98", "9.99", "9.991", "10", "10.5", "11", "50", "98", "99",
      "99.5", "100", "101", "999", "1000", "1233", "1234", "1234.5", "1235", "99999"
    };
    for (int low = 0; low < bounds.length; low++) {
      for (int high = low; high < bounds.length; high++) {
        for (String type : List.of("number", "integer")) {
          for (int open = 0; open < 4; open++) {
            check(type, bounds[low], (open & 1) > 0, bounds[high], (open & 2) > 0, values);
          }
        }
      }
    }
  }

  private static void check(
      String type, String low, boolean lowOpen, String high, boolean highOpen, String[] values) {
    String schema =
        "{\"type\":\"%s\",\"%s\":%s,\"%s\":%s}"
            .formatted(
                type,
                lowOpen ? "exclusiveMinimum" : "minimum",
                low,
                highOpen ? "exclusiveMaximum" : "maximum",
                high);
    Grammar grammar;
    try {
      grammar = COMPILER.jsonSchema("schema", schema);
    } catch (JishiException.BadRequest e) {
      grammar = null; // nothing fits
    }
    for (String value : values) {
      boolean valid =
          GrammarCompiler.valid("schema", Json.parse("s", schema), Json.parse("v", value));
      boolean plain = type.equals("number") || !value.contains("."); // 1.0 is not written
      boolean zero = value.equals("0.0") || value.equals("0.10") || value.equals("1.0");
      if (plain && !(zero && !valid)) {
        boolean written = grammar != null && Walks.accepts(grammar, value);
        if (!zero || valid) {
          assertThat(written || zero).as(schema + " " + value).isEqualTo(valid);
        }
      }
      if (grammar != null && Walks.accepts(grammar, value)) {
        assertThat(valid).as(schema + " " + value).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"name\":\"Ada\",\"age\":36}",
        "{ \"name\": \"Ada \\u00e9 \\\"x\\\" 中\", \"tags\": [\"a\", \"b\"] }",
        "{\n  \"name\": \"\",\n  \"tags\": [\n    \"a\"\n  ]\n}"
      })
  void usualWaysToWriteJsonAreAllowed(String text) {
    String schema =
        "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"},"
            + "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"required\":[\"name\"]}";
    assertThat(Walks.accepts(COMPILER.jsonSchema("schema", schema), text)).isTrue();
  }

  @Test
  void anyJsonObjectCanBeWritten() {
    Grammar json = COMPILER.jsonObject("json");
    for (String text :
        List.of("{}", "{\"a\":[1,-2.5e10,true,null,{\"b\":\"\\n\"}]}", "{ \"a\": { } }")) {
      assertThat(Walks.accepts(json, text)).as(text).isTrue();
    }
    for (String text : List.of("[]", "{\"a\":01}", "{\"a\":1,}", "{'a':1}", "{\"a\":\"\n\"}")) {
      assertThat(Walks.accepts(json, text)).as(text).isFalse();
    }
    Random random = new Random(5);
    for (int i = 0; i < 100; i++) {
      assertThat(Json.parse("text", lastWins(Walks.text(json, VOCABULARY, random, i))))
          .isInstanceOf(Map.class);
    }
  }

  /** Names in objects of any form may repeat; our own reader refuses that, the judge does not. */
  private static String lastWins(String text) {
    assertThat(Judge.errors("{\"type\":\"object\"}", text)).as(text).isEmpty();
    return "{}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"not\":{}}|#/not",
        "{\"properties\":{\"a\":{\"if\":{}}}}|#/properties/a/if",
        "{\"type\":\"array\",\"uniqueItems\":true}|#/uniqueItems",
        "{\"type\":\"array\",\"items\":{\"contains\":{}}}|#/items/contains",
        "{\"patternProperties\":{}}|#/patternProperties",
        "{\"type\":\"number\",\"multipleOf\":0.1}|#/multipleOf",
        "{\"type\":\"string\",\"format\":\"regex\"}|#/format",
        "{\"type\":\"string\",\"pattern\":\"(?=a)\"}|#/pattern",
        "{\"$ref\":\"http://example.org/schema\"}|#/$ref",
        "{\"$ref\":\"#/$defs/missing\"}|#/$ref",
        "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"string\",\"maxLength\":3}]}|#/oneOf",
        "{\"type\":\"strin\"}|#/type",
        "{\"properties\":[]}|#/properties",
        "{\"properties\":{\"a\":3}}|#/properties/a",
        "{\"minLength\":-1}|#/minLength",
        "{\"nullable\":true}|#/nullable",
        "{\"allOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}|#",
        "{\"type\":\"integer\",\"enum\":[\"a\"]}|#",
        "[]|#"
      })
  void whatIsNotSupportedIsRefusedWithItsPath(String schema, String path) {
    assertThatThrownBy(() -> COMPILER.jsonSchema("schema", schema))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"$ref\":\"#\"}",
        "{\"allOf\":[{\"$ref\":\"#\"}]}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}",
        "{\"type\":\"integer\",\"minimum\":3,\"maximum\":2}",
        "{\"type\":\"string\",\"minLength\":3,\"maxLength\":2}",
        "{\"type\":\"array\",\"minItems\":2,\"items\":false}",
        "{\"type\":\"string\",\"maxLength\":2000000000}",
        "{\"type\":\"array\",\"minItems\":2000000000}",
        "false",
        "{",
        "3"
      })
  void contradictionsEndlessRecursionAndHugeCountsAreErrors(String schema) {
    assertThatThrownBy(() -> COMPILER.jsonSchema("schema", schema))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageStartingWith("schema");
  }
}
