// SPDX-License-Identifier: Apache-2.0
/** The OpenAI-compatible HTTP API. */
module io.jishi.server {
  requires transitive io.jishi.engine;
  requires io.jishi.base;
  requires io.helidon.common;
  requires io.helidon.http;
  requires io.helidon.webserver;
  requires java.logging;

  exports io.jishi.server;
}
