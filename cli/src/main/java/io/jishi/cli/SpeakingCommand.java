// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.EngineOptions;
import picocli.CommandLine.Mixin;

/** A command that generates text. */
abstract class SpeakingCommand extends CacheCommand {
  @Mixin private SpeculateOption speculate;

  /** A command in that shell. */
  protected SpeakingCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected EngineOptions engineOptions() {
    return super.engineOptions().with(speculate.speculation());
  }
}
