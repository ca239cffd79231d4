// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.text.Tokenizer;

/**
 * What a model is loaded from: one GGUF file or a folder of several, as models are published, or
 * random numbers.
 */
sealed interface ModelFiles extends AutoCloseable
    permits GgufModel, HuggingFaceFolder, PlacedFiles, RandomFiles {

  /** Tensors. */
  WeightFile weights();

  /** How tensors are named. */
  DecoderLoader.Names names();

  /** Configuration. */
  ModelConfig config();

  /** Reads the tokenizer. */
  Tokenizer tokenizer();

  /** The source of the chat template, or null. */
  String chatTemplate();

  /** Recommended sampling and the end tokens. */
  GenerationDefaults defaults(Tokenizer tokenizer);

  /** A name for people. */
  String name();

  @Override
  void close();
}
