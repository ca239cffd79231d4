// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import io.jishi.engine.Message;
import io.jishi.train.data.Document;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is asked and what the answer should be.
 *
 * @param prompt the conversation up to the answer
 * @param answer the last turn, the assistant's
 * @param where file and line, for messages
 */
public record Example(List<Message> prompt, String answer, String where) {
  /** Copies the list. */
  public Example {
    prompt = List.copyOf(prompt);
  }

  /** One question and its answer. */
  public static Example of(String input, String output, String where) {
    return new Example(List.of(Message.user(input)), output, where);
  }

  /** The turns as JSON values, the answer last. */
  List<Map<String, Object>> messages() {
    List<Map<String, Object>> messages = new ArrayList<>();
    prompt.forEach(m -> messages.add(turn(m.role(), m.content())));
    messages.add(turn("assistant", answer));
    return messages;
  }

  private static Map<String, Object> turn(String role, String content) {
    Map<String, Object> turn = new LinkedHashMap<>();
    turn.put("role", role);
    turn.put("content", content);
    return turn;
  }

  /** The same as a document of the trainer. */
  Document document() {
    return new Document(answer, messages(), null, false, where);
  }
}
