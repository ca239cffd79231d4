// SPDX-License-Identifier: Apache-2.0
/**
 * Measures a model, or whatever else answers, on exercises that are held out, and writes the
 * figures down.
 *
 * <p>It knows exercises and the engine. It knows nothing of how a model was trained.
 */
package io.jishi.nano.eval;
