// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.Request;
import io.jishi.engine.Search;

/**
 * One parsed call of the API.
 *
 * @param model the model it names, or empty
 * @param request what the engine is to do
 * @param stream whether the answer comes in pieces
 * @param usage whether a streamed answer ends with its usage
 * @param choices how many answers are wanted
 * @param search how they are found, or null where each is drawn on its own
 */
record Call(
    Api api,
    String model,
    Request request,
    boolean stream,
    boolean usage,
    int choices,
    Search search) {

  /** The two ways to ask for text. */
  enum Api {
    /** {@code POST /v1/chat/completions}. */
    CHAT,
    /** {@code POST /v1/completions}. */
    COMPLETION
  }

  /** The same call of another request. */
  Call with(Request other) {
    return new Call(api, model, other, stream, usage, choices, search);
  }
}
