// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import java.util.List;

/**
 * Vectors.
 *
 * @param vectors one for each input, in order
 * @param tokens of all inputs, the framing ones included
 */
public record Embeddings(List<float[]> vectors, int tokens) {
  /** Copies the list. */
  public Embeddings {
    vectors = List.copyOf(vectors);
  }
}
