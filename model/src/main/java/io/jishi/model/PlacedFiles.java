// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A model whose tensors lie where a trainer wants them. */
final class PlacedFiles implements ModelFiles, WeightFile {
  private final ModelFiles files;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  /** Places all tensors, one at a time. */
  PlacedFiles(ModelFiles files, UnaryOperator<StoredTensor> place) {
    this.files = files;
    try {
      for (StoredTensor tensor : files.weights().tensors().values()) {
        boolean read = !DecoderLoader.derived(tensor.name()); // the rest has nothing to learn
        StoredTensor placed = read ? place.apply(tensor) : tensor;
        if (placed == tensor) { // its bytes are made once and stay where they are
          placed = new StoredTensor(tensor.name(), tensor.type(), tensor.shape(), tensor.data());
        } else {
          files.weights().release(tensor.name());
        }
        tensors.put(tensor.name(), placed);
      }
    } catch (RuntimeException | Error e) {
      files.close();
      throw e;
    }
  }

  @Override
  public WeightFile weights() {
    return this;
  }

  @Override
  public Map<String, StoredTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public Path path() {
    return files.weights().path();
  }

  @Override
  public Checkpoint checkpoint(DecoderSpec spec) {
    return files.checkpoint(spec);
  }

  @Override
  public ModelConfig config() {
    return files.config();
  }

  @Override
  public Tokenizer tokenizer() {
    return files.tokenizer();
  }

  @Override
  public String chatTemplate() {
    return files.chatTemplate();
  }

  @Override
  public GenerationDefaults defaults(Tokenizer tokenizer) {
    return files.defaults(tokenizer);
  }

  @Override
  public EmbeddingDefaults embedding() {
    return files.embedding();
  }

  @Override
  public io.jishi.base.JsonObject imageProcessor() {
    return files.imageProcessor();
  }

  @Override
  public String name() {
    return files.name();
  }

  @Override
  public void close() {
    files.close();
  }
}
