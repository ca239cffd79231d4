// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reference models, with small vocabularies where a test writes text. */
final class Folders {
  private Folders() {}

  static Path golden(String name) {
    return Shared.require("goldens/" + name);
  }

  /** A copy with a WordPiece vocabulary of letters and some words. */
  static Path withWords(String name, Path to, int vocabulary) throws IOException {
    Files.createDirectories(to);
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(golden(name).resolve(file), to.resolve(file));
    }
    List<String> pieces =
        new ArrayList<>(
            List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "dog", "mice"));
    for (char c = 'a'; c <= 'z'; c++) {
      pieces.add(String.valueOf(c));
      pieces.add("##" + c);
    }
    while (pieces.size() < vocabulary) {
      pieces.add("[unused" + pieces.size() + "]");
    }
    Files.write(to.resolve("vocab.txt"), pieces);
    return to;
  }

  static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
