// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Rope;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A model's configuration under the names of Hugging Face's {@code config.json}, whatever file it
 * comes from, so that a family is written once.
 */
public interface ModelConfig {

  /** Where it comes from, for messages. */
  String source();

  /** The family's name in the file: {@code model_type} or {@code general.architecture}. */
  String architecture();

  /** A whole number, if present. */
  OptionalInt integer(String name);

  /** A number, if present. */
  OptionalDouble number(String name);

  /** A truth value, if present. */
  boolean flag(String name, boolean absent);

  /** A text, or {@code absent}. */
  String text(String name, String absent);

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

  /** Which values make a rotary pair in this file's weights. */
  Rope.Style ropeStyle();

  /** How the rotary frequencies are changed. */
  RopeSpec.Scaling ropeScaling();

  /** The base of the rotary frequencies. */
  double ropeBase();

  /** Whether the output matrix is the embedding. */
  boolean tiedOutput(boolean absent);
}
