// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.nio.file.Path;

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
 */
public record ModelOutline(Path path, String name, DecoderSpec spec, long weights, long experts) {

  static ModelOutline of(ModelFiles files, DecoderSpec spec) {
    long weights = 0;
    long experts = 0;
    for (StoredTensor tensor : files.weights().tensors().values()) {
      if (tensor.expert()) {
        experts += tensor.bytes();
      } else {
        weights += tensor.bytes();
      }
    }
    return new ModelOutline(
        files.weights().path(), files.name(), spec, weights + copies(spec), experts);
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
  static long packed(WeightFile file, boolean experts) {
    return file.tensors().values().stream()
        .filter(t -> t.type().runnable())
        .filter(t -> t.expert() ? experts && t.shape().size() >= 2 : t.shape().size() == 2)
        .mapToLong(StoredTensor::bytes)
        .sum();
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
