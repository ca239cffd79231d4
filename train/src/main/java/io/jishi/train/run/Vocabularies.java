// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.model.export.AtomicFiles;
import io.jishi.train.data.Documents;
import io.jishi.train.vocab.BpeTrainer;
import io.jishi.train.vocab.TokenizerFile;
import io.jishi.train.vocab.WordCounts;
import io.jishi.train.vocab.WordRule;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Learns the vocabulary of a new model: byte-level BPE with the words of GPT-2. */
final class Vocabularies {
  /** Stands before and behind each document. */
  private static final String END = "<|endoftext|>";

  private static final int RAREST = 2; // a pair that stands once is no rule

  private Vocabularies() {}

  /** Learns from all sources and writes a new folder with {@code tokenizer.json}. */
  static void learn(Recipe recipe, int size, Path folder) {
    Map<String, Long> words = new HashMap<>();
    int threads = Runtime.getRuntime().availableProcessors();
    for (Recipe.Source source : recipe.data()) {
      WordCounts.of(
              List.of(source.path()),
              new Documents.Options(Documents.Border.FILE, source.field()),
              (text, out) -> WordRule.GPT2.words(text, false, out),
              threads,
              _ -> {})
          .forEach((word, count) -> words.merge(word, count, Long::sum));
    }
    BpeTrainer.Learned learned = BpeTrainer.train(words, size, RAREST, List.of(END), _ -> {});
    AtomicFiles.createFolder(
        folder,
        to -> TokenizerFile.writeBpe(to, learned, List.of(END), WordRule.GPT2, false, true));
  }
}
