// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a model is loaded from: one GGUF file or a folder of several, as models are published, or
 * random numbers.
 */
sealed interface ModelFiles extends AutoCloseable
    permits GgufModel, HuggingFaceFolder, PlacedFiles, RandomFiles {

  /** The files at a path: a GGUF file, or a folder. */
  static ModelFiles open(Path path) {
    if (!Files.exists(path)) {
      throw new JishiException.BadFile(path + ": there is no such file or folder");
    }
    return Files.isDirectory(path) ? new HuggingFaceFolder(path) : new GgufModel(path);
  }

  /** Tensors. */
  WeightFile weights();

  /** How tensors are stored, of a spec. */
  Checkpoint checkpoint(DecoderSpec spec);

  /** Configuration. */
  ModelConfig config();

  /** Reads the tokenizer. */
  Tokenizer tokenizer();

  /** The source of the chat template, or null. */
  String chatTemplate();

  /** Recommended sampling and the end tokens. */
  GenerationDefaults defaults(Tokenizer tokenizer);

  /** What its makers say about vectors of whole texts. */
  default EmbeddingDefaults embedding() {
    return EmbeddingDefaults.NONE;
  }

  /** How images become pixels, or null where nothing says so. */
  default io.jishi.base.JsonObject imageProcessor() {
    return null;
  }

  /** A name for people. */
  String name();

  @Override
  void close();
}
