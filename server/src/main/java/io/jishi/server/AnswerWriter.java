// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.Json;
import io.jishi.engine.Answer;
import io.jishi.engine.Usage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes one call's answer as JSON, whole or as the chunks of a stream.
 *
 * @param call what was asked
 * @param id the answer's own name, the same in all its chunks
 * @param created seconds since 1970
 * @param model the model's name
 */
record AnswerWriter(Call call, String id, long created, String model) {

  /** The whole answer. */
  String answer(Answer answer) {
    Map<String, Object> choice =
        chat()
            ? choice("message", message(answer.text()), finish(answer))
            : choice("text", answer.text(), finish(answer));
    Map<String, Object> out = head(chat() ? "chat.completion" : "text_completion", choice);
    out.put("usage", usage(answer.usage()));
    return Json.write(out);
  }

  /** The chunk that opens a stream, or null where the API has none. */
  String opening() {
    return chat() ? chunk(choice("delta", object("role", "assistant", "content", ""), null)) : null;
  }

  /** A chunk of text. */
  String piece(String text) {
    return chat()
        ? chunk(choice("delta", object("content", text), null))
        : chunk(choice("text", text, null));
  }

  /** The chunk that says why the answer ended. */
  String ending(Answer answer) {
    return chat()
        ? chunk(choice("delta", object(), finish(answer)))
        : chunk(choice("text", "", finish(answer)));
  }

  /** The chunk of the usage, which has no choice. */
  String usageChunk(Answer answer) {
    Map<String, Object> out = head(chunkName(), null);
    out.put("usage", usage(answer.usage()));
    return Json.write(out);
  }

  private boolean chat() {
    return call.api() == Call.Api.CHAT;
  }

  private String chunkName() {
    return chat() ? "chat.completion.chunk" : "text_completion";
  }

  private String chunk(Map<String, Object> choice) {
    Map<String, Object> out = head(chunkName(), choice);
    if (call.usage()) {
      out.put("usage", null);
    }
    return Json.write(out);
  }

  private Map<String, Object> head(String name, Map<String, Object> choice) {
    List<Map<String, Object>> choices = choice == null ? List.of() : List.of(choice);
    return object("id", id, "object", name, "created", created, "model", model, "choices", choices);
  }

  private static Map<String, Object> choice(String field, Object content, String finish) {
    return object("index", 0, field, content, "logprobs", null, "finish_reason", finish);
  }

  private static Map<String, Object> message(String text) {
    return object("role", "assistant", "content", text, "refusal", null);
  }

  private static String finish(Answer answer) {
    return switch (answer.finish()) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case CANCELLED -> throw new IllegalArgumentException("a cancelled answer is not sent");
    };
  }

  private static Map<String, Object> usage(Usage usage) {
    int prompt = usage.promptTokens();
    int generated = usage.generatedTokens();
    return object(
        "prompt_tokens",
        prompt,
        "completion_tokens",
        generated,
        "total_tokens",
        prompt + generated,
        "prompt_tokens_details",
        object("cached_tokens", usage.cachedTokens()));
  }

  /** An object of names and values in turn. */
  private static Map<String, Object> object(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put((String) pairs[i], pairs[i + 1]);
    }
    return map;
  }
}
