// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.text.FolderTokenizer;
import io.jishi.text.GgufWords;
import io.jishi.text.HuggingFaceTokenizer;
import io.jishi.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A byte-level BPE tokenizer of {@code tokenizer.json} as the metadata of a GGUF file. */
final class GgufVocabulary {
  /** What GGUF calls the SentencePiece of ChatGLM. */
  static final String CHATGLM = "chatglm-spm";

  private static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int UNUSED = 5;
  static final int BYTE = 6;

  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private final Path folder;
  private final JsonObject root;
  private final JsonObject model;
  private final Tokenizer tokenizer;

  private GgufVocabulary(Path folder) {
    this.folder = folder;
    this.root = Json.parseObject(folder.resolve("tokenizer.json"));
    this.model = root.object("model").orElseThrow(() -> root.missing("model"));
    this.tokenizer = HuggingFaceTokenizer.read(folder);
  }

  /**
   * Adds the tokenizer of a folder, if it has one, its chat template and the recommended sampling.
   *
   * @param size tokens of the model; beyond those of the tokenizer they are called unused
   * @throws JishiException.Unsupported where it is no byte-level BPE with a known word rule
   */
  static void put(GgufWriter out, Path folder, int size) {
    if (Files.exists(folder.resolve("tokenizer.json"))) {
      GgufVocabulary vocabulary = new GgufVocabulary(folder);
      switch (vocabulary.model.text("type").orElse("BPE")) {
        case "WordPiece" -> GgufPieces.wordPiece(out, folder, vocabulary.root, size);
        case "Unigram" -> GgufPieces.unigram(out, folder, vocabulary.root, size);
        default -> {
          if (vocabulary.model.bool("byte_fallback").orElse(false)) {
            GgufPieces.scored(out, folder, vocabulary.root, size);
            vocabulary.putTemplate(out);
          } else {
            vocabulary.put(out, size);
          }
        }
      }
    } else if (FolderTokenizer.isIn(folder)) {
      GgufPieces.other(out, folder, size);
      template(folder).ifPresent(text -> out.put("tokenizer.chat_template", text));
    }
    Path sampling = folder.resolve("generation_config.json");
    if (Files.exists(sampling)) {
      putSampling(out, Json.parseObject(sampling));
    }
  }

  /** What the makers recommend, under llama.cpp's keys; no sampling is a temperature of 0. */
  private static void putSampling(GgufWriter out, JsonObject json) {
    boolean greedy = json.bool("do_sample").map(sample -> !sample).orElse(false);
    if (greedy) {
      out.put("general.sampling.temp", 0f);
      return;
    }
    json.number("temperature").ifPresent(t -> out.put("general.sampling.temp", (float) t));
    json.integer("top_k").ifPresent(k -> out.put("general.sampling.top_k", k));
    json.number("top_p").ifPresent(p -> out.put("general.sampling.top_p", (float) p));
    json.number("min_p").ifPresent(p -> out.put("general.sampling.min_p", (float) p));
  }

  private void put(GgufWriter out, int size) {
    String pre = words();
    out.put("tokenizer.ggml.model", "gpt2");
    out.put("tokenizer.ggml.pre", pre);
    String[] pieces = new String[size];
    int[] types = new int[size];
    Set<String> userDefined = userDefined();
    for (int id = 0; id < size; id++) {
      boolean known = id < tokenizer.vocabSize() && !tokenizer.piece(id).isEmpty();
      pieces[id] = known ? tokenizer.piece(id) : "[PAD" + id + "]";
      types[id] =
          !known
              ? UNUSED
              : tokenizer.isControl(id)
                  ? CONTROL
                  : userDefined.contains(pieces[id]) ? USER_DEFINED : NORMAL;
    }
    out.put("tokenizer.ggml.tokens", pieces);
    out.put("tokenizer.ggml.token_type", types);
    out.put("tokenizer.ggml.merges", merges());
    tokenizer.bos().ifPresent(id -> out.put("tokenizer.ggml.bos_token_id", id));
    putEnd(out);
    out.put("tokenizer.ggml.add_bos_token", tokenizer.addsBos());
    putTemplate(out);
  }

