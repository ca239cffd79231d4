// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import java.util.List;

/**
 * What a reranker is asked for.
 *
 * @param query what is looked for
 * @param documents what is scored
 * @param instruction what counts as relevant, for models that read one; null for the usual one
 * @param truncate whether a document that is too long is cut at its end; else it is refused
 */
public record RerankRequest(
    String query, List<String> documents, String instruction, boolean truncate) {
  /** Copies the list; there must be a document. */
  public RerankRequest {
    documents = List.copyOf(documents);
    if (documents.isEmpty()) {
      throw new JishiException.BadRequest("documents", "there is no document to score");
    }
  }

  /** Documents for a query. */
  public static RerankRequest of(String query, List<String> documents) {
    return new RerankRequest(query, documents, null, false);
  }

  /** The same with documents that are too long cut at their end. */
  public RerankRequest truncated() {
    return new RerankRequest(query, documents, instruction, true);
  }
}
