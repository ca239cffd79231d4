// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

/** What embedders and rerankers have in common: how they do. */
public sealed interface Encoder permits Embedder, Reranker {

  /** The model's own name, or the file's. */
  String name();

  /** What was done since it was opened. */
  EncoderMetrics metrics();

  /** Tells a listener of every call from now on. */
  void listen(EncoderListener listener);
}
