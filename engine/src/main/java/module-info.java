// SPDX-License-Identifier: Apache-2.0
/** Runs a model for many callers: the public API. */
module io.jishi.engine {
  requires transitive io.jishi.model;
  requires java.management;

  exports io.jishi.engine;
  exports io.jishi.engine.bench;
  exports io.jishi.engine.embed;
}
