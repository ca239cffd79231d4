// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.engine.Engine;
import io.jishi.nano.Nano;
import io.jishi.server.JishiServer;
import io.jishi.server.ServerOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A server with the built-in model, from outside: answers have to be right, not only well formed.
 */
class NanoServerTest {
  private static final String SUM = "What is 123 + 456?";

  private static final String ORDER =
      "Leo ordered 4 plates on Monday. Answer in JSON:"
          + " {\"name\":\"string\",\"item\":\"string\"}";

  private static final Object SCHEMA =
      Json.parse(
          "schema",
          "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"item\":"
              + "{\"type\":\"string\"}},\"required\":[\"name\",\"item\"],"
              + "\"additionalProperties\":false}");

  private static final Object TOOLS =
      Json.parse(
          "tools",
          "[{\"type\":\"function\",\"function\":{\"name\":\"calculator\",\"description\":"
              + "\"Does arithmetic\",\"parameters\":{\"type\":\"object\",\"properties\":"
              + "{\"expression\":{\"type\":\"string\"}},\"required\":[\"expression\"]}}}]");

  private static Engine engine;
  private static JishiServer server;

  @BeforeAll
  static void start() {
    engine = Nano.open();
    server = JishiServer.start(engine, ServerOptions.DEFAULT.withPort(0));
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
    if (engine != null) {
      engine.close();
    }
  }

  @Test
  void aChatAnswerHoldsTheRightSum() throws IOException {
    assertThat(content(ask(SUM))).endsWith("579");
  }

  @Test
  void aStreamSaysWhatAWholeAnswerSays() throws IOException {
    for (String question : List.of(SUM, "请算一下 81 - 27。", "你好")) {
      assertThat(streamed(question)).as(question).isEqualTo(content(ask(question)));
    }
  }

  @Test
  void aStopStringEndsTheAnswerBeforeItself() throws IOException {
    String whole = content(ask(ORDER));
    JsonObject cut = choice(post(body(List.of(user(ORDER)), Map.of("stop", ","))));
    assertThat(whole).contains(",");
    assertThat(content(cut)).isEqualTo(whole.substring(0, whole.indexOf(',')));
    assertThat(cut.text("finish_reason")).contains("stop");
  }

  @Test
  void anAnswerThatIsCutByItsLengthSaysSo() throws IOException {
    JsonObject cut = choice(post(body(List.of(user(ORDER)), Map.of("max_tokens", 3))));
    assertThat(content(cut)).isNotEmpty();
    assertThat(content(ask(ORDER))).startsWith(content(cut)).isNotEqualTo(content(cut));
    assertThat(cut.text("finish_reason")).contains("length");
  }

  @Test
  void jsonModeGivesAnObjectWithWhatWasAsked() throws IOException {
    assertOrder(Map.of("type", "json_object"));
  }

  @Test
  void aSchemaHoldsTheAnswerToItsFields() throws IOException {
    assertOrder(
        Map.of("type", "json_schema", "json_schema", Map.of("name", "order", "schema", SCHEMA)));
  }

  private static void assertOrder(Map<String, Object> format) throws IOException {
    String answer =
        content(choice(post(body(List.of(user(ORDER)), Map.of("response_format", format)))));
    JsonObject order = JsonObject.of("answer", Json.parse("answer", answer));
    assertThat(order.fields().keySet()).containsExactly("name", "item");
    assertThat(order.text("name")).contains("Leo");
    assertThat(order.text("item").orElseThrow()).startsWith("plate");
  }

  @Test
  void aToolIsCalledAndItsResultIsInTheAnswer() throws IOException {
    List<Object> messages = new ArrayList<>(List.of(user("What is 31746*27?")));
    JsonObject first = choice(post(body(messages, Map.of("tools", TOOLS))));
    assertThat(first.text("finish_reason")).contains("tool_calls");
    JsonObject said = first.object("message").orElseThrow();
    JsonObject call = JsonObject.of("call", said.array("tool_calls").orElseThrow().getFirst());
    JsonObject function = call.object("function").orElseThrow();
    assertThat(function.text("name")).contains("calculator");
    assertThat(Json.parse("arguments", function.text("arguments").orElseThrow()))
        .isEqualTo(Map.of("expression", "31746*27"));

    messages.add(said.fields());
    messages.add(
        Map.of("role", "tool", "content", "857142", "tool_call_id", call.text("id").orElseThrow()));
    JsonObject second = choice(post(body(messages, Map.of("tools", TOOLS))));
    assertThat(content(second)).contains("857142");
    assertThat(second.text("finish_reason")).contains("stop");
  }

  @Test
  void whatAnEarlierTurnSaidIsKnown() throws IOException {
    List<Object> messages =
        List.of(
            user("Hi, my name is Gina!"),
            Map.of("role", "assistant", "content", "Nice to meet you, Gina."),
            user("What is my name?"));
    assertThat(content(choice(post(body(messages, Map.of()))))).contains("Gina");
  }

  private static Map<String, Object> user(String text) {
    return Map.of("role", "user", "content", text);
  }

  private static Map<String, Object> body(List<?> messages, Map<String, ?> more) {
    Map<String, Object> body = new LinkedHashMap<>(more);
    body.put("messages", messages);
    return body;
  }

  private static JsonObject ask(String question) throws IOException {
    return choice(post(body(List.of(user(question)), Map.of())));
  }

  private static JsonObject choice(String response) {
    JsonObject root = JsonObject.of("response", Json.parse("response", response));
    return JsonObject.of("choice", root.array("choices").orElseThrow().getFirst());
  }

  private static String content(JsonObject choice) {
    return choice.object("message").orElseThrow().text("content").orElseThrow();
  }

  /** The pieces of a streamed answer, put together. */
  private static String streamed(String question) throws IOException {
    StringBuilder text = new StringBuilder();
    int pieces = 0;
    for (String line : post(body(List.of(user(question)), Map.of("stream", true))).split("\n")) {
      if (line.startsWith("data: {")) {
        JsonObject delta = choice(line.substring("data: ".length())).object("delta").orElseThrow();
        String piece = delta.text("content").orElse("");
        text.append(piece);
        pieces += piece.isEmpty() ? 0 : 1;
      }
    }
    assertThat(pieces).as("pieces of a stream").isGreaterThan(1);
    return text.toString();
  }

  private static String post(Map<String, Object> body) throws IOException {
    URI uri = server.uri().resolve("/v1/chat/completions");
    HttpURLConnection call = (HttpURLConnection) uri.toURL().openConnection();
    call.setDoOutput(true);
    call.setRequestProperty("Content-Type", "application/json");
    try (OutputStream out = call.getOutputStream()) {
      out.write(Json.write(body).getBytes(StandardCharsets.UTF_8));
    }
    assertThat(call.getResponseCode()).isEqualTo(200);
    try (InputStream in = call.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
