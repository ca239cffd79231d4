// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.Engine;
import java.util.ArrayList;
import java.util.List;

/**
 * What a server's models do.
 *
 * @param engine or null where it tells nothing of itself
 * @param encoders of the server
 */
record Figures(EngineFigures engine, List<EncoderFigures> encoders) {

  /** Counts from now on. */
  static Figures of(Engine engine, Encoders encoders) {
    List<EncoderFigures> all = new ArrayList<>();
    if (encoders.embedder() != null) {
      all.add(new EncoderFigures("embeddings", encoders.embedder()));
    }
    if (encoders.reranker() != null) {
      all.add(new EncoderFigures("rerank", encoders.reranker()));
    }
    return new Figures(EngineFigures.of(engine), all);
  }

  /** Whether there is anything to tell. */
  boolean any() {
    return engine != null || !encoders.isEmpty();
  }

  /** The page that a scraper gets. */
  String page() {
    PrometheusText out = new PrometheusText();
    if (engine != null) {
      engine.write(out);
    }
    encoders.forEach(encoder -> encoder.write(out));
    return out.toString();
  }
}
