// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Conversations and tools as the values that chat templates read (Transformers' names). */
final class TemplateValues {
  private static final Map<String, Object> IMAGE = Map.of("type", "image");

  private TemplateValues() {}

  /**
   * A conversation.
   *
   * @param pieces whether what is said is a list of pieces, as images ask for, else a text
   */
  static List<Map<String, Object>> messages(List<Message> messages, boolean pieces) {
    List<Map<String, Object>> out = new ArrayList<>();
    for (Message message : messages) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("role", message.role());
      map.put("content", pieces ? pieces(message) : message.content());
      if (message.reasoning() != null) {
        map.put("reasoning_content", message.reasoning());
      }
      if (!message.toolCalls().isEmpty()) {
        map.put("tool_calls", message.toolCalls().stream().map(TemplateValues::call).toList());
      }
      if (message.toolCallId() != null) {
        map.put("tool_call_id", message.toolCallId());
        name(messages, message.toolCallId(), map);
      }
      out.add(map);
    }
    return out;
  }

  private static List<Map<String, Object>> pieces(Message message) {
    if (message.pieces().isEmpty()) {
      return List.of(text(message.content()));
    }
    return message.pieces().stream()
        .map(piece -> piece instanceof Content.Text t ? text(t.text()) : IMAGE)
        .toList();
  }

  private static Map<String, Object> text(String text) {
    return Map.of("type", "text", "text", text);
  }

  /** Some templates want the tool's name beside its answer. */
  private static void name(List<Message> messages, String id, Map<String, Object> map) {
    for (Message m : messages) {
      for (Part.ToolCall call : m.toolCalls()) {
        if (call.id().equals(id)) {
          map.put("name", call.name());
        }
      }
    }
  }

  private static Map<String, Object> call(Part.ToolCall call) {
    return Map.of(
        "id",
        call.id(),
        "type",
        "function",
        "function",
        Map.of("name", call.name(), "arguments", Json.parse("arguments", call.arguments())));
  }

  static List<Map<String, Object>> tools(List<Tool> tools) {
    List<Map<String, Object>> out = new ArrayList<>();
    for (Tool tool : tools) {
      Map<String, Object> function = new LinkedHashMap<>();
      function.put("name", tool.name());
      function.put("description", tool.description());
      function.put("parameters", tool.parameters());
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("type", "function");
      map.put("function", function);
      out.add(map);
    }
    return out;
  }
}
