// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.model.vision.ImageProcessor;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What the headers of a model's files tell before anything of its weights is read.
 *
 * @param path where it is
 * @param name what people call it
 * @param spec what it computes
 * @param weights bytes of all tensors but experts of mixtures, as stored, and of the changed copies
 *     that its attention needs
 * @param experts bytes of the experts of mixtures; those that stay in the file are read from there
 *     when a token chooses them, and take no memory that anybody else needs
 * @param embedding what its makers say about vectors of whole texts
 * @param tower how it sees images, or null where it does not; {@code weights} has its tensors
 * @param patches the most patches of an image or tile that the tower gets
 */
public record ModelOutline(
    Path path,
    String name,
    DecoderSpec spec,
    long weights,
    long experts,
    EmbeddingDefaults embedding,
    TowerSpec tower,
    long patches) {

  /**
   * Reads headers; nothing of the weights is read.
   *
   * @param path a GGUF file, or a folder with {@code config.json}, safetensors and tokenizer
   * @throws io.jishi.base.JishiException.BadFile where something is damaged or missing
   * @throws io.jishi.base.JishiException.Unsupported where the family is unknown
   */
  public static ModelOutline read(Path path) {
    try (ModelFiles files = ModelFiles.open(path)) {
      VisionSpec seeing = files.vision();
      DecoderSpec spec =
          io.jishi.model.family.Family.spec(seeing == null ? files.config() : seeing.text());
      return of(files, spec, seeing);
    }
  }

  static ModelOutline of(ModelFiles files, DecoderSpec spec, VisionSpec seeing) {
    long weights = 0;
    long experts = 0;
    for (StoredTensor tensor : tensors(files).toList()) {
      if (tensor.expert()) {
        experts += tensor.bytes();
      } else {
        weights += tensor.bytes();
      }
    }
    return new ModelOutline(
        files.weights().path(),
        files.name(),
        spec,
        weights + copies(spec),
        experts,
        files.embedding(),
        seeing == null ? null : seeing.tower(),
        patches(files, seeing));
  }

  private static long patches(ModelFiles files, VisionSpec seeing) {
    if (seeing == null || files.imageProcessor() == null) { // without one loading says so
      return 0;
    }
    return ImageProcessor.of(files.imageProcessor(), seeing.tower().patch()).mostPatches();
  }

  /** Keys of latent attention are turned and widened to FP32: once as made, once as packed. */
  private static long copies(DecoderSpec spec) {
    long values = 0;
    for (DecoderSpec.Layer layer : spec.layers()) {
      for (DecoderSpec.Part part : layer.parts()) {
        if (part instanceof DecoderSpec.LatentAttention a) {
          values += (long) a.heads() * (a.rank() + a.rotary()) * (a.keyDim() + a.rotary());
        }
      }
    }
    return 2 * Float.BYTES * values;
  }

  /** Bytes of a packed copy of what can be packed. */
  static long packed(ModelFiles files, boolean experts) {
    return tensors(files)
        .filter(t -> t.type().runnable())
        .filter(t -> t.expert() ? experts && t.shape().size() >= 2 : t.shape().size() == 2)
        .mapToLong(StoredTensor::bytes)
        .sum();
  }

  private static Stream<StoredTensor> tensors(ModelFiles files) {
    return Stream.concat(files.weights().tensors().values().stream(), files.others().stream());
  }

  /**
   * What a sequence's state holds.
   *
   * @throws io.jishi.base.JishiException.Unsupported where the model cannot be cached as that type
   */
  public StateSpec stateSpec(DType cache) {
    return Slots.of(spec, cache);
  }
}
