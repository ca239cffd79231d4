// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.safetensors.SafetensorsFolder;
import io.jishi.model.vision.ImageProcessor;
import io.jishi.text.FolderTokenizer;
import io.jishi.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A model in a folder as the Hugging Face hub has it. */
final class HuggingFaceFolder implements ModelFiles {
  private final Path folder;
  private final HuggingFaceConfig config;
  private final SafetensorsFolder weights;

  HuggingFaceFolder(Path folder) {
    this.folder = folder;
    Path file = folder.resolve("config.json");
    if (!Files.exists(file)) {
      throw new JishiException.BadFile(
          folder + ": holds no config.json; give a GGUF file or a folder with config.json");
    }
    config = new HuggingFaceConfig(Json.parseObject(file));
    weights = SafetensorsFolder.open(folder);
  }

  @Override
  public WeightFile weights() {
    return weights;
  }

  @Override
  public Checkpoint checkpoint(DecoderSpec spec) {
    return spec.checkpoint().fitted(weights.tensors().keySet());
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public Tokenizer tokenizer() {
    return FolderTokenizer.isIn(folder)
        ? FolderTokenizer.read(folder)
        : new NoTokenizer(folder.toString(), vocabulary());
  }

  /** Of the language model, where it is a part of another. */
  private int vocabulary() {
    ModelConfig text = config.inner("text_config");
    return text != null && !config.has("vocab_size")
        ? text.require("vocab_size")
        : config.require("vocab_size");
  }

  @Override
  public String chatTemplate() {
    Path file = folder.resolve("chat_template.jinja");
    if (Files.exists(file)) {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        throw new JishiException.BadFile(file + ": cannot be read: " + e, e);
      }
    }
    Path tokenizer = folder.resolve("tokenizer_config.json");
    return Files.exists(tokenizer) ? template(Json.parseObject(tokenizer)) : null;
  }

  /** One template, or a list of named ones of which the default is taken. */
  private static String template(JsonObject json) {
    if (json.fields().get("chat_template") instanceof List<?> named) {
      return named.stream()
          .filter(t -> t instanceof Map<?, ?> m && "default".equals(m.get("name")))
          .map(t -> JsonObject.of(json.source(), t).text("template").orElse(null))
          .findFirst()
          .orElse(null);
    }
    return json.text("chat_template").orElse(null);
  }

  @Override
  public GenerationDefaults defaults(Tokenizer tokenizer) {
    Set<Integer> ends = new TreeSet<>(GenerationDefaults.endTokens(config.json()));
    tokenizer.eos().ifPresent(ends::add);
    Path file = folder.resolve("generation_config.json");
    return Files.exists(file)
        ? GenerationDefaults.read(Json.parseObject(file), ends)
        : GenerationDefaults.of(ends);
  }

  @Override
  public EmbeddingDefaults embedding() {
    return SentenceTransformers.read(folder);
  }

  @Override
  public JsonObject imageProcessor() {
    return ImageProcessor.config(folder);
  }

  @Override
  public String name() {
    return Model.nameOf(folder);
  }

  @Override
  public void close() {
    weights.close();
  }
}
