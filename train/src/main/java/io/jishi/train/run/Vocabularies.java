// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.Json;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.train.data.Documents;
import io.jishi.train.vocab.BpeTrainer;
import io.jishi.train.vocab.WordCounts;
import io.jishi.train.vocab.WordRule;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
    write(folder, BpeTrainer.train(words, size, RAREST, List.of(END), _ -> {}));
  }

  /** Writes the words of GPT-2 in the form that GGUF files name {@code gpt-2}. */
  private static void write(Path folder, BpeTrainer.Learned learned) {
    Map<String, Object> vocabulary = new LinkedHashMap<>();
    learned.pieces().forEach(piece -> vocabulary.put(piece, vocabulary.size()));
    int end = learned.pieces().indexOf(END);
    List<List<String>> merges = learned.merges().stream().map(List::of).toList();
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("type", "BPE");
    model.put("vocab", vocabulary);
    model.put("merges", merges);
    Map<String, Object> words =
        Map.of("type", "ByteLevel", "add_prefix_space", false, "use_regex", true);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("version", "1.0");
    json.put("added_tokens", List.of(Map.of("id", end, "content", END, "special", true)));
    json.put("pre_tokenizer", words);
    json.put("decoder", Map.of("type", "ByteLevel"));
    json.put("model", model);
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("bos_token", END);
    config.put("eos_token", END);
    config.put("add_bos_token", true);
    AtomicFiles.createFolder(
        folder,
        to -> {
          put(to.resolve("tokenizer.json"), json);
          put(to.resolve("tokenizer_config.json"), config);
        });
  }

  private static void put(Path file, Map<String, Object> json) throws IOException {
    try (OutputStream out = Disk.LOCAL.create(file)) {
      out.write(Json.write(json).getBytes(StandardCharsets.UTF_8));
    }
  }
}
