// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A tower and its projector in a GGUF file of their own, beside that of the language model. */
final class GgufProjector implements AutoCloseable {
  private static final String PREFIX = "mmproj";
  private static final String SUFFIX = ".gguf";

  private final GgufFile file;

  GgufProjector(Path path) {
    file = GgufFile.open(path);
  }

  /**
   * The file that stands beside a model: {@code mmproj-NAME.gguf} beside {@code NAME.gguf}, or the
   * only one of its kind where the folder has one model alone; null where there is none.
   */
  static Path beside(Path model) {
    Path own = model.resolveSibling(PREFIX + "-" + model.getFileName());
    if (Files.isRegularFile(own)) {
      return own;
    }
    Path folder = model.toAbsolutePath().getParent();
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> files =
          all.filter(f -> f.getFileName().toString().endsWith(SUFFIX))
              .filter(Files::isRegularFile)
              .toList();
      List<Path> towers =
          files.stream().filter(f -> f.getFileName().toString().startsWith(PREFIX)).toList();
      boolean sure = files.size() == 2 && towers.size() == 1 && !towers.contains(absolute(model));
      return sure ? towers.getFirst() : null;
    } catch (IOException e) {
      throw new JishiException.BadFile(folder + ": cannot be listed: " + e, e);
    }
  }

  private static Path absolute(Path model) {
    return model.toAbsolutePath();
  }

  /** What it is, beside a language model. */
  VisionSpec vision(ModelConfig text, Object vocabulary) {
    return ClipReader.vision(
        file.path().toString(),
        file.metadata(),
        file.tensors(),
        text,
        vocabulary instanceof String[] tokens ? tokens : null);
  }

  /** How images become pixels. */
  JsonObject imageProcessor() {
    return ClipReader.imageProcessor(file.path().toString(), file.metadata(), file.tensors());
  }

  WeightFile weights() {
    return file;
  }

  @Override
  public void close() {
    file.close();
  }
}
