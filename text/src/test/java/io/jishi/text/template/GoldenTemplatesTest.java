// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.testkit.Shared;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Renderings of Transformers and Jinja, each compared to the character. */
class GoldenTemplatesTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2025-07-04T09:05:03Z"), ZoneOffset.UTC);
  private static final String CONTINUE = "CONTINUE_FINAL_MESSAGE_TAG ";

  @ParameterizedTest
  @ValueSource(strings = {"aquila2", "baichuan2", "chatglm3", "chatml", "llama2", "minicpm2"})
  void ourTemplatesRenderAsInTransformers(String name) throws IOException {
    JsonObject conversations = resource("_conversations.json");
    assertThat(failures(resource("own-" + name + ".json"), conversations)).isEmpty();
  }

  @Test
  void publishedTemplatesRenderAsInTransformers() throws IOException {
    Path folder = Shared.require("goldens/chat_templates");
    JsonObject conversations = Json.parseObject(folder.resolve("_conversations.json"));
    List<String> failures = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        if (!file.getFileName().toString().startsWith("_")) {
          failures.addAll(failures(Json.parseObject(file), conversations));
        }
      }
    }
    assertThat(failures).isEmpty();
  }

  private static JsonObject resource(String name) throws IOException {
    try (InputStream in = GoldenTemplatesTest.class.getResourceAsStream(name)) {
      return JsonObject.of(name, Json.parse(name, in.readAllBytes()));
    }
  }

  private static List<String> failures(JsonObject golden, JsonObject conversations) {
    ChatTemplate template =
        ChatTemplate.compile(golden.text("template").orElseThrow()).withClock(CLOCK);
    List<String> failures = new ArrayList<>();
    JsonObject cases = golden.object("cases").orElseThrow();
    for (String name : cases.fields().keySet()) {
      JsonObject expected = cases.object(name).orElseThrow();
      JsonObject conversation = conversations.object(name).orElseThrow();
      failure(template, golden, expected, conversation)
          .ifPresent(
              what -> failures.add(golden.text("template_name").orElseThrow() + "/" + name + what));
    }
    assertThat(cases.fields()).hasSize(17);
    return failures;
  }

  private static Optional<String> failure(
      ChatTemplate template, JsonObject golden, JsonObject expected, JsonObject conversation) {
    try {
      String text = rendered(template, golden, expected, conversation);
      Optional<String> wanted = expected.text("text");
      boolean right = wanted.isPresent() && wanted.get().equals(text);
      return right ? Optional.empty() : Optional.of(": " + text + "\n---\n" + expected.fields());
    } catch (JishiException.BadRequest | JishiException.Unsupported e) {
      String message = expected.text("message").orElse("no error");
      boolean raised = expected.text("error").orElse("").equals("TemplateError");
      boolean right =
          raised ? e.getMessage().equals(message) : e.getMessage().endsWith(": " + message);
      return right ? Optional.empty() : Optional.of(": " + e.getMessage() + " not " + message);
    }
  }

  private static String rendered(
      ChatTemplate template, JsonObject golden, JsonObject expected, JsonObject conversation) {
    Map<String, Object> variables = new HashMap<>(conversation.fields());
    variables.putIfAbsent("tools", null);
    variables.put("documents", null);
    variables.put("bos_token", golden.text("bos_token").orElseThrow());
    variables.put("eos_token", golden.text("eos_token").orElseThrow());
    variables.put("add_generation_prompt", expected.bool("add_generation_prompt").orElse(true));
    expected.object("kwargs").ifPresent(kwargs -> variables.putAll(kwargs.fields()));
    if (!expected.bool("continue_final_message").orElse(false)) {
      return template.render(variables);
    }
    variables.put("messages", unfinished(conversation.array("messages").orElseThrow()));
    return cut(template.render(variables));
  }

  /** As Transformers does it: a tag at the end of the last message, cut off with what follows. */
  private static List<Object> unfinished(List<Object> messages) {
    List<Object> copy = new ArrayList<>(messages);
    JsonObject last = JsonObject.of("messages", copy.removeLast());
    Map<String, Object> fields = new HashMap<>(last.fields());
    fields.put("content", last.text("content").orElseThrow() + CONTINUE);
    copy.add(fields);
    return copy;
  }

  private static String cut(String text) {
    int at = text.lastIndexOf(CONTINUE.strip());
    String head = text.substring(0, at);
    return text.startsWith(CONTINUE, at) ? head : head.stripTrailing();
  }
}
