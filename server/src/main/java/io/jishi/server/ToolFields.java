// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.engine.Part;
import io.jishi.engine.Tool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The fields about tools: what may be called, and what was called before. */
final class ToolFields {
  private static final int MAX_TOOLS = 128;

  private ToolFields() {}

  /** The tools that the model is told of; none where {@code tool_choice} is {@code none}. */
  static List<Tool> tools(Fields fields) {
    List<Object> list = fields.array("tools").orElse(List.of());
    if (list.size() > MAX_TOOLS) {
      throw fields.bad("tools", "at most " + MAX_TOOLS + " tools, not " + list.size());
    }
    List<Tool> tools = new ArrayList<>();
    for (Object item : list) {
      tools.add(tool(Fields.of("tools[" + tools.size() + "]", item)));
    }
    return "none".equals(fields.raw("tool_choice")) ? List.of() : tools;
  }

  private static Tool tool(Fields fields) {
    if (!"function".equals(fields.text("type").orElse("function"))) {
      throw fields.bad("type", "tools of the type 'function' are supported, no others");
    }
    Fields function =
        fields.object("function").orElseThrow(() -> fields.wrong("function", "an object"));
    String name =
        function
            .text("name")
            .filter(n -> n.matches("[A-Za-z0-9_.-]{1,64}"))
            .orElseThrow(() -> function.wrong("name", "1 to 64 letters, digits, '_', '-' and '.'"));
    Map<String, Object> parameters =
        function.object("parameters").map(o -> o.json().fields()).orElse(Map.of("type", "object"));
    return new Tool(name, function.text("description").orElse(""), parameters);
  }

  /** The calls that a turn of the assistant made. */
  static List<Part.ToolCall> calls(Fields message) {
    List<Part.ToolCall> calls = new ArrayList<>();
    for (Object item : message.array("tool_calls").orElse(List.of())) {
      Fields call = Fields.of(message.path() + ".tool_calls[" + calls.size() + "]", item);
      Fields function =
          call.object("function").orElseThrow(() -> call.wrong("function", "an object"));
      String name = function.text("name").orElseThrow(() -> function.wrong("name", "a string"));
      String arguments = function.text("arguments").orElse("{}");
      try {
        Json.parse("arguments", arguments);
      } catch (JishiException.BadFile e) {
        throw function.wrong("arguments", "a string of JSON");
      }
      calls.add(new Part.ToolCall(call.text("id").orElse(name), name, arguments, true));
    }
    return calls;
  }
}
