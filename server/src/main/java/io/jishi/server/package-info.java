// SPDX-License-Identifier: Apache-2.0
/**
 * Serves one engine over HTTP as OpenAI's API describes it: requests are parsed, checked and handed
 * on, answers are written as they come.
 *
 * <p>It knows JSON, HTTP and the engine's public API. It knows no model, no token and no tensor.
 */
package io.jishi.server;
