// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.List;
import java.util.Objects;

/**
 * One turn of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant} or {@code tool};
 *     templates of some models know more
 * @param content what is said; never read as control tokens
 * @param toolCalls what the assistant asked to be called
 * @param toolCallId the call that a tool answers, or null
 * @param reasoning what the assistant thought, or null
 */
public record Message(
    String role,
    String content,
    List<Part.ToolCall> toolCalls,
    String toolCallId,
    String reasoning) {
  /** Refuses null. */
  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
    toolCalls = List.copyOf(toolCalls);
  }

  /** A turn of words. */
  public Message(String role, String content) {
    this(role, content, List.of(), null, null);
  }

  /** A turn of the user. */
  public static Message user(String content) {
    return new Message("user", content);
  }

  /** The instructions that stand before the conversation. */
  public static Message system(String content) {
    return new Message("system", content);
  }

  /** A turn of the model. */
  public static Message assistant(String content) {
    return new Message("assistant", content);
  }

  /** What a tool answered to a call. */
  public static Message tool(String callId, String content) {
    return new Message("tool", content, List.of(), callId, null);
  }
}
