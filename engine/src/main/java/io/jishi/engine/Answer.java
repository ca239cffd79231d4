// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.util.List;

/**
 * A finished generation.
 *
 * @param text what was generated, without the stop text; thoughts and tool calls as the model wrote
 *     them, without control tokens
 * @param tokens the generated token ids, the end token excluded
 * @param finish why it ended
 * @param usage what it took
 * @param parts the same told apart, where the request asked for it; else one text
 * @param logprobs of each token drawn, end token included, where the request asked for them
 * @param promptLogprobs of each token of the prompt but the first, where asked for
 */
public record Answer(
    String text,
    int[] tokens,
    Finish finish,
    Usage usage,
    List<Part> parts,
    List<TokenLogprob> logprobs,
    List<TokenLogprob> promptLogprobs) {

  /** Copies the lists. */
  public Answer {
    parts = List.copyOf(parts);
    logprobs = List.copyOf(logprobs);
    promptLogprobs = List.copyOf(promptLogprobs);
  }

  /** An answer that is text alone. */
  public Answer(String text, int[] tokens, Finish finish, Usage usage) {
    this(text, tokens, finish, usage, List.of(new Part.Text(text)), List.of(), List.of());
  }

  /** Why a generation ended. */
  public enum Finish {
    /** The model gave an end token, a stop text came up, or the form of the answer is complete. */
    STOP,
    /** The limit of tokens or the end of the context. */
    LENGTH,
    /** The caller cancelled. */
    CANCELLED,
    /** The time of {@link Request.Service#timeout} was up. */
    DEADLINE
  }
}
