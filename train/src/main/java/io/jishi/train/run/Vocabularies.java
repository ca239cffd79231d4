// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.Json;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Learns the vocabulary of a new model: byte-level BPE with the words of GPT-2. */
final class Vocabularies {
  /** Stands before and behind each document. */
  private static final String END = "<|endoftext|>";

  private Vocabularies() {}

  /** Writes a new folder with {@code tokenizer.json} of so many tokens, one of them the end. */
  static void learn(Recipe recipe, int size, Path folder) {
    write(folder, List.of());
  }

  /** A tokenizer of the 256 bytes, these merges and the end token. */
  static void write(Path folder, List<String> merges) {
    Map<String, Object> vocabulary = new LinkedHashMap<>();
    for (int b = 0; b < 256; b++) {
      vocabulary.put(letter(b), vocabulary.size());
    }
    for (String merge : merges) {
      vocabulary.putIfAbsent(merge.replace(" ", ""), vocabulary.size());
    }
    int end = vocabulary.size();
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

  /** How byte-level vocabularies write a byte: printable ones as themselves, others from 256 on. */
  private static String letter(int b) {
    boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
    if (printable) {
      return Character.toString((char) b);
    }
    int before = b <= ' ' ? b : b < 0xa1 ? 33 + b - 0x7f : 67;
    return Character.toString((char) (256 + before));
  }
}
