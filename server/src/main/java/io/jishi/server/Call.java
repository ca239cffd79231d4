// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.Request;

/**
 * One parsed call of the API.
 *
 * @param model the model it names, or empty
 * @param request what the engine is to do
 * @param stream whether the answer comes in pieces
 * @param usage whether a streamed answer ends with its usage
 * @param choices how many answers are wanted
 */
record Call(Api api, String model, Request request, boolean stream, boolean usage, int choices) {

  /** The two ways to ask for text. */
  enum Api {
    /** {@code POST /v1/chat/completions}. */
    CHAT,
    /** {@code POST /v1/completions}. */
    COMPLETION
  }
}
