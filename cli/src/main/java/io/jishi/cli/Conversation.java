// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.Message;
import io.jishi.engine.Prompt;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** What was said so far, kept short enough for the model's context. */
final class Conversation {
  /** What a template writes around one message, about. */
  private static final int FRAME_TOKENS = 8;

  /** What an image takes, about: LLaVA's number; other models' depends on its size. */
  private static final int IMAGE_TOKENS = 576;

  private final Message system;
  private final Deque<Message> turns = new ArrayDeque<>();

  /** A new conversation; {@code system} may be null. */
  Conversation(String system) {
    this.system = system == null ? null : Message.system(system);
  }

  void add(Message message) {
    turns.addLast(message);
  }

  /** Takes back the message that was added last. */
  void removeLast() {
    turns.removeLast();
  }

  /** Forgets everything but the instructions. */
  void clear() {
    turns.clear();
  }

  /**
   * Forgets the oldest turns until what stays takes at most three quarters of the context, so that
   * the answer has room. The last message always stays.
   *
   * @return messages that were forgotten
   */
  int fit(ToIntFunction<String> tokens, int context) {
    int budget = context - context / 4;
    int used = 0;
    for (Message message : messages()) {
      used += size(message, tokens);
    }
    int dropped = 0;
    // A question goes together with its answer: templates want the user to speak first.
    while (turns.size() > 1 && (used > budget || turns.peekFirst().role().equals("assistant"))) {
      used -= size(turns.removeFirst(), tokens);
      dropped++;
    }
    return dropped;
  }

  private static int size(Message message, ToIntFunction<String> tokens) {
    return tokens.applyAsInt(message.content())
        + FRAME_TOKENS
        + IMAGE_TOKENS * message.images().size();
  }

  /** As a prompt: by the chat template, or for a model without one as one running text. */
  Prompt prompt(boolean template) {
    return template
        ? new Prompt.Chat(messages(), Map.of())
        : new Prompt.Text(turns.stream().map(Message::content).collect(Collectors.joining("\n")));
  }

  private List<Message> messages() {
    List<Message> all = new ArrayList<>();
    if (system != null) {
      all.add(system);
    }
    all.addAll(turns);
    return all;
  }
}
