// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Whether an engine guesses the next tokens of a text and checks several at once, which takes
 * little longer than computing one: the weights are read once for all.
 *
 * <p><b>No answer changes by it.</b> Each token is drawn from the model's own logits, with the draw
 * that it would have had without a guess, and the next guess counts only if the drawn token is the
 * one that was guessed. So a greedy answer is equal bit by bit, and a sampled one is the very same
 * text for the same seed, which is more than the same distribution. Penalties, forms, stop texts,
 * log-probabilities and limits see the same history at each token.
 *
 * <p>The engine measures what steps cost and how often guesses come true; it guesses as many tokens
 * as pay, and none where none does. Guesses take what a step has left: prompts and other callers
 * come first, and no cached prefix goes for them.
 *
 * <p>Off by default: what it gains lies in the text. Text that repeats its prompt (edits,
 * quotations, code, tables) gains, other text pays a few per cent for guesses that are tried in
 * vain from time to time, and neighbours get their tokens in longer steps. Models with recurrent
 * layers cannot take back what they have read: with them it stays off, and {@link
 * ModelInfo#speculation} says so.
 *
 * @param mode where guesses come from
 * @param draft a small model of the same vocabulary, for {@link Mode#DRAFT}; else null
 */
public record Speculation(Mode mode, Path draft) {
  /** No guesses. */
  public static final Speculation OFF = new Speculation(Mode.OFF, null);

  /** Guesses from the text so far. */
  public static final Speculation LOOKUP = new Speculation(Mode.LOOKUP, null);

  /** Where guesses come from. */
  public enum Mode {
    /** From nowhere. */
    OFF,
    /** From the text: it may go on as it did where its last tokens stood before. */
    LOOKUP,
    /** From a small model of the same vocabulary. */
    DRAFT
  }

  /** Refuses a draft model that is missing, or that nobody asks. */
  public Speculation {
    Objects.requireNonNull(mode, "mode");
    if ((mode == Mode.DRAFT) != (draft != null)) {
      throw new JishiException.BadRequest(
          "speculation", "to speculate with a draft model takes a draft model, else none");
    }
  }

  /** Guesses of a small model: a GGUF file, or a folder with safetensors. */
  public static Speculation draft(Path model) {
    return new Speculation(Mode.DRAFT, model);
  }
}
