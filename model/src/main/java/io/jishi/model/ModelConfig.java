// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.model.gguf.GgufMetadata;
import io.jishi.tensor.Rope;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A model's configuration under the names of Hugging Face's {@code config.json}, whatever file it
 * comes from, so that a family is written once. Where dialects differ, one name stands for all.
 */
public interface ModelConfig {

  /** The configuration of a {@code config.json}. */
  static ModelConfig of(io.jishi.base.JsonObject json) {
    return new HuggingFaceConfig(json);
  }

  /**
   * The configuration of a GGUF file, of one that is to be written too.
   *
   * @param tensors by name; of rotary factors alone the values are read
   */
  static ModelConfig ofGguf(
      String source, GgufMetadata metadata, Map<String, StoredTensor> tensors) {
    return new GgufConfig(source, metadata, tensors);
  }

  /** Where it comes from, for messages. */
  String source();

  /** The family's name in the file: {@code model_type} or {@code general.architecture}. */
  String architecture();

  /** Whether it is a GGUF file's: those leave out what llama.cpp tells from a model's size. */
  boolean gguf();

  /** Whether the file has exactly this name. */
  boolean has(String name);

  /** A whole number, if present. */
  OptionalInt integer(String name);

  /** A number, if present. */
  OptionalDouble number(String name);

  /** A truth value, if present. */
  boolean flag(String name, boolean absent);

  /** A text, or {@code absent}. */
  String text(String name, String absent);

  /** A list of numbers, empty where it is absent; truth values count as 0 and 1. */
  List<Double> numbers(String name);

  /** A list of texts, empty where it is absent. */
  List<String> texts(String name);

  /** The same with another value. */
  ModelConfig with(String name, Object value);

  /** Along which axes rotary pairs take a token's place, or null for one. */
  default RopeSpec.Axes ropeAxes(String layers) {
    return null;
  }

  /** A configuration in this one, or null. */
  ModelConfig inner(String name);

  /** A whole number that has to be there. */
  int require(String name);

  /**
   * Whether a projection has a bias.
   *
   * @param name the key that says so in {@code config.json}
   * @param absent what holds where that key is absent
   * @param role the projection, by whose tensor a GGUF file says so
   */
  boolean bias(String name, boolean absent, TensorRole role);

  /** Whether a GGUF file has a tensor of this role in its first layer; false for other files. */
  boolean stored(TensorRole role);

  /**
   * Which values make a rotary pair in this file's weights.
   *
   * @param published which do in published checkpoints
   */
  Rope.Style ropeStyle(Rope.Style published);

  /**
   * How the rotary frequencies are changed.
   *
   * @param layers kind of layers, as {@code layer_types} names them: some configurations have
   *     several
   */
  RopeSpec.Scaling ropeScaling(String layers);

  /**
   * The base of the rotary frequencies.
   *
   * @param layers as above
   */
  double ropeBase(String layers, double absent);

  /** Whether the output matrix is the embedding. */
  boolean tiedOutput(boolean absent);
}
