// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.engine.Speculation;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Whether tokens are guessed and computed ahead. */
final class SpeculateOption {
  @Option(
      names = "--speculate",
      paramLabel = "HOW",
      description =
          "guess tokens ahead, which changes speed and never the answer: lookup (the text may"
              + " repeat itself), draft (a small model guesses) or off (default: off, with"
              + " --draft-model draft)")
  private Speculation.Mode mode;

  @Option(
      names = "--draft-model",
      paramLabel = "FILE",
      description = "a small model of the same vocabulary that guesses tokens ahead")
  private Path draft;

  /** Whether anything was asked for. */
  boolean asked() {
    return mode != null || draft != null;
  }

  /** What was asked for. */
  Speculation speculation() {
    if (mode == Speculation.Mode.DRAFT && draft == null) {
      throw new JishiException.BadRequest(
          "speculate", "--speculate draft takes a small model: name it by --draft-model");
    }
    if (draft != null && mode != null && mode != Speculation.Mode.DRAFT) {
      throw new JishiException.BadRequest(
          "speculate", "--draft-model is for --speculate draft: leave one of the two out");
    }
    return draft != null
        ? Speculation.draft(draft)
        : new Speculation(mode == null ? Speculation.Mode.OFF : mode, null);
  }
}
