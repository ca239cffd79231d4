// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.text.template.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the chat template beside a {@code tokenizer.json}. */
public final class TemplateFile {
  private TemplateFile() {}

  /**
   * The template of {@code chat_template.jinja}, else of {@code tokenizer_config.json}; null where
   * there is none.
   */
  public static ChatTemplate find(Path folder) {
    Path jinja = folder.resolve("chat_template.jinja");
    if (Files.exists(jinja)) {
      return read(jinja);
    }
    Path config = folder.resolve("tokenizer_config.json");
    boolean text =
        Files.exists(config)
            && Json.parseObject(config).fields().get("chat_template") instanceof String;
    return text
        ? ChatTemplate.compile(Json.parseObject(config).text("chat_template").orElseThrow())
        : null;
  }

  /** The template in a file of its own. */
  public static ChatTemplate read(Path file) {
    try {
      return ChatTemplate.compile(Files.readString(file));
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
