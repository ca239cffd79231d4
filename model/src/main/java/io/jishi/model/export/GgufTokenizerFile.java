// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.model.gguf.GgufMetadata;
import io.jishi.text.GgufWords;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The vocabulary of a GGUF file as {@code tokenizer.json} (byte-level BPE, WordPiece, SentencePiece
 * unigram) or {@code tokenizer.model} (SentencePiece BPE), with {@code tokenizer_config.json} and
 * the chat template beside it: what {@link GgufVocabulary} reads.
 */
final class GgufTokenizerFile {
  private static final String TEMPERATURE = "general.sampling.temp";

  /** Roles of tokens in GGUF and in {@code tokenizer_config.json}, by the kind of vocabulary. */
  private static final Map<String, Map<String, String>> ROLES =
      Map.of(
          "bert",
          new TreeMap<>(
              Map.of(
                  "bos", "cls",
                  "seperator", "sep", // so the format spells it
                  "padding", "pad",
                  "mask", "mask",
                  "unknown", "unk")),
          "llama",
          new TreeMap<>(Map.of("bos", "bos", "eos", "eos")));

  private final String source;
  private final GgufMetadata metadata;
  private final String[] pieces;
  private final int[] types;

  private GgufTokenizerFile(String source, GgufMetadata metadata) {
    this.source = source;
    this.metadata = metadata;
    this.pieces = array("tokenizer.ggml.tokens", String[].class).clone();
    this.types = array("tokenizer.ggml.token_type", int[].class).clone();
    if (types.length != pieces.length) {
      throw new JishiException.BadFile(
          source + ": has " + pieces.length + " tokens and the types of " + types.length);
    }
    if (kind().equals("bert")) {
      GgufPiecesFile.name(pieces, types);
    }
  }

  static void write(String source, GgufMetadata metadata, Path folder, Disk disk)
      throws IOException {
    GgufTokenizerFile made = new GgufTokenizerFile(source, metadata);
    if (made.scored()) {
      made.sentencePiece(folder.resolve("tokenizer.model"), disk);
    } else {
      json(folder.resolve("tokenizer.json"), made.root(), disk);
    }
    json(folder.resolve("tokenizer_config.json"), made.config(), disk);
    if (metadata.has(TEMPERATURE) && metadata.floatValue(TEMPERATURE) == 0) {
      json(folder.resolve("generation_config.json"), Map.of("do_sample", false), disk);
    }
    String template = metadata.string("tokenizer.chat_template", null);
    if (template != null) {
      write(folder.resolve("chat_template.jinja"), template, disk);
    }
  }

  private String kind() {
    return metadata.string("tokenizer.ggml.model", "none");
  }

  private boolean scored() {
    return kind().equals("llama");
  }

  private void sentencePiece(Path file, Disk disk) throws IOException {
    float[] scores = array("tokenizer.ggml.scores", float[].class);
    if (scores.length != pieces.length) {
      throw new JishiException.BadFile(
          source + ": has " + pieces.length + " tokens and the scores of " + scores.length);
    }
    int unknown = metadata.intValue("tokenizer.ggml.unknown_token_id", 0);
    if (unknown >= 0
        && unknown < types.length
        && Arrays.stream(types).noneMatch(t -> t == GgufVocabulary.UNKNOWN)) {
      types[unknown] = GgufVocabulary.UNKNOWN;
    }
    boolean prefix = metadata.booleanValue("tokenizer.ggml.add_space_prefix", true);
    boolean collapse = metadata.booleanValue("tokenizer.ggml.remove_extra_whitespaces", false);
    try (OutputStream out = disk.create(file)) {
      out.write(SentencePieceFile.bytes(pieces, scores, types, prefix, collapse));
    }
  }

  private static void json(Path file, Object value, Disk disk) throws IOException {
    write(file, Json.write(value), disk);
  }

