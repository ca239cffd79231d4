// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.nano.Nano;
import java.nio.file.Files;
import java.nio.file.Path;

/** The model that a command takes where it is given none, or the name {@code nano}. */
final class BuiltIn {
  /** How options for a model end. */
  static final String DEFAULT_HELP = " (default: nano, the built-in model)";

  /** What is said where nobody named a model. */
  static final String NOTE =
      "this is nano, the small built-in model ('jishi info' tells what it can do); for a larger"
          + " one give -m MODEL: a GGUF file or a folder with config.json and safetensors";

  private BuiltIn() {}

  /** Whether the built-in model is meant; a file or folder of that name comes first. */
  static boolean meant(Path model) {
    return model == null || model.toString().equals(Nano.NAME) && !Files.exists(model);
  }

  /** The model's file or folder. */
  static Path path(Shell shell, Path model) {
    return meant(model) ? shell.nano().get() : model;
  }
}
