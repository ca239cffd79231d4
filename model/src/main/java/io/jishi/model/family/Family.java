// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.base.JishiException;
import io.jishi.model.DecoderSpec;
import io.jishi.model.ModelConfig;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The table of families: the name in {@code model_type} or {@code general.architecture}, and the
 * function that reads its configuration. A family that differs only in data is one line more here.
 */
public final class Family {
  private static final Map<String, Function<ModelConfig, DecoderSpec>> TABLE =
      new TreeMap<>(
          Map.of(
              "llama", LlamaLike::llama,
              "qwen2", LlamaLike::qwen2,
              "qwen3", LlamaLike::qwen3));

  private Family() {}

  /**
   * The spec of a configuration.
   *
   * @throws JishiException.Unsupported where the family is unknown, or uses what is not there yet
   * @throws JishiException.BadFile where sizes are missing or contradict each other
   */
  public static DecoderSpec spec(ModelConfig config) {
    Function<ModelConfig, DecoderSpec> family = TABLE.get(config.architecture());
    if (family == null) {
      throw new JishiException.Unsupported(
          config.source()
              + ": the architecture '"
              + config.architecture()
              + "' is not supported; supported are "
              + String.join(", ", TABLE.keySet()));
    }
    return family.apply(config);
  }
}
