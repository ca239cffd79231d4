// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.Objects;

/**
 * One turn of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user} or {@code assistant}; templates of some
 *     models know more
 * @param content what is said; never read as control tokens
 */
public record Message(String role, String content) {
  /** Refuses null. */
  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
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
}
