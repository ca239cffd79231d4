// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.Json;
import io.jishi.model.Pooling;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The files of Sentence Transformers that say how hidden states become a vector of length 1. */
final class PoolingFiles {
  private static final List<String> MODULES = List.of("Transformer", "Pooling", "Normalize");

  private PoolingFiles() {}

  /**
   * Writes {@code modules.json} and the pooling's configuration.
   *
   * @param width of the hidden states
   */
  static void write(Path folder, Pooling pooling, int width, Disk disk) throws IOException {
    List<Object> modules = new ArrayList<>();
    for (int i = 0; i < MODULES.size(); i++) {
      Map<String, Object> module = new LinkedHashMap<>();
      module.put("idx", i);
      module.put("name", String.valueOf(i));
      module.put("path", i == 0 ? "" : i + "_" + MODULES.get(i));
      module.put("type", "sentence_transformers.models." + MODULES.get(i));
      modules.add(module);
    }
    json(folder.resolve("modules.json"), modules, disk);
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("word_embedding_dimension", width);
    for (Pooling mode : Pooling.values()) {
      config.put(mode.field(), mode == pooling);
    }
    Path own = Files.createDirectories(folder.resolve("1_Pooling"));
    json(own.resolve("config.json"), config, disk);
  }

  private static void json(Path file, Object value, Disk disk) throws IOException {
    try (OutputStream out = disk.create(file)) {
      out.write(Json.write(value).getBytes(StandardCharsets.UTF_8));
    }
  }
}
