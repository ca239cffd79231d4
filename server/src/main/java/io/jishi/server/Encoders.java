// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.embed.Embedder;
import io.jishi.engine.embed.Reranker;

/**
 * The models of a server that make vectors and scores; they stay the caller's to close.
 *
 * @param embedder answers {@code /v1/embeddings}, or null
 * @param reranker answers {@code /v1/rerank}, or null
 */
public record Encoders(Embedder embedder, Reranker reranker) {
  /** Neither. */
  public static final Encoders NONE = new Encoders(null, null);
}
