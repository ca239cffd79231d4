// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.text.template.ChatTemplate;
import io.jishi.train.data.ChatTokens;
import java.util.List;

/**
 * Sizes of a run that follow from the model and the examples.
 *
 * @param parameters of the model
 * @param full whether all weights learn
 * @param context tokens of a row: the longest example fits
 * @param rows of a step
 * @param steps in all
 * @param rate highest learning rate
 */
record TunePlan(long parameters, boolean full, int context, int rows, int steps, double rate) {
  /** Up to here all weights learn, in memory and time that any machine has. */
  private static final long SMALL = 50_000_000;

  /** Examples of a step. */
  private static final int AT_A_TIME = 16;

  /** Few examples are seen more often, by the root of their number. */
  private static final double FEW = 50;

  private static final double PASSES_OF_FEW = 20;
  private static final double FEWEST_PASSES = 3;

  /** Rates for a model of so many parameters; larger models take less, by the root. */
  private static final double SIZE = 8e6;

  private static final double FULL_RATE = 5e-4;
  private static final double LORA_RATE = 2e-3;

  /** Rows are a multiple of this long. */
  private static final int ROUND = 32;

  /**
   * Plans.
   *
   * @throws JishiException.BadRequest where the model has no chat template, or an example is longer
   *     than its context
   */
  static TunePlan of(TuneOptions options, Model model, List<Example> train) {
    String template = model.chatTemplate();
    if (template == null) {
      throw new JishiException.BadRequest(
          "base",
          options.base()
              + ": has no chat template, so that questions and answers cannot be told apart; take"
              + " a chat model as the base");
    }
    ChatTokens tokens = new ChatTokens(model.tokenizer(), ChatTemplate.compile(template));
    int limit = model.decoder().spec().context();
    long all = 0;
    int longest = 0;
    for (Example example : train) {
      for (ChatTokens.Learned piece : tokens.encode(example.document())) {
        int length = piece.tokens().length;
        if (length > limit) {
          throw new JishiException.BadRequest(
              "data",
              example.where()
                  + ": is "
                  + length
                  + " tokens long, and the base takes "
                  + limit
                  + "; shorten it or leave it out");
        }
        all += length;
        longest = Math.max(longest, length);
      }
    }
    long parameters = model.tensors().values().stream().mapToLong(t -> t.elements()).sum();
    return sized(options, parameters, train.size(), all, Math.min(limit, rounded(longest)));
  }

  private static int rounded(int tokens) {
    return Math.ceilDiv(tokens, ROUND) * ROUND;
  }

  private static TunePlan sized(
      TuneOptions options, long parameters, int examples, long tokens, int context) {
    boolean full =
        options.method() == TuneOptions.Method.FULL
            || options.method() == TuneOptions.Method.AUTO && parameters <= SMALL;
    double inStep = (double) AT_A_TIME * tokens / examples;
    int rows = (int) Math.max(1, Math.round(inStep / context));
    double passes =
        options.passes() > 0
            ? options.passes()
            : Math.clamp(PASSES_OF_FEW * Math.sqrt(FEW / examples), FEWEST_PASSES, PASSES_OF_FEW);
    long steps = Math.max(1, Math.round(passes * tokens / ((double) rows * context)));
    double usual = (full ? FULL_RATE : LORA_RATE) * Math.min(1, Math.sqrt(SIZE / parameters));
    return new TunePlan(
        parameters,
        full,
        context,
        rows,
        Math.toIntExact(Math.min(steps, Integer.MAX_VALUE)),
        options.rate() > 0 ? options.rate() : usual);
  }
}
