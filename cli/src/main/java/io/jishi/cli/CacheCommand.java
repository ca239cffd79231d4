// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.EngineOptions;
import picocli.CommandLine.Mixin;

/** A command that runs a model, or tells of a run, with a cache of the user's choice. */
abstract class CacheCommand extends EngineCommand {
  @Mixin private CacheOption cache;

  /** A command in that shell. */
  protected CacheCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected EngineOptions engineOptions() {
    return super.engineOptions().withCache(cache.type());
  }
}
