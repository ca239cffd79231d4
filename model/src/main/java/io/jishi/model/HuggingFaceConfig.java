// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.tensor.Rope;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A {@code config.json}, in the dialect of published checkpoints ({@code rope_theta}, {@code
 * rope_scaling}) or of Transformers 5 ({@code rope_parameters}).
 */
record HuggingFaceConfig(JsonObject json) implements ModelConfig {

  @Override
  public String source() {
    return json.source();
  }

  @Override
  public String architecture() {
    return json.text("model_type").orElseThrow(() -> json.missing("model_type"));
  }

  @Override
  public OptionalInt integer(String name) {
    return json.integer(name);
  }

  @Override
  public OptionalDouble number(String name) {
    return json.number(name);
  }

  @Override
  public boolean flag(String name, boolean absent) {
    return json.bool(name).orElse(absent);
  }

  @Override
  public String text(String name, String absent) {
    return json.text(name).orElse(absent);
  }

  @Override
  public int require(String name) {
    return json.requireInt(name);
  }

  @Override
  public boolean bias(String name, boolean absent, TensorRole role) {
    return flag(name, absent);
  }

  @Override
  public Rope.Style ropeStyle() {
    return Rope.Style.HALVES;
  }

  @Override
  public double ropeBase() {
    OptionalDouble base = json.number("rope_theta");
    if (base.isEmpty()) {
      base = json.object("rope_parameters").map(r -> r.number("rope_theta")).orElse(base);
    }
    return base.orElse(10_000);
  }

  @Override
  public RopeSpec.Scaling ropeScaling() {
    Optional<JsonObject> found =
        json.object("rope_scaling").or(() -> json.object("rope_parameters"));
    if (found.isEmpty()) {
      return new RopeSpec.Plain();
    }
    JsonObject rope = found.get();
    String type = rope.text("rope_type").or(() -> rope.text("type")).orElse("default");
    return switch (type) {
      case "default" -> new RopeSpec.Plain();
      case "linear" -> new RopeSpec.LinearScaling(positive(rope, "factor"));
      case "llama3" ->
          new RopeSpec.Llama3(
              positive(rope, "factor"),
              positive(rope, "low_freq_factor"),
              positive(rope, "high_freq_factor"),
              positive(rope, "original_max_position_embeddings"));
      default ->
          throw new JishiException.Unsupported(
              source()
                  + ": rotary scaling '"
                  + type
                  + "' is not supported; supported are default,"
                  + " linear and llama3");
    };
  }

  @Override
  public boolean tiedOutput(boolean absent) {
    return flag("tie_word_embeddings", absent);
  }

  private static double positive(JsonObject rope, String field) {
    double value = rope.number(field).orElseThrow(() -> rope.missing(field));
    if (!(value > 0) || value > 1e12) {
      throw rope.wrong(field, "a positive number");
    }
    return value;
  }
}
