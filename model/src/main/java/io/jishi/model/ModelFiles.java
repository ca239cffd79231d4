// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * What a model is loaded from: one GGUF file or a folder of several, as models are published, or
 * random numbers.
 */
sealed interface ModelFiles extends AutoCloseable
    permits GgufModel, HuggingFaceFolder, PlacedFiles, RandomFiles {

  /** The files at a path: a GGUF file, which is a language model alone, or a folder. */
  static ModelFiles open(Path path) {
    requireThere(path);
    return Files.isDirectory(path) ? new HuggingFaceFolder(path) : new GgufModel(path, null);
  }

  /**
   * The same with what a GGUF file needs to see.
   *
   * @param projector the file of its tower; null for the one that stands beside it, if any
   */
  static ModelFiles open(Path path, Path projector) {
    requireThere(path);
    if (!Files.isDirectory(path)) {
      return new GgufModel(path, projector == null ? GgufProjector.beside(path) : projector);
    }
    if (projector != null) {
      throw new JishiException.BadRequest(
          "mmproj",
          projector + " goes with a GGUF file; the folder " + path + " has its own tower, or none");
    }
    return new HuggingFaceFolder(path);
  }

  private static void requireThere(Path path) {
    if (!Files.exists(path)) {
      throw new JishiException.BadFile(path + ": there is no such file or folder");
    }
  }

  /** How the model sees, or null where it does not. */
  default VisionSpec vision() {
    return io.jishi.model.family.Family.vision(config());
  }

  /** The language model's tensors. */
  default WeightFile textWeights(VisionSpec seeing) {
    return seeing == null ? weights() : seeing.textFile(weights());
  }

  /** The tower's tensors. */
  default WeightFile towerWeights(VisionSpec seeing) {
    return seeing.towerFile(weights());
  }

  /** Tensors that are not among {@link #weights}: of a tower in a file of its own. */
  default Collection<StoredTensor> others() {
    return List.of();
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
