// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.nio.file.Path;

/** Placeholder until the engine lands. */
final class LocalEngine {
  private LocalEngine() {}

  static Engine load(Path model, EngineOptions options) {
    throw new JishiException.Unsupported(model + " " + options);
  }
}
