// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

/**
 * Is told what an engine does, as it does it. It is called on the thread that runs the model, so it
 * has to be quick; what it throws is logged and hurts nobody.
 *
 * <pre>{@code
 * engine.listen(
 *     new EngineListener() {
 *       @Override
 *       public void requestEnded(RequestMetrics request) {
 *         System.out.println(request.firstTokenNanos() / 1e9 + " s to the first token");
 *       }
 *     });
 * }</pre>
 */
public interface EngineListener {
  /** A request has ended, in whatever way. */
  default void requestEnded(RequestMetrics request) {}

  /** A step of the model is done. */
  default void stepDone(StepMetrics step) {}
}
