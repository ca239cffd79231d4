// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.Json;
import io.jishi.engine.Answer;
import io.jishi.engine.Part;
import io.jishi.engine.TokenLogprob;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Writes one call's answer as JSON, whole or as the chunks of a stream.
 *
 * @param call what was asked
 * @param id the answer's own name, the same in all its chunks
 * @param created seconds since 1970
 * @param model the model's name
 * @param pieces the text of a token, for log-probabilities
 */
record AnswerWriter(Call call, String id, long created, String model, IntFunction<String> pieces) {

  /** The whole answer, with one choice or more. */
  String answer(List<Answer> answers) {
    List<Map<String, Object>> choices = new ArrayList<>();
    for (Answer answer : answers) {
      Map<String, Object> choice =
          chat()
              ? choice("message", message(answer), finish(answer))
              : choice("text", answer.text(), finish(answer));
      choice.put("index", choices.size());
      choice.put("logprobs", logprobs(answer.logprobs()));
      if (!answer.promptLogprobs().isEmpty()) {
        choice.put("prompt_logprobs", logprobs(answer.promptLogprobs()));
      }
      choices.add(choice);
    }
    Map<String, Object> out = head(chat() ? "chat.completion" : "text_completion", null);
    out.put("choices", choices);
    out.put("usage", usage(answers));
    return Json.write(out);
  }

  private Object logprobs(List<TokenLogprob> list) {
    return list.isEmpty() ? null : new LogprobWriter(pieces).write(list, chat());
  }

  /** The chunk that opens an answer of a stream, or null where the API has none. */
  String opening(int index) {
    return chat()
        ? chunk(index, choice("delta", object("role", "assistant", "content", ""), null))
        : null;
  }

  /** A chunk of a part of answer {@code index}; {@code call} counts its tool calls before. */
  String piece(int index, Part part, int call) {
    Map<String, Object> choice =
        switch (part) {
          case Part.Text t when chat() -> choice("delta", object("content", t.text()), null);
          case Part.Text t -> choice("text", t.text(), null);
          case Part.Reasoning r -> choice("delta", object("reasoning_content", r.text()), null);
          case Part.ToolCall c -> {
            Map<String, Object> map = call(c);
            map.put("index", call);
            yield choice("delta", object("tool_calls", List.of(map)), null);
          }
        };
    return chunk(index, choice);
  }

  /** The chunk that says why an answer ended. */
  String ending(int index, Answer answer) {
    Map<String, Object> choice =
        chat() ? choice("delta", object(), finish(answer)) : choice("text", "", finish(answer));
    choice.put("logprobs", logprobs(answer.logprobs()));
    return chunk(index, choice);
  }

  /** The chunk of the usage, which has no choice. */
  String usageChunk(List<Answer> answers) {
    Map<String, Object> out = head(chunkName(), null);
    out.put("usage", usage(answers));
    return Json.write(out);
  }

  private boolean chat() {
    return call.api() == Call.Api.CHAT;
  }

  private String chunkName() {
    return chat() ? "chat.completion.chunk" : "text_completion";
  }

  private String chunk(int index, Map<String, Object> choice) {
    choice.put("index", index);
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

  private static Map<String, Object> message(Answer answer) {
    StringBuilder text = new StringBuilder();
    StringBuilder reasoning = new StringBuilder();
    List<Map<String, Object>> calls = new ArrayList<>();
    for (Part part : answer.parts()) {
      switch (part) {
        case Part.Text t -> text.append(t.text());
        case Part.Reasoning r -> reasoning.append(r.text());
        case Part.ToolCall c -> calls.add(call(c));
      }
    }
    boolean silent = text.isEmpty() && !calls.isEmpty();
    Map<String, Object> message =
        object("role", "assistant", "content", silent ? null : text.toString(), "refusal", null);
    if (!reasoning.isEmpty()) {
      message.put("reasoning_content", reasoning.toString());
    }
    if (!calls.isEmpty()) {
      message.put("tool_calls", calls);
    }
    return message;
  }

  private static Map<String, Object> call(Part.ToolCall call) {
    return object(
        "id",
        call.id(),
        "type",
        "function",
        "function",
        object("name", call.name(), "arguments", call.arguments()));
  }

  private static String finish(Answer answer) {
    return switch (answer.finish()) {
      case STOP ->
          answer.parts().stream().anyMatch(p -> p instanceof Part.ToolCall) ? "tool_calls" : "stop";
      case LENGTH, DEADLINE -> "length";
      case CANCELLED -> throw new IllegalArgumentException("a cancelled answer is not sent");
    };
  }

  /** The prompt is one, whatever the number of choices. */
  private static Map<String, Object> usage(List<Answer> answers) {
    int prompt = answers.getFirst().usage().promptTokens();
    int generated = answers.stream().mapToInt(a -> a.usage().generatedTokens()).sum();
    Map<String, Object> usage =
        object(
            "prompt_tokens",
            prompt,
            "completion_tokens",
            generated,
            "total_tokens",
            prompt + generated,
            "prompt_tokens_details",
            object("cached_tokens", answers.getFirst().usage().cachedTokens()));
    long guessed = answers.stream().mapToLong(a -> a.usage().guesses().computed()).sum();
    long accepted = answers.stream().mapToLong(a -> a.usage().guesses().accepted()).sum();
    if (guessed > 0) { // the names that the API has for tokens that were predicted
      usage.put(
          "completion_tokens_details",
          object(
              "accepted_prediction_tokens",
              accepted,
              "rejected_prediction_tokens",
              guessed - accepted));
    }
    return usage;
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
