// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.List;

/** How words are found and encoded: the steps of a file, put so that most words are looked up. */
record WordPath(PreTokenizer words, WordModel model) {

  /** The path of some steps and a model; no steps mean that the whole text is one word. */
  static WordPath of(List<PreTokenizer> steps, WordModel model) {
    if (steps.isEmpty()) {
      return model instanceof BpeModel bpe && bpe.emitsAll()
          ? new WordPath(
              PreTokenizer.WHOLE,
              new CutWords(bpe.vocabulary(), bpe.symbols(), new CachedWords(model)))
          : new WordPath(PreTokenizer.WHOLE, model);
    }
    if (steps.getLast() instanceof PreTokenizer.ByteLevel bytes && !bytes.prefixSpace()) {
      // Words are looked up as they stand in the text; only new ones are written in bytes.
      return new WordPath(
          PreTokenizer.sequence(steps.subList(0, steps.size() - 1)), byteLevel(model));
    }
    return new WordPath(PreTokenizer.sequence(steps), new CachedWords(model));
  }

  /** Encodes words that are not written in bytes yet. */
  static WordModel byteLevel(WordModel model) {
    WordModel whole = new CachedWords(new WordModel.ByteLevel(model));
    if (!(model instanceof BpeModel bpe && CutCharacters.fits(bpe))) {
      return whole;
    }
    // A word with a cut is no piece; its parts are not taken as pieces either, but merged.
    WordModel part =
        bpe.wholeWords() ? new CachedWords(new WordModel.ByteLevel(bpe.merging())) : whole;
    return new CutCharacters(bpe.vocabulary(), whole, part);
  }
}
