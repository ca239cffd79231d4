// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import java.util.List;
import java.util.OptionalDouble;

/** Reads {@code rope_scaling} of published checkpoints and {@code rope_parameters} of version 5. */
final class RopeReader {
  private RopeReader() {}

  /**
   * The scaling that an object describes.
   *
   * @param config the whole configuration, for what the object leaves out
   */
  static RopeSpec.Scaling read(JsonObject rope, HuggingFaceConfig config) {
    String type = rope.text("rope_type").or(() -> rope.text("type")).orElse("default");
    return switch (type) {
      case "default", "mrope" -> new RopeSpec.Plain();
      case "linear" -> new RopeSpec.LinearScaling(positive(rope, "factor"));
      case "dynamic" ->
          new RopeSpec.DynamicBase(
              positive(rope, "factor"), positive(config.require("max_position_embeddings")));
      case "llama3" ->
          new RopeSpec.Llama3(
              positive(rope, "factor"),
              positive(rope, "low_freq_factor"),
              positive(rope, "high_freq_factor"),
              positive(rope, "original_max_position_embeddings"));
      case "yarn" -> yarn(rope, config);
      case "longrope", "su" -> longFactors(rope, config);
      default ->
          throw new JishiException.Unsupported(
              rope.source()
                  + ": rotary scaling '"
                  + type
                  + "' is not supported; supported are default, linear, dynamic, llama3, yarn and"
                  + " longrope");
    };
  }

  private static RopeSpec.Scaling yarn(JsonObject rope, HuggingFaceConfig config) {
    double factor = positive(rope, "factor");
    OptionalDouble given = rope.number("attention_factor");
    double all = rope.number("mscale_all_dim").orElse(0);
    double some = rope.number("mscale").orElse(0);
    double magnitude =
        given.isPresent()
            ? given.getAsDouble()
            : all > 0 && some > 0
                ? magnitude(factor, some) / magnitude(factor, all)
                : magnitude(factor, 1);
    return new RopeSpec.Yarn(
        factor,
        rope.number("beta_fast").orElse(32),
        rope.number("beta_slow").orElse(1),
        rope.number("original_max_position_embeddings")
            .orElseGet(() -> config.require("max_position_embeddings")),
        rope.bool("truncate").orElse(true),
        magnitude);
  }

  /** YaRN's attention factor, {@code 0.1 · m · ln(factor) + 1} beyond a factor of 1. */
  static double magnitude(double factor, double m) {
    return factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1;
  }

  private static RopeSpec.Scaling longFactors(JsonObject rope, HuggingFaceConfig config) {
    double most = config.require("max_position_embeddings");
    double original =
        rope.number("original_max_position_embeddings")
            .orElseGet(() -> config.number("original_max_position_embeddings").orElse(most));
    double factor = rope.number("factor").orElse(most / original);
    OptionalDouble given = rope.number("attention_factor");
    double magnitude =
        given.orElse(factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original)));
    return new RopeSpec.LongFactors(
        factors(rope, "short_factor"), factors(rope, "long_factor"), original, magnitude);
  }

  private static double[] factors(JsonObject rope, String field) {
    List<Object> list = rope.array(field).orElseThrow(() -> rope.missing(field));
    double[] factors = new double[list.size()];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = list.get(i) instanceof Number n ? n.doubleValue() : 0;
      if (!(factors[i] > 0)) {
        throw rope.wrong(field, "a list of positive numbers");
      }
    }
    return factors;
  }

  private static double positive(int value) {
    return Math.max(1, value);
  }

  private static double positive(JsonObject rope, String field) {
    double value = rope.number(field).orElseThrow(() -> rope.missing(field));
    if (!(value > 0) || value > 1e12) {
      throw rope.wrong(field, "a positive number");
    }
    return value;
  }
}
