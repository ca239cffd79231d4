// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.Model;
import io.jishi.model.RandomSpec;
import io.jishi.model.WeightMix;
import io.jishi.tensor.Backend;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.stream.Stream;

/**
 * Random models of each family whose sizes are small but, like real ones, multiples of 16; their
 * matrices are Q8_0.
 */
public final class TinyFamilies {
  private static final JsonObject CONFIGS = read("tiny.json");
  private static final JsonObject ENCODERS = read("tiny-encoders.json");

  private TinyFamilies() {}

  /** Names of the encoders. */
  public static Stream<String> encoders() {
    return ENCODERS.fields().keySet().stream();
  }

  /** Names of the decoders. */
  public static Stream<String> names() {
    return CONFIGS.fields().keySet().stream();
  }

  /** Makes one of them. */
  public static Model open(String name) {
    JsonObject config = CONFIGS.object(name).or(() -> ENCODERS.object(name)).orElseThrow();
    return Model.random(new RandomSpec(name, config, WeightMix.of("q8_0"), 1), Backend.cpu());
  }

  private static JsonObject read(String file) {
    try (InputStream in = TinyFamilies.class.getResourceAsStream(file)) {
      return JsonObject.of(file, Json.parse(file, in.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