  private static void write(Path file, String text, Disk disk) throws IOException {
    try (OutputStream out = disk.create(file)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private <T> T array(String key, Class<T> type) {
    Object value = metadata.get(key);
    if (!type.isInstance(value)) {
      throw new JishiException.Unsupported(
          source + ": has no array '" + key + "', so that its vocabulary cannot be unpacked");
    }
    return type.cast(value);
  }

  private Map<String, Object> root() {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("version", "1.0");
    root.put("truncation", null);
    root.put("padding", null);
    root.put("added_tokens", added());
    switch (kind()) {
      case "bert" -> root.putAll(GgufPiecesFile.wordPiece(source, pieces, types));
      case "t5" ->
          root.putAll(
              GgufPiecesFile.unigram(
                  source, metadata, pieces, added("bos", false), added("eos", true)));
      default -> {
        root.put("normalizer", null);
        root.put("pre_tokenizer", preTokenizer());
        root.put(
            "post_processor",
            GgufPiecesFile.template(added("bos", false), added("eos", false), pieces, 0));
        root.put("decoder", byteLevel());
        root.put("model", model());
      }
    }
    return root;
  }

  private List<Object> added() {
    List<Object> added = new ArrayList<>();
    for (int id = 0; id < pieces.length; id++) {
      boolean control =
          types[id] == GgufVocabulary.CONTROL
              || types[id] == GgufVocabulary.UNKNOWN && !kind().equals("gpt2");
      if (control || types[id] == GgufVocabulary.USER_DEFINED) {
        Map<String, Object> token = new LinkedHashMap<>();
        token.put("id", id);
        token.put("content", pieces[id]);
        for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
          token.put(flag, false);
        }
        token.put("special", control);
        added.add(token);
      }
    }
    return added;
  }

  private GgufWords words() {
    if (!kind().equals("gpt2")) {
      throw new JishiException.Unsupported(
          source
              + ": a vocabulary of the kind '"
              + kind()
              + "' cannot be unpacked from GGUF yet; byte-level BPE ('gpt2'), SentencePiece"
              + " ('llama', 't5') and WordPiece ('bert') can");
    }
    return GgufWords.named(source, metadata.string("tokenizer.ggml.pre", "default"));
  }

  private Map<String, Object> preTokenizer() {
    List<Object> steps = new ArrayList<>();
    for (String pattern : words().patterns()) {
      Map<String, Object> split = new LinkedHashMap<>();
      split.put("type", "Split");
      split.put("pattern", Map.of("Regex", pattern));
      split.put("behavior", "Isolated");
      split.put("invert", false);
      steps.add(split);
    }
    steps.add(byteLevel());
    Map<String, Object> sequence = new LinkedHashMap<>();
    sequence.put("type", "Sequence");
    sequence.put("pretokenizers", steps);
    return sequence;
  }

  private static Map<String, Object> byteLevel() {
    Map<String, Object> step = new LinkedHashMap<>();
    step.put("type", "ByteLevel");
    step.put("add_prefix_space", false);
    step.put("trim_offsets", true);
    step.put("use_regex", false);
    return step;
  }

  private Map<String, Object> model() {
    Map<String, Object> vocabulary = new LinkedHashMap<>();
    for (int id = 0; id < pieces.length; id++) {
      if (types[id] != GgufVocabulary.UNUSED) {
        vocabulary.put(pieces[id], id);
      }
    }
    List<Object> merges = new ArrayList<>();
    for (String merge : array("tokenizer.ggml.merges", String[].class)) {
      int space = merge.indexOf(' ', 1); // a byte-level piece holds no space
      if (space < 0) {
        throw new JishiException.BadFile(source + ": the merge '" + merge + "' is no pair");
      }
      merges.add(List.of(merge.substring(0, space), merge.substring(space + 1)));
    }
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("type", "BPE");
    model.put("dropout", null);
    model.put("unk_token", null);
    model.put("continuing_subword_prefix", null);
    model.put("end_of_word_suffix", null);
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", words().ignoreMerges());
    model.put("vocab", vocabulary);
    model.put("merges", merges);
    return model;
  }

  /** The token that begins or ends sequences; -1 where none does. */
  private int added(String token, boolean absent) {
    return metadata.booleanValue("tokenizer.ggml.add_" + token + "_token", absent)
        ? token(token)
        : -1;
  }

  /** The token with a role, or -1. */
  private int token(String role) {
    int id = metadata.intValue("tokenizer.ggml." + role + "_token_id", -1);
    int usual = role.equals("bos") ? 1 : 2; // what SentencePiece gives where nothing is said
    if (id < 0 && kind().equals("t5") && List.of("bos", "eos").contains(role)) {
      boolean there = usual < pieces.length && pieces[usual].matches("</?s>");
      return there ? usual : -1;
    }
    return id < pieces.length ? id : -1;
  }

  private Map<String, Object> config() {
    Map<String, Object> config = new LinkedHashMap<>();
    boolean glm = metadata.string("tokenizer.ggml.pre", "").equals(GgufVocabulary.CHATGLM);
    config.put(
        "tokenizer_class",
        switch (kind()) {
          case "llama" -> glm ? "ChatGLMTokenizer" : "LlamaTokenizer";
          case "bert" -> "BertTokenizer";
          case "t5" -> "XLMRobertaTokenizer";
          default -> "PreTrainedTokenizerFast";
        });
    config.put("clean_up_tokenization_spaces", kind().equals("bert"));
    ROLES
        .getOrDefault(kind(), Map.of("bos", "bos", "eos", "eos", "mask", "mask", "padding", "pad"))
        .forEach(
            (key, role) -> {
              if (token(key) >= 0) {
                config.put(role + "_token", pieces[token(key)]);
              }
            });
    if (kind().equals("bert")) {
      config.put("do_lower_case", true);
    } else if (!kind().equals("t5")) {
      boolean begins = metadata.booleanValue("tokenizer.ggml.add_bos_token", scored());
      config.put("add_bos_token", begins);
    }
    if (scored()) {
      config.put("add_eos_token", metadata.booleanValue("tokenizer.ggml.add_eos_token", false));
    }
    return config;
  }
}
