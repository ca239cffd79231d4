// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One generation to make.
 *
 * @param prompt what it starts from
 * @param sampling how tokens are drawn; null takes the model's own defaults ({@code
 *     generation_config.json}) or, where it has none, temperature 0.7
 * @param maxTokens the most tokens to generate; 0 means up to the end of the context
 * @param stop texts that end the answer; they are not part of it
 */
public record Request(Prompt prompt, Sampling sampling, int maxTokens, List<String> stop) {
  /** More stop texts than this are refused. */
  public static final int MAX_STOPS = 64;

  /** Checks the counts and copies the list. */
  public Request {
    Objects.requireNonNull(prompt, "prompt");
    stop = List.copyOf(stop);
    if (maxTokens < 0) {
      throw new JishiException.BadRequest(
          "max_tokens", "max_tokens must be 0 or more, not " + maxTokens);
    }
    if (stop.size() > MAX_STOPS || stop.stream().anyMatch(String::isEmpty)) {
      throw new JishiException.BadRequest(
          "stop", "stop takes at most " + MAX_STOPS + " texts, none of them empty");
    }
  }

  /** A conversation, with the defaults of the model. */
  public static Request chat(Message... messages) {
    return new Request(new Prompt.Chat(List.of(messages), Map.of()), null, 0, List.of());
  }

  /** Bare text to continue, with the defaults of the model. */
  public static Request text(String text) {
    return new Request(new Prompt.Text(text), null, 0, List.of());
  }

  /** The same request with another way of drawing tokens. */
  public Request with(Sampling other) {
    return new Request(prompt, other, maxTokens, stop);
  }

  /** The same request with another limit of tokens. */
  public Request withMaxTokens(int tokens) {
    return new Request(prompt, sampling, tokens, stop);
  }

  /** The same request with other stop texts. */
  public Request withStop(List<String> texts) {
    return new Request(prompt, sampling, maxTokens, texts);
  }
}
