// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.model.export.Disk;
import io.jishi.model.export.FolderExport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The files beside a model's weights that say how text becomes tokens and prompts. */
final class TextFiles {
  private static final List<String> NAMES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "generation_config.json",
          "chat_template.jinja");

  private TextFiles() {}

  /** Copies those that are there. */
  static void copy(Path from, Path to, Disk disk) throws IOException {
    for (String name : NAMES) {
      FolderExport.copy(from.resolve(name), to.resolve(name), disk);
    }
  }
}
