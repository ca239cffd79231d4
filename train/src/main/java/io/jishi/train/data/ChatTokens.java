// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer;
import io.jishi.text.template.ChatEncoder;
import io.jishi.text.template.ChatTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Conversations with the model's own template, learned in the assistant's words alone. Where an
 * answer begins and ends is found by rendering the conversation up to there: with the turn opened
 * for the assistant, and with the answer. A template that writes earlier turns differently once
 * later ones follow gives one document for each answer, ending with it.
 */
public final class ChatTokens {
  /**
   * Tokens in which a beginning may differ from the whole: the end token that the tokenizer frames
   * it with, or a token that merges the prompt's last character with the answer's first.
   */
  private static final int SLACK = 1;

  private final ChatEncoder encoder;

  /** Encodes for one model; safe for use by several threads if the tokenizer is. */
  public ChatTokens(Tokenizer tokenizer, ChatTemplate template) {
    this.encoder = new ChatEncoder(tokenizer, template);
  }

  /**
   * Tokens and which of them are learned.
   *
   * @param tokens ids
   * @param learned for each whether it is the assistant's; null where all are learned
   */
  public record Learned(int[] tokens, boolean[] learned) {}

  /**
   * The documents of a conversation; none where the assistant says nothing.
   *
   * @throws JishiException.BadRequest where the template refuses it, or opens an answer otherwise
   *     than it writes one; the message begins with where the conversation stands
   */
  public List<Learned> encode(Document chat) {
    Map<String, Object> extra = new HashMap<>();
    if (chat.tools() != null) {
      extra.put("tools", chat.tools());
    }
    try {
      return encode(chat.messages(), extra);
    } catch (JishiException.BadRequest e) {
      throw new JishiException.BadRequest(e.field(), chat.where() + ": " + e.getMessage());
    }
  }

  private List<Learned> encode(List<Map<String, Object>> messages, Map<String, Object> extra) {
    int[] all = encoder.encode(messages, false, extra);
    boolean[] learned = new boolean[all.length];
    boolean steady = true;
    List<Learned> answers = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      if (!"assistant".equals(messages.get(i).get("role"))) {
        continue;
      }
      boolean last = i == messages.size() - 1;
      int[] before = encoder.encode(messages.subList(0, i), true, extra);
      int[] behind = last ? all : encoder.encode(messages.subList(0, i + 1), false, extra);
      int start = common(before, behind);
      if (start < before.length - SLACK) {
        throw new JishiException.BadRequest(
            "messages",
            "the template opens the answer of message %d otherwise than it writes it, so that where it begins is unknown"
                .formatted(i));
      }
      boolean[] own = new boolean[behind.length];
      Arrays.fill(own, start, behind.length, true);
      answers.add(new Learned(behind, own));
      int end = common(behind, all);
      steady &= end >= behind.length - SLACK && common(before, all) >= start;
      Arrays.fill(learned, Math.min(start, end), end, true);
    }
    if (answers.isEmpty()) {
      return List.of();
    }
    return steady ? List.of(new Learned(all, learned)) : answers;
  }

  private static int common(int[] a, int[] b) {
    int at = Arrays.mismatch(a, b);
    return at < 0 ? a.length : at;
  }
}
