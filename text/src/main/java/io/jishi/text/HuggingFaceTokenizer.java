// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Reads a tokenizer in the layout of Hugging Face: {@code tokenizer.json}, and beside it, if there,
 * {@code tokenizer_config.json} and {@code special_tokens_map.json}.
 */
public final class HuggingFaceTokenizer {
  private final JsonObject root;
  private final JsonObject config;
  private final JsonObject specialMap;

  private HuggingFaceTokenizer(JsonObject root, JsonObject config, JsonObject specialMap) {
    this.root = root;
    this.config = config;
    this.specialMap = specialMap;
  }

  /**
   * Reads the tokenizer of a model folder.
   *
   * @throws JishiException.BadFile where a file is missing or damaged: it names file and field
   * @throws JishiException.Unsupported for a part that is not known: it names the part
   */
  public static Tokenizer read(Path folder) {
    Path file = folder.resolve("tokenizer.json");
    if (!Files.exists(file)) {
      throw new JishiException.BadFile(
          file + ": there is no such file; only this form of tokenizer can be read from a folder");
    }
    return new HuggingFaceTokenizer(
            Json.parseObject(file),
            optional(folder.resolve("tokenizer_config.json")),
            optional(folder.resolve("special_tokens_map.json")))
        .build();
  }

  private static JsonObject optional(Path file) {
    return Files.exists(file) ? Json.parseObject(file) : new JsonObject(file.toString(), Map.of());
  }

  private Tokenizer build() {
    JsonObject model = root.object("model").orElseThrow(() -> root.missing("model"));
    boolean byteFallback = HfModel.byteFallback(model);
    HfVocabulary tokens = new HfVocabulary(root, model);
    config.object("added_tokens_decoder").ifPresent(tokens::addMissing);
    Set<String> special = new LinkedHashSet<>();
    HfVocabulary.specialNames(specialMap, special);
    HfVocabulary.specialNames(config, special);
    special.forEach(tokens::makeSpecial);
    Vocabulary vocabulary = tokens.build(byteFallback);
    UnaryOperator<String> normalizer = HfNormalizer.read(root.object("normalizer"));
    List<PreTokenizer> steps = HfPreTokenizer.read(root.object("pre_tokenizer"));
    Framing template = HfFraming.read(root.object("post_processor"), vocabulary);
    OptionalInt bos = named("bos_token", vocabulary);
    OptionalInt eos = named("eos_token", vocabulary);
    Framing framing = configured(template, bos, eos);
    int[] prefix = framing.prefix();
    return new PipelineTokenizer(
        new PipelineTokenizer.Parts(
            HfModel.kind(model),
            vocabulary,
            tokens.raw(false),
            tokens.raw(true),
            tokens.normalized(normalizer),
            (text, before) -> normalizer.apply(text),
            WordPath.of(steps, HfModel.read(model, vocabulary)),
            HfDecoder.read(root, vocabulary),
            framing,
            bos.isEmpty() && prefix.length > 0 ? OptionalInt.of(prefix[0]) : bos,
            eos));
  }

  /** The token that a configuration names, as text or as an object with {@code content}. */
  static String tokenName(JsonObject config, String field) {
    Object value = config.fields().get(field);
    return switch (value) {
      case null -> null;
      case String name -> name;
      case Map<?, ?> token when token.get("content") instanceof String name -> name;
      default -> throw config.wrong(field, "a token");
    };
  }

  private OptionalInt named(String field, Vocabulary vocabulary) {
    String name = tokenName(config, field);
    name = name == null ? tokenName(specialMap, field) : name;
    int id = name == null ? -1 : vocabulary.find(name);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /**
   * The configuration can ask for begin and end tokens that the template does not have; it takes
   * them away only where the reference library builds the template from it: Llama and Gemma.
   */
  private Framing configured(Framing template, OptionalInt bos, OptionalInt eos) {
    String type = config.text("tokenizer_class").orElse("");
    boolean rebuilt = type.startsWith("Llama") || type.startsWith("Gemma");
    return new Framing(
        side(template.prefix(), config.bool("add_bos_token").orElse(null), bos, rebuilt),
        side(template.suffix(), config.bool("add_eos_token").orElse(null), eos, rebuilt));
  }

  private static int[] side(int[] template, Boolean wanted, OptionalInt id, boolean rebuilt) {
    if (wanted == null || id.isEmpty()) {
      return template;
    }
    if (wanted) {
      return template.length == 0 ? new int[] {id.getAsInt()} : template;
    }
    return rebuilt && template.length == 1 && template[0] == id.getAsInt() ? new int[0] : template;
  }
}
