// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import java.util.List;

/**
 * What an embedder is asked for.
 *
 * @param inputs one vector is made of each
 * @param dimensions the first so many values are kept (Matryoshka), 0 for all; only models that
 *     were trained for it give good vectors then
 * @param prompt the name of the model's own text that is put before each, such as {@code query};
 *     null for the model's default, empty for none
 * @param truncate whether a text that is too long is cut at its end; else it is refused
 */
public record EmbedRequest(List<Input> inputs, int dimensions, String prompt, boolean truncate) {
  /** Copies the list, checks ranges. */
  public EmbedRequest {
    inputs = List.copyOf(inputs);
    if (inputs.isEmpty()) {
      throw new JishiException.BadRequest("input", "there is no input to make a vector of");
    }
    if (dimensions < 0) {
      throw new JishiException.BadRequest("dimensions", "the dimensions must be at least 1");
    }
  }

  /** Vectors of texts. */
  public static EmbedRequest of(List<String> texts) {
    return new EmbedRequest(texts.stream().map(Input::of).toList(), 0, null, false);
  }

  /** The same with another number of dimensions. */
  public EmbedRequest withDimensions(int count) {
    return new EmbedRequest(inputs, count, prompt, truncate);
  }

  /** The same with the model's own text of that name before each. */
  public EmbedRequest withPrompt(String name) {
    return new EmbedRequest(inputs, dimensions, name, truncate);
  }

  /** The same with texts that are too long cut at their end. */
  public EmbedRequest truncated() {
    return new EmbedRequest(inputs, dimensions, prompt, true);
  }
}
