// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.model.vision.Image;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * One turn of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant} or {@code tool};
 *     templates of some models know more
 * @param content what is said in words; never read as control tokens
 * @param toolCalls what the assistant asked to be called
 * @param toolCallId the call that a tool answers, or null
 * @param reasoning what the assistant thought, or null
 * @param pieces words and images in their order where there are images, else empty
 */
public record Message(
    String role,
    String content,
    List<Part.ToolCall> toolCalls,
    String toolCallId,
    String reasoning,
    List<Content> pieces) {
  /** Refuses null. */
  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
    toolCalls = List.copyOf(toolCalls);
    pieces = List.copyOf(pieces);
  }

  /** A turn without images. */
  public Message(
      String role,
      String content,
      List<Part.ToolCall> toolCalls,
      String toolCallId,
      String reasoning) {
    this(role, content, toolCalls, toolCallId, reasoning, List.of());
  }

  /** A turn of words. */
  public Message(String role, String content) {
    this(role, content, List.of(), null, null);
  }

  /** A turn of the user. */
  public static Message user(String content) {
    return new Message("user", content);
  }

  /** A turn of the user with images among the words. */
  public static Message user(List<Content> pieces) {
    return new Message("user", words(pieces), List.of(), null, null, pieces);
  }

  /** The words among pieces, joined. */
  public static String words(List<Content> pieces) {
    return pieces.stream()
        .map(piece -> piece instanceof Content.Text t ? t.text() : "")
        .collect(Collectors.joining());
  }

  /** Its images, in order. */
  public List<Image> images() {
    return pieces.stream()
        .filter(Content.Picture.class::isInstance)
        .map(piece -> ((Content.Picture) piece).image())
        .toList();
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