  /** What ends sequences; where it is not the end of a text, that is called the end of a turn. */
  private void putEnd(GgufWriter out) {
    OptionalInt eos = tokenizer.eos();
    int[] framed = tokenizer.frame(tokenizer.encode("a", Tokenizer.Special.TEXT));
    int last = framed.length == 0 ? -1 : framed[framed.length - 1];
    boolean ends = last >= 0 && tokenizer.isControl(last);
    if (ends && eos.isPresent() && eos.getAsInt() != last) {
      out.put("tokenizer.ggml.eot_token_id", eos.getAsInt());
    }
    if (ends || eos.isPresent()) {
      out.put("tokenizer.ggml.eos_token_id", ends ? last : eos.getAsInt());
    }
    if (ends) {
      out.put("tokenizer.ggml.add_eos_token", true);
    }
  }

  private void putTemplate(GgufWriter out) {
    template(folder).ifPresent(text -> out.put("tokenizer.chat_template", text));
  }

  private Set<String> userDefined() {
    Set<String> names = new HashSet<>();
    for (Object token : root.array("added_tokens").orElse(List.of())) {
      JsonObject json = JsonObject.of(root.source(), token);
      if (!json.bool("special").orElse(false)) {
        json.text("content").ifPresent(names::add);
      }
    }
    return names;
  }

  private String[] merges() {
    List<String> merges = new ArrayList<>();
    for (Object merge : model.array("merges").orElseThrow(() -> model.missing("merges"))) {
      merges.add(merge instanceof List<?> pair ? pair.get(0) + " " + pair.get(1) : (String) merge);
    }
    return merges.toArray(String[]::new);
  }

  /** What GGUF calls the word rule of the file. */
  private String words() {
    JsonObject pre = root.object("pre_tokenizer").orElseThrow(() -> unsupported("no word rule"));
    List<String> patterns = new ArrayList<>();
    for (Object step : pre.array("pretokenizers").orElse(List.of(pre.fields()))) {
      JsonObject json = JsonObject.of(root.source(), step);
      String type = json.text("type").orElse("(unnamed)");
      if (type.equals("Split")) {
        patterns.add(json.object("pattern").flatMap(p -> p.text("Regex")).orElse("(literal)"));
      } else if (type.equals("Digits")) {
        patterns.add(json.bool("individual_digits").orElse(false) ? "\\p{N}" : "\\p{N}+");
      } else if (!type.equals("ByteLevel")) {
        throw unsupported("the step " + type);
      } else if (json.bool("add_prefix_space").orElse(true)) {
        throw unsupported("a space put before the text");
      } else if (json.bool("use_regex").orElse(true)) {
        patterns.add(GPT2);
      }
    }
    boolean wholeWords = model.bool("ignore_merges").orElse(false);
    return GgufWords.name(patterns, wholeWords)
        .orElseThrow(() -> unsupported("the word rule " + patterns));
  }

  private JishiException unsupported(String what) {
    return new JishiException.Unsupported(
        root.source()
            + ": "
            + what
            + " cannot be written to GGUF, which names some known rules for words only. Export"
            + " safetensors instead");
  }

  private static Optional<String> template(Path folder) {
    try {
      Path file = folder.resolve("chat_template.jinja");
      if (Files.exists(file)) {
        return Optional.of(Files.readString(file));
      }
    } catch (IOException e) {
      throw new JishiException.BadFile(folder + ": the chat template cannot be read: " + e, e);
    }
    Path file = folder.resolve("tokenizer_config.json");
    return Files.exists(file)
            && Json.parseObject(file).fields().get("chat_template") instanceof String text
        ? Optional.of(text)
        : Optional.empty();
  }
}
