// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.Json;
import io.jishi.engine.Constraint;
import io.jishi.engine.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The fields that give the answer a form: OpenAI's {@code response_format}, and {@code
 * guided_json}, {@code guided_regex}, {@code guided_grammar} (GBNF), {@code guided_choice}; {@code
 * grammar} and {@code json_schema} as in llama.cpp. Only one of them, for one form is kept.
 */
final class ConstraintFields {
  private ConstraintFields() {}

  /** The form asked for, or null. */
  static Constraint read(Fields fields, Prompt prompt) {
    List<Constraint> all = new ArrayList<>();
    fields.object("response_format").ifPresent(format -> add(all, format(format)));
    for (String field : List.of("guided_json", "json_schema")) {
      if (fields.has(field)) {
        all.add(new Constraint.JsonSchema(schema(fields.raw(field))));
      }
    }
    fields.text("guided_regex").ifPresent(p -> all.add(new Constraint.Regex(p)));
    for (String field : List.of("guided_grammar", "grammar")) {
      fields.text(field).ifPresent(g -> all.add(new Constraint.Grammar(g)));
    }
    fields.array("guided_choice").ifPresent(list -> all.add(choice(fields, list)));
    if (all.size() > 1) {
      throw fields.bad("response_format", "more than one form of the answer is asked for");
    }
    toolChoice(fields, prompt, all);
    return all.isEmpty() ? null : all.getFirst();
  }

  private static void add(List<Constraint> all, Constraint constraint) {
    if (constraint != null) {
      all.add(constraint);
    }
  }

  /** A schema as an object, or as a text that holds one. */
  private static String schema(Object value) {
    return value instanceof String text ? text : Json.write(value);
  }

  private static Constraint format(Fields format) {
    String type = format.text("type").orElseThrow(() -> format.wrong("type", "a string"));
    return switch (type) {
      case "text" -> null;
      case "json_object" -> new Constraint.Json();
      case "json_schema" -> {
        Fields named =
            format
                .object("json_schema")
                .orElseThrow(() -> format.wrong("json_schema", "an object"));
        Object schema = named.raw("schema");
        if (!(schema instanceof Map) && !(schema instanceof Boolean)) {
          throw named.wrong("schema", "a JSON schema");
        }
        yield new Constraint.JsonSchema(Json.write(schema));
      }
      default -> throw format.wrong("type", "text, json_object or json_schema");
    };
  }

  private static Constraint choice(Fields fields, List<Object> list) {
    List<String> texts = new ArrayList<>();
    for (Object item : list) {
      if (!(item instanceof String text)) {
        throw fields.wrong("guided_choice", "an array of strings");
      }
      texts.add(text);
    }
    return new Constraint.Choice(texts);
  }

  private static void toolChoice(Fields fields, Prompt prompt, List<Constraint> all) {
    Object choice = fields.raw("tool_choice");
    if (choice == null || choice.equals("auto") || choice.equals("none")) {
      return;
    }
    if (!(prompt instanceof Prompt.Chat chat) || chat.tools().isEmpty() || !all.isEmpty()) {
      throw fields.bad("tool_choice", "a call can be demanded with tools, and without a format");
    }
    if (choice.equals("required")) {
      all.add(new Constraint.ToolCall(null));
      return;
    }
    Fields object =
        fields
            .object("tool_choice")
            .flatMap(o -> o.object("function"))
            .orElseThrow(() -> fields.wrong("tool_choice", "none, auto, required or a function"));
    String name = object.text("name").orElseThrow(() -> object.wrong("name", "a string"));
    if (chat.tools().stream().noneMatch(t -> t.name().equals(name))) {
      throw object.bad("name", "there is no tool '" + name + "'");
    }
    all.add(new Constraint.ToolCall(name));
  }
}
