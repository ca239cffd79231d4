// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A model of random weights, for measurements: its speed is that of a trained model of the same
 * shape and types.
 *
 * @param shape its name
 * @param config what its {@code config.json} would say
 * @param types how its matrices are stored; norms and biases are F32
 * @param seed of the weights
 */
public record RandomSpec(String shape, JsonObject config, WeightMix types, long seed) {
  private static final JsonObject SHAPES = read();

  /**
   * A published shape with a type, as {@code llama-1b:q4_0}.
   *
   * @throws JishiException.BadRequest where one of them is unknown
   */
  public static RandomSpec parse(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length != 2 || !SHAPES.has(parts[0])) {
      throw new JishiException.BadRequest(
          "random",
          "'"
              + text
              + "' is no shape with a type such as llama-1b:q4_0; shapes are "
              + String.join(", ", shapes())
              + "; types are "
              + String.join(", ", WeightMix.names()));
    }
    JsonObject config = SHAPES.object(parts[0]).orElseThrow();
    return new RandomSpec(parts[0], config, WeightMix.of(parts[1]), 1);
  }

  /** The shapes that {@link #parse} knows. */
  public static List<String> shapes() {
    return List.copyOf(SHAPES.fields().keySet());
  }

  /** The model's name for people. */
  public String name() {
    return shape + " " + types.name() + " (random)";
  }

  /** Bytes of all tensors. */
  public long bytes() {
    return RandomWeightFile.of(this).bytes();
  }

  /** Number of weights. */
  public long parameters() {
    return RandomWeightFile.of(this).tensors().values().stream()
        .mapToLong(StoredTensor::elements)
        .sum();
  }

  private static JsonObject read() {
    try (InputStream in = RandomSpec.class.getResourceAsStream("shapes.json")) {
      return JsonObject.of("shapes.json", Json.parse("shapes.json", in.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
