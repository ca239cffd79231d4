// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.tensor.DType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a folder in the published layout: configuration, safetensors, tokenizer. */
public final class FolderExport {
  private FolderExport() {}

  /**
   * Writes a model to a new folder.
   *
   * @param type F32, F16 or BF16, for matrices; vectors stay F32
   * @throws JishiException.BadFile where the folder exists
   * @throws JishiException.BadRequest for a type that safetensors do not hold
   */
  public static void write(ModelSource model, Path folder, DType type, Disk disk) {
    write(model, folder, type, disk, Progress.NONE);
  }

  /** Writes a model to a new folder and tells how far it is; see {@link #write}. */
  public static void write(
      ModelSource model, Path folder, DType type, Disk disk, Progress progress) {
    if (!type.plain()) {
      throw new JishiException.BadRequest(
          "type", "safetensors hold F32, F16 or BF16, not " + type + "; write GGUF instead");
    }
    Map<String, Object> config = new LinkedHashMap<>(model.config().fields());
    config.put("torch_dtype", torch(type));
    List<OutputTensor> tensors =
        model.tensors().stream().map(t -> t.as(t.shape().size() < 2 ? DType.F32 : type)).toList();
    AtomicFiles.createFolder(
        folder,
        to -> {
          for (Path file : model.textFiles()) {
            Path target = to.resolve(model.folder().relativize(file).toString());
            Files.createDirectories(target.getParent());
            copy(file, target, disk);
          }
          write(config, tensors, to, disk, progress);
        });
  }

  /** Writes configuration and weights into a folder that is there. */
  public static void write(
      Map<String, Object> config, List<OutputTensor> tensors, Path folder, Disk disk)
      throws IOException {
    write(config, tensors, folder, disk, Progress.NONE);
  }

  static void write(
      Map<String, Object> config,
      List<OutputTensor> tensors,
      Path folder,
      Disk disk,
      Progress progress)
      throws IOException {
    try (OutputStream out = disk.create(folder.resolve("config.json"))) {
      out.write(Json.write(config).getBytes(StandardCharsets.UTF_8));
    }
    try (OutputStream out = disk.create(folder.resolve("model.safetensors"))) {
      new SafetensorsWriter(Map.of("format", "pt"), tensors).tell(progress).writeTo(out);
    }
  }

  /** Copies a file, if it is there. */
  public static void copy(Path from, Path to, Disk disk) throws IOException {
    if (Files.exists(from)) {
      try (OutputStream out = disk.create(to)) {
        Files.copy(from, out);
      }
    }
  }

  static String torch(DType type) {
    return switch (type) {
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      default -> "float32";
    };
  }
}
