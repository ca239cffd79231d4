// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.Map;

/**
 * What the makers of a model say about vectors of whole texts.
 *
 * @param pooling how hidden states become one, or null where the files do not say
 * @param normalise whether vectors are divided by their lengths
 * @param maxTokens the most tokens of a text, 0 where the files do not say
 * @param prompts texts that stand before the caller's, by name, such as {@code query}
 * @param defaultPrompt the name of the one that is taken where none is asked for, or null
 */
public record EmbeddingDefaults(
    Pooling pooling,
    boolean normalise,
    int maxTokens,
    Map<String, String> prompts,
    String defaultPrompt) {
  /** Where the files say nothing: vectors of length 1, as most programs expect them. */
  public static final EmbeddingDefaults NONE = new EmbeddingDefaults(null, true, 0, Map.of(), null);

  /** Copies the map. */
  public EmbeddingDefaults {
    prompts = Map.copyOf(prompts);
  }
}
