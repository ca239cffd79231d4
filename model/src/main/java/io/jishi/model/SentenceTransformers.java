// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The files of Sentence Transformers beside a model: {@code modules.json}, the pooling's
 * configuration, {@code sentence_bert_config.json}, {@code config_sentence_transformers.json}.
 */
final class SentenceTransformers {
  private static final String TYPES = "sentence_transformers.";

  private final Path folder;
  private Pooling pooling;
  private boolean normalise;

  private SentenceTransformers(Path folder) {
    this.folder = folder;
  }

  /**
   * Reads what is there.
   *
   * @throws JishiException.Unsupported for modules that change vectors in other ways
   */
  static EmbeddingDefaults read(Path folder) {
    SentenceTransformers files = new SentenceTransformers(folder);
    boolean listed = files.modules();
    JsonObject prompts = files.json("config_sentence_transformers.json").orElse(null);
    Map<String, String> texts = new HashMap<>();
    if (prompts != null) {
      prompts
          .object("prompts")
          .ifPresent(
              p ->
                  p.fields()
                      .keySet()
                      .forEach(name -> p.text(name).ifPresent(text -> texts.put(name, text))));
    }
    int most =
        files
            .json("sentence_bert_config.json")
            .map(json -> json.integer("max_seq_length").orElse(0))
            .orElse(0);
    return new EmbeddingDefaults(
        files.pooling,
        !listed || files.normalise,
        Math.max(0, most),
        texts,
        prompts == null ? null : prompts.text("default_prompt_name").orElse(null));
  }

  /** False where there is no list of modules. */
  private boolean modules() {
    Path file = folder.resolve("modules.json");
    if (!Files.exists(file)) {
      return false;
    }
    if (!(Json.parse(file) instanceof List<?> modules)) {
      throw new JishiException.BadFile(file + ": must be a list of modules");
    }
    for (Object entry : modules) {
      JsonObject module = JsonObject.of(file.toString(), entry);
      String type = module.text("type").orElseThrow(() -> module.missing("type"));
      String kind = type.startsWith(TYPES) ? type.substring(type.lastIndexOf('.') + 1) : type;
      switch (kind) {
        case "Transformer" -> {}
        case "Normalize" -> normalise = true;
        case "Pooling" -> pooling = pooling(module.text("path").orElse("1_Pooling"));
        default ->
            throw new JishiException.Unsupported(
                file + ": the module '" + type + "' is not supported");
      }
    }
    return true;
  }

  private Pooling pooling(String path) {
    Path file = folder.resolve(path).resolve("config.json").normalize();
    if (!file.startsWith(folder.normalize()) || !Files.exists(file)) {
      throw new JishiException.BadFile(
          folder + ": modules.json names a pooling in '" + path + "', which has no config.json");
    }
    JsonObject json = Json.parseObject(file);
    Map<String, Pooling> modes = new TreeMap<>();
    for (Pooling known : Pooling.values()) {
      modes.put(known.field(), known);
    }
    Pooling found = null;
    for (String field : json.fields().keySet()) {
      if (!field.startsWith("pooling_mode_") || !json.bool(field).orElse(false)) {
        continue;
      }
      if (found != null || !modes.containsKey(field)) {
        throw new JishiException.Unsupported(
            file + ": '" + field + "' is not supported; one of " + modes.keySet() + " is");
      }
      found = modes.get(field);
    }
    return found == null ? named(json) : found;
  }

  /** The newer form: one field with the mode's name. */
  private static Pooling named(JsonObject json) {
    String mode = json.text("pooling_mode").orElseThrow(() -> json.missing("pooling_mode"));
    return switch (mode) {
      case "cls" -> Pooling.CLS;
      case "mean" -> Pooling.MEAN;
      case "lasttoken" -> Pooling.LAST;
      default ->
          throw new JishiException.Unsupported(
              json.source() + ": the pooling '" + mode + "' is not supported");
    };
  }

  private Optional<JsonObject> json(String name) {
    Path file = folder.resolve(name);
    return Files.exists(file) ? Optional.of(Json.parseObject(file)) : Optional.empty();
  }
}
