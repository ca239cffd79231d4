// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

/** A stretch of an answer of one kind. */
public sealed interface Part {

  /** What is said. */
  record Text(String text) implements Part {}

  /** What is thought before it is said. */
  record Reasoning(String text) implements Part {}

  /**
   * A tool that the model wants to be called.
   *
   * @param id the call's name within the conversation
   * @param name the tool's
   * @param arguments a JSON object, as text
   * @param valid whether the tool exists and its schema accepts the arguments
   */
  record ToolCall(String id, String name, String arguments, boolean valid) implements Part {}
}
