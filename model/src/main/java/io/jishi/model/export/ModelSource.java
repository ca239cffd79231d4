// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.safetensors.SafetensorsFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/** A model in a folder of the published layout, as something to be written in another form. */
public final class ModelSource implements AutoCloseable {
  /** Files that say how text becomes tokens and prompts: copied as they are. */
  static final List<String> TEXT_FILES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "generation_config.json",
          "chat_template.jinja");

  private final Path folder;
  private final JsonObject config;
  private final SafetensorsFolder weights;
  private List<OutputTensor> tensors;

  private ModelSource(Path folder, JsonObject config, SafetensorsFolder weights) {
    this.folder = folder;
    this.config = config;
    this.weights = weights;
    this.tensors = weights.tensors().values().stream().map(OutputTensor::of).toList();
  }

  /**
   * Opens a model.
   *
   * @throws JishiException.BadFile where it is no folder with {@code config.json} and safetensors
   */
  public static ModelSource open(Path folder) {
    Path config = folder.resolve("config.json");
    if (!Files.exists(config)) {
      throw new JishiException.BadFile(
          folder
              + ": holds no config.json; only a folder with config.json and safetensors can be"
              + " written in another form");
    }
    return new ModelSource(folder, Json.parseObject(config), SafetensorsFolder.open(folder));
  }

  /** Changes tensors on their way, for example to add what an adapter learned. */
  public ModelSource map(UnaryOperator<OutputTensor> change) {
    tensors = tensors.stream().map(change).toList();
    return this;
  }

  /** Where it is. */
  public Path folder() {
    return folder;
  }

  /** {@code config.json}. */
  public JsonObject config() {
    return config;
  }

  /** All tensors under their names in the folder. */
  public List<OutputTensor> tensors() {
    return tensors;
  }

  @Override
  public void close() {
    weights.close();
  }
}
