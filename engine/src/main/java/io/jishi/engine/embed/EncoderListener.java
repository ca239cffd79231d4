// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

/**
 * Is told what an embedder or a reranker does. It is called on the thread that runs the model, so
 * it has to be quick; what it throws is logged and hurts nobody.
 */
@FunctionalInterface
public interface EncoderListener {
  /** The passes of a call have ended. Calls that never began are not told. */
  void callEnded(CallMetrics call);
}
