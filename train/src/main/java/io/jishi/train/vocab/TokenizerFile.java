// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes what was learned in the layout of Hugging Face: {@code tokenizer.json}, and {@code
 * tokenizer_config.json} that names the end token. Each file is synced under another name first.
 */
public final class TokenizerFile {
  private TokenizerFile() {}

  /**
   * Writes a byte-level BPE vocabulary.
   *
   * @param special tokens that stand first in the vocabulary; the first of them ends a text
   * @param rule the one that the words were cut by
   * @param digits whether each digit was a word
   * @param begins whether the first special token begins a text too
   */
  public static void writeBpe(
      Path folder,
      BpeTrainer.Learned learned,
      List<String> special,
      WordRule rule,
      boolean digits,
      boolean begins) {
    Map<String, Object> vocab = new LinkedHashMap<>();
    for (int id = 0; id < learned.pieces().size(); id++) {
      vocab.put(learned.pieces().get(id), id);
    }
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("type", "BPE");
    model.put("dropout", null);
    model.put("unk_token", null);
    model.put("continuing_subword_prefix", null);
    model.put("end_of_word_suffix", null);
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", false);
    model.put("vocab", vocab);
    model.put("merges", learned.merges().stream().map(List::of).toList());
    List<Object> steps = new ArrayList<>();
    if (digits) {
      steps.add(object("type", "Digits", "individual_digits", true));
    }
    steps.add(
        object(
            "type",
            "Split",
            "pattern",
            object("Regex", rule.regex()),
            "behavior",
            "Isolated",
            "invert",
            false));
    steps.add(byteLevel());
    write(
        folder,
        special,
        begins,
        object("type", "Sequence", "pretokenizers", steps),
        byteLevel(),
        model);
  }

  private static Map<String, Object> byteLevel() {
    return object(
        "type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", false);
  }

  static Map<String, Object> object(Object... pairs) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      object.put((String) pairs[i], pairs[i + 1]);
    }
    return object;
  }

  /** Writes both files around a model. */
  static void write(
      Path folder,
      List<String> special,
      boolean begins,
      Object preTokenizer,
      Object decoder,
      Map<String, Object> model) {
    List<Object> added = new ArrayList<>();
    for (int id = 0; id < special.size(); id++) {
      added.add(
          object(
              "id",
              id,
              "content",
              special.get(id),
              "single_word",
              false,
              "lstrip",
              false,
              "rstrip",
              false,
              "normalized",
              false,
              "special",
              true));
    }
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("version", "1.0");
    root.put("truncation", null);
    root.put("padding", null);
    root.put("added_tokens", added);
    root.put("normalizer", null);
    root.put("pre_tokenizer", preTokenizer);
    root.put("post_processor", null);
    root.put("decoder", decoder);
    root.put("model", model);
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("clean_up_tokenization_spaces", false);
    if (!special.isEmpty()) {
      config.put("eos_token", special.getFirst());
    }
    if (begins) {
      config.put("bos_token", special.getFirst());
      config.put("add_bos_token", true);
    }
    try {
      Files.createDirectories(folder);
      write(folder.resolve("tokenizer_config.json"), config);
      write(folder.resolve("tokenizer.json"), root);
    } catch (IOException e) {
      throw new JishiException.OutOfResources(folder + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static void write(Path file, Object value) {
    byte[] bytes = (Json.write(value) + "\n").getBytes(StandardCharsets.UTF_8);
    AtomicFiles.replace(file, Disk.LOCAL, out -> out.write(bytes));
  }
}
