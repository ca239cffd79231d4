// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One turn of an exercise.
 *
 * @param role {@code system}, {@code user}, {@code assistant} or {@code tool}
 * @param content what is said
 * @param reasoning what is thought before, or null
 * @param call the tool that the assistant asks for, or null
 */
public record Turn(String role, String content, String reasoning, Call call) {
  /** Refuses null. */
  public Turn {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
  }

  /**
   * A call of a tool.
   *
   * @param name the tool's
   * @param arguments by name: texts, whole numbers
   */
  public record Call(String name, Map<String, Object> arguments) {}

  static Turn system(String content) {
    return new Turn("system", content, null, null);
  }

  static Turn user(String content) {
    return new Turn("user", content, null, null);
  }

  static Turn tool(String content) {
    return new Turn("tool", content, null, null);
  }

  static Turn answer(String content) {
    return new Turn("assistant", content, null, null);
  }

  static Turn thought(String reasoning, String content) {
    return new Turn("assistant", content, reasoning, null);
  }

  static Turn call(String name, Map<String, Object> arguments) {
    return new Turn("assistant", "", null, new Call(name, arguments));
  }

  boolean isAnswer() {
    return role.equals("assistant");
  }

  /** As chat templates and training data write it. */
  public Map<String, Object> message() {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    if (reasoning != null) {
      message.put("reasoning_content", reasoning);
    }
    if (call != null) {
      Map<String, Object> function = new LinkedHashMap<>();
      function.put("name", call.name);
      function.put("arguments", call.arguments);
      message.put("tool_calls", List.of(Map.of("function", function)));
    }
    return message;
  }
}
