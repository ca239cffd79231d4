// SPDX-License-Identifier: Apache-2.0
/** The OpenAI-compatible HTTP API. */
module io.jishi.server {
  requires transitive io.jishi.engine;
}
