// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.DecoderSpec;
import io.jishi.model.EmbeddingDefaults;
import io.jishi.model.Model;
import io.jishi.model.ModelConfig;
import io.jishi.model.family.Family;
import io.jishi.model.safetensors.SafetensorsFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A model in a folder of the published layout, as something to be written in another form. */
public final class ModelSource implements AutoCloseable {
  /** How files end that say how text becomes tokens, prompts and vectors: copied as they are. */
  private static final List<String> TEXT =
      List.of(".json", ".jinja", ".txt", ".model", ".tiktoken");

  private static final int DEPTH = 2; // Sentence Transformers' modules have folders of their own

  private final Path folder;
  private final JsonObject config;
  private final SafetensorsFolder weights;
  private List<OutputTensor> tensors;
  private String name;

  private ModelSource(
      Path folder, JsonObject config, SafetensorsFolder weights, List<OutputTensor> tensors) {
    this.folder = folder;
    this.config = config;
    this.weights = weights;
    this.tensors = tensors;
    this.name = Model.nameOf(folder);
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
    JsonObject json = Json.parseObject(config);
    SafetensorsFolder weights = SafetensorsFolder.open(folder);
    List<OutputTensor> all = weights.tensors().values().stream().map(OutputTensor::of).toList();
    return new ModelSource(folder, json, weights, all);
  }

  /**
   * A model within this one, which stays open as long as this does.
   *
   * @param names what its tensors are called on their own; null for those of others
   */
  ModelSource part(JsonObject own, UnaryOperator<String> names) {
    List<OutputTensor> some =
        tensors.stream()
            .filter(tensor -> names.apply(tensor.name()) != null)
            .map(tensor -> tensor.named(names.apply(tensor.name())))
            .toList();
    return new ModelSource(folder, own, weights, some).named(name);
  }

  /** Changes tensors on their way, for example to add what an adapter learned. */
  public ModelSource map(UnaryOperator<OutputTensor> change) {
    tensors = tensors.stream().map(change).toList();
    return this;
  }

  /** Gives it another name than that of its folder. */
  public ModelSource named(String other) {
    name = other;
    return this;
  }

  /** What files call it that hold a name. */
  String name() {
    return name;
  }

  /** Where it is. */
  public Path folder() {
    return folder;
  }

  /** What its files say about vectors of whole texts. */
  EmbeddingDefaults embedding() {
    return EmbeddingDefaults.of(folder);
  }

  /** The files beside configuration and weights. */
  List<Path> textFiles() throws IOException {
    try (Stream<Path> all = Files.walk(folder, DEPTH)) {
      return all.filter(Files::isRegularFile).filter(this::isText).sorted().toList();
    }
  }

  private boolean isText(Path file) {
    String name = file.getFileName().toString();
    boolean configuration = folder.relativize(file).toString().equals("config.json");
    return TEXT.stream().anyMatch(name::endsWith)
        && !configuration
        && !name.endsWith(".index.json")
        && !name.startsWith(".");
  }

  /** {@code config.json}. */
  public JsonObject config() {
    return config;
  }

  /** What the model computes. */
  DecoderSpec spec() {
    return Family.spec(ModelConfig.of(config));
  }

  /** The names of the tensors that it stores {@code [in, out]}. */
  public Set<String> turned() {
    Set<String> names = new HashSet<>();
    tensors.forEach(tensor -> names.add(tensor.name()));
    DecoderSpec spec = spec();
    return spec.checkpoint().fitted(names).turned(spec.layers().size());
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
