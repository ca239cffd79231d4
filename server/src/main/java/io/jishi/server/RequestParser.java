// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.engine.Content;
import io.jishi.engine.Message;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Search;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads the body of a call: OpenAI's field names and defaults, plus those that other servers of
 * open models have: {@code chat_template_kwargs}, {@code min_tokens}, {@code stop_token_ids},
 * {@code prompt_logprobs}, and what {@link SamplingFields}, {@link ConstraintFields} and {@link
 * ServiceFields} name. Unknown fields are ignored.
 */
final class RequestParser {
  /** What OpenAI generates for a completion that names no limit. */
  private static final int COMPLETION_TOKENS = 16;

  private static final int MAX_CHOICES = 16;

  private static final Set<String> ROLES =
      Set.of("system", "developer", "user", "assistant", "tool");

  private RequestParser() {}

  /**
   * Parses a body.
   *
   * @throws JishiException.BadRequest for anything that is wrong with it
   */
  static Call parse(Call.Api api, byte[] body) {
    Fields fields = Fields.of("", json(body));
    Unsupported.refuse(fields);
    Prompt prompt =
        switch (api) {
          case CHAT -> chat(fields);
          case COMPLETION -> prompt(fields);
        };
    Request request =
        new Request(
            prompt,
            SamplingFields.read(fields),
            maxTokens(api, fields),
            stop(fields),
            ending(fields),
            ConstraintFields.read(fields, prompt),
            output(api, fields),
            ServiceFields.service(fields),
            ServiceFields.adapter(fields));
    boolean usage = fields.object("stream_options").map(o -> o.bool("include_usage")).orElse(false);
    String model = fields.text("model").orElse("");
    boolean stream = fields.bool("stream");
    int choices = positive(fields, "n").orElse(1);
    if (choices > MAX_CHOICES) {
      throw fields.bad("n", "'n' is at most " + MAX_CHOICES);
    }
    Search search = ServiceFields.search(fields, choices, stream);
    return new Call(api, model, request, stream, usage, choices, search);
  }

  static Object json(byte[] body) {
    try {
      return Json.parse("request", body);
    } catch (JishiException.BadFile e) {
      throw new JishiException.BadRequest(null, e.getMessage());
    }
  }

  private static Prompt.Chat chat(Fields fields) {
    List<Object> list =
        fields.array("messages").orElseThrow(() -> fields.wrong("messages", "an array"));
    if (list.isEmpty()) {
      throw fields.wrong("messages", "an array of at least one message");
    }
    List<Message> messages = new ArrayList<>(list.size());
    ContentFields contents = new ContentFields();
    for (Object item : list) {
      messages.add(message("messages[" + messages.size() + "]", item, contents));
    }
    return new Prompt.Chat(messages, variables(fields), ToolFields.tools(fields));
  }

  private static Message message(String where, Object item, ContentFields contents) {
    Fields fields = Fields.of(where, item);
    String role = fields.text("role").orElseThrow(() -> fields.wrong("role", "a string"));
    if (!ROLES.contains(role)) {
      throw fields.wrong("role", "system, developer, user, assistant or tool");
    }
    var calls = ToolFields.calls(fields);
    boolean silent = !calls.isEmpty() && fields.raw("content") == null;
    List<Content> pieces = silent ? List.of() : contents.read(where, role, fields);
    return new Message(
        // OpenAI renamed the system role for newer models; templates of open models know the old.
        role.equals("developer") ? "system" : role,
        Message.words(pieces),
        calls,
        fields.text("tool_call_id").orElse(null),
        fields.text("reasoning_content").orElse(null),
        ContentFields.withImages(pieces));
  }

  /** Variables of the template, under the name that other servers of open models gave them. */
  private static Map<String, Object> variables(Fields fields) {
    Map<String, Object> variables = new HashMap<>();
    fields
        .object("chat_template_kwargs")
        .ifPresent(
            object ->
                object
                    .json()
                    .fields()
                    .forEach((name, value) -> variables.put(name, scalar(object, name, value))));
    return variables;
  }

  private static Object scalar(Fields fields, String name, Object value) {
    return switch (value) {
      case String text -> text;
      case Boolean truth -> truth;
      case Long number -> number;
      case Double number -> number;
      case null, default -> throw fields.wrong(name, "a string, a number, true or false");
    };
  }

  /** A text, or token ids; a list of one of them counts as that one. */
  private static Prompt prompt(Fields fields) {
    Object value = fields.raw("prompt");
    if (value instanceof List<?> list && list.size() == 1 && !(list.getFirst() instanceof Number)) {
      value = list.getFirst();
    }
    return switch (value) {
      case String text -> new Prompt.Text(text);
      case List<?> list when !list.isEmpty() -> new Prompt.Tokens(tokens(fields, list));
      case null, default -> throw fields.wrong("prompt", "one string or one array of token ids");
    };
  }

  private static int[] tokens(Fields fields, List<?> list) {
    int[] tokens = new int[list.size()];
    for (int i = 0; i < tokens.length; i++) {
      if (!(list.get(i) instanceof Long id) || id < 0 || id > Integer.MAX_VALUE) {
        throw fields.wrong("prompt", "one string or one array of token ids (0 or more)");
      }
      tokens[i] = id.intValue();
    }
    return tokens;
  }

  private static int maxTokens(Call.Api api, Fields fields) {
    OptionalInt chat = positive(fields, "max_completion_tokens");
    OptionalInt old = positive(fields, "max_tokens");
    int unasked = api == Call.Api.COMPLETION ? COMPLETION_TOKENS : 0;
    return chat.orElse(old.orElse(unasked));
  }

  private static OptionalInt positive(Fields fields, String field) {
    OptionalInt value = fields.integer(field);
    if (value.isPresent() && value.getAsInt() < 1) {
      throw fields.wrong(field, "1 or more");
    }
    return value;
  }

  private static Request.Ending ending(Fields fields) {
    Set<Integer> tokens = new HashSet<>();
    for (Object item : fields.array("stop_token_ids").orElse(List.of())) {
      if (!(item instanceof Long id) || id < 0 || id > Integer.MAX_VALUE) {
        throw fields.wrong("stop_token_ids", "an array of token ids");
      }
      tokens.add(id.intValue());
    }
    return new Request.Ending(
        fields.integer("min_tokens").orElse(0), tokens, fields.bool("close_in_time"));
  }

  private static Request.Output output(Call.Api api, Fields fields) {
    int logprobs;
    if (api == Call.Api.CHAT) {
      int top = fields.integer("top_logprobs").orElse(0);
      if (top != 0 && !fields.bool("logprobs")) {
        throw fields.bad("top_logprobs", "'top_logprobs' needs 'logprobs': true");
      }
      logprobs = fields.bool("logprobs") ? top : -1;
    } else {
      logprobs = fields.integer("logprobs").orElse(-1);
    }
    return new Request.Output(
        logprobs, fields.integer("prompt_logprobs").orElse(-1), api == Call.Api.CHAT);
  }

  private static List<String> stop(Fields fields) {
    if (fields.raw("stop") instanceof String text) {
      return List.of(text);
    }
    List<String> texts = new ArrayList<>();
    for (Object item : fields.array("stop").orElse(List.of())) {
      if (!(item instanceof String text)) {
        throw fields.wrong("stop", "a string or an array of strings");
      }
      texts.add(text);
    }
    return texts;
  }
}
