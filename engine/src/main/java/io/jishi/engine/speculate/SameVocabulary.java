// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.text.Tokenizer;

/** Whether a draft model speaks in the tokens of the model that it drafts for. */
final class SameVocabulary {
  /**
   * Models of one family and several sizes may round the number of tokens up to other multiples:
   * one may have so many more at the end, of which no text is made.
   */
  private static final int PADDING = 1024;

  private SameVocabulary() {}

  /**
   * Compares token by token.
   *
   * @throws JishiException.BadRequest where a token differs
   */
  static void check(Model draft, Tokenizer wanted) {
    Tokenizer own = draft.tokenizer();
    int common = Math.min(own.vocabSize(), wanted.vocabSize());
    if (Math.abs(own.vocabSize() - wanted.vocabSize()) > PADDING) {
      throw refusal(
          draft, "it has " + own.vocabSize() + " tokens, the model " + wanted.vocabSize());
    }
    for (int token = 0; token < common; token++) {
      if (!own.piece(token).equals(wanted.piece(token))
          || own.isControl(token) != wanted.isControl(token)) {
        String difference =
            "token %d is '%s' there, and '%s' in the model"
                .formatted(token, own.piece(token), wanted.piece(token));
        throw refusal(draft, difference);
      }
    }
  }

  private static JishiException.BadRequest refusal(Model draft, String why) {
    return new JishiException.BadRequest(
        "draft-model",
        draft.path()
            + ": the draft model must have the vocabulary of the model, but "
            + why
            + "; take a smaller model of the same family");
  }
}
