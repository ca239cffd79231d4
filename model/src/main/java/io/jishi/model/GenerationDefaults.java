// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a model's makers recommend ({@code generation_config.json}).
 *
 * @param greedy whether they say not to sample
 * @param temperature of sampling, if they say one
 * @param topK likewise
 * @param topP likewise
 * @param minP likewise
 * @param endTokens tokens that end an answer
 */
public record GenerationDefaults(
    boolean greedy,
    OptionalDouble temperature,
    OptionalInt topK,
    OptionalDouble topP,
    OptionalDouble minP,
    Set<Integer> endTokens) {

  /** No recommendation but the end tokens. */
  static GenerationDefaults of(Set<Integer> endTokens) {
    return new GenerationDefaults(
        false,
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        Set.copyOf(endTokens));
  }

  /** Reads the file's fields; end tokens are joined with {@code others}. */
  static GenerationDefaults read(JsonObject json, Set<Integer> others) {
    Set<Integer> ends = new TreeSet<>(others);
    ends.addAll(endTokens(json));
    return new GenerationDefaults(
        json.bool("do_sample").map(sample -> !sample).orElse(false),
        json.number("temperature"),
        json.integer("top_k"),
        json.number("top_p"),
        json.number("min_p"),
        Set.copyOf(ends));
  }

  /** The field {@code eos_token_id}: one id or several. */
  static Set<Integer> endTokens(JsonObject json) {
    Object value = json.fields().get("eos_token_id");
    List<?> ids =
        value instanceof List<?> list ? list : Optional.ofNullable(value).stream().toList();
    Set<Integer> ends = new TreeSet<>();
    for (Object id : ids) {
      if (!(id instanceof Long l) || l < 0 || l > Integer.MAX_VALUE) {
        throw json.wrong("eos_token_id", "a token id or a list of them");
      }
      ends.add(l.intValue());
    }
    return ends;
  }
}
