// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.safetensors;

import io.jishi.base.JishiException;
import io.jishi.base.JishiException.BadFile;
import io.jishi.base.JishiException.Unsupported;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.StoredTensor;
import io.jishi.model.WeightFile;
import io.jishi.model.mapped.Quote;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The weights of a model folder in Hugging Face's layout: {@code model.safetensors}, or the shards
 * that {@code model.safetensors.index.json} lists. Thread-safe, like {@link SafetensorsFile}.
 */
public final class SafetensorsFolder implements WeightFile {
  /** The whole model in one file. */
  public static final String SINGLE = "model.safetensors";

  /** The list of shards: {@code weight_map} gives each tensor's file. */
  public static final String INDEX = "model.safetensors.index.json";

  private static final long LONGEST_INDEX = Header.LONGEST; // a header says more

  private final Map<String, SafetensorsFile> files = new LinkedHashMap<>();
  private TensorMap tensors;

  private SafetensorsFolder() {}

  /**
   * Opens the weights of a folder. Where both a single file and an index are there, the single file
   * counts.
   *
   * @throws BadFile where the folder has no weights, lacks a shard, or a file is damaged
   * @throws Unsupported where the folder has weights of other formats only
   */
  public static SafetensorsFolder open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new BadFile(folder + ": is not a folder that can be read");
    }
    SafetensorsFolder result = new SafetensorsFolder();
    try {
      result.openFiles(folder);
      MicroScaled.join(result.tensors);
      return result;
    } catch (Throwable e) {
      result.close();
      throw e;
    }
  }

  /** The first file that holds weights. */
  @Override
  public Path path() {
    return files.values().iterator().next().path();
  }

  /** As {@link SafetensorsFile#tensors()}, of all shards, in the order of the index. */
  @Override
  public Map<String, StoredTensor> tensors() {
    return tensors;
  }

  /** As {@link SafetensorsFile#otherTypes()}, of all shards. */
  public Map<String, String> otherTypes() {
    return tensors.unknown();
  }

  @Override
  public void close() {
    files.values().forEach(SafetensorsFile::close);
  }

  private void openFiles(Path folder) {
    tensors = new TensorMap(folder.toString());
    if (Files.exists(folder.resolve(SINGLE))) {
      SafetensorsFile file = SafetensorsFile.open(folder.resolve(SINGLE));
      files.put(SINGLE, file);
      file.tensors().values().forEach(this::add);
      file.otherTypes().forEach((name, type) -> addOther(file, name, type));
    } else if (Files.isRegularFile(folder.resolve(INDEX))) {
      openShards(folder, folder.resolve(INDEX));
    } else {
      throw noWeights(folder);
    }
  }

  /** Gains and biases of norms have other names in the oldest published models (BERT). */
  private void add(StoredTensor tensor) {
    String name = tensor.name();
    String now =
        name.replaceFirst("LayerNorm\\.gamma$", "LayerNorm.weight")
            .replaceFirst("LayerNorm\\.beta$", "LayerNorm.bias");
    tensors.add(
        now.equals(name)
            ? tensor
            : new StoredTensor(now, tensor.type(), tensor.shape(), tensor.source()));
  }

  private void addOther(SafetensorsFile file, String name, String type) {
    tensors.addUnknown(name, type);
    TensorMap.Bytes bytes = file.bytes(name);
    if (bytes != null) {
      tensors.addBytes(name, bytes.shape(), bytes.data());
    }
  }

  private void openShards(Path folder, Path index) {
    JsonObject map = weightMap(index);
    checkNames(index, folder, map);
    for (String name : map.fields().keySet()) {
      String fileName = map.text(name).orElseThrow(() -> map.missing(name));
      SafetensorsFile file =
          files.computeIfAbsent(fileName, f -> SafetensorsFile.open(folder.resolve(f)));
      String otherType = file.otherTypes().get(name);
      StoredTensor tensor = otherType == null ? file.tensors().get(name) : null;
      if (tensor != null) {
        add(tensor);
      } else if (otherType != null) {
        addOther(file, name, otherType);
      } else {
        throw new BadFile(
            file.path() + ": has no tensor " + Quote.of(name) + ", but " + INDEX + " says so");
      }
    }
  }

  private static JsonObject weightMap(Path index) {
    try {
      if (Files.size(index) > LONGEST_INDEX) {
        throw new BadFile(index + ": is longer than " + LONGEST_INDEX + " bytes");
      }
    } catch (IOException e) {
      throw new BadFile(index + ": cannot be read: " + e, e);
    }
    JsonObject fields = Json.parseObject(index);
    JsonObject map = fields.object("weight_map").orElseThrow(() -> fields.missing("weight_map"));
    if (map.fields().isEmpty()) {
      throw fields.wrong("weight_map", "a map from tensors to files");
    }
    return map;
  }

  /** Every shard is a plain name in the folder, and is there. */
  private static void checkNames(Path index, Path folder, JsonObject map) {
    TreeSet<String> missing = new TreeSet<>();
    for (String tensor : map.fields().keySet()) {
      String name = map.text(tensor).orElseThrow(() -> map.missing(tensor));
      if (!plain(name)) {
        throw new BadFile(
            index
                + ": the shard "
                + Quote.of(name)
                + " must be the plain name of a file beside it");
      }
      if (!missing.contains(name) && !Files.exists(folder.resolve(name))) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      throw new BadFile(
          index
              + ": these shards are missing beside it: "
              + String.join(", ", missing.stream().limit(10).toList())
              + "; fetch them too");
    }
  }

  /** Neither a way out of the folder nor anything that a file system could misread. */
  private static boolean plain(String name) {
    try {
      Path path = Path.of(name);
      return !name.isEmpty()
          && !name.startsWith(".")
          && name.chars().noneMatch(c -> c == '\\' || c == ':')
          && !path.isAbsolute()
          && path.getNameCount() == 1;
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static JishiException noWeights(Path folder) {
    List<String> others = new ArrayList<>();
    try (Stream<Path> entries = Files.list(folder)) {
      entries
          .map(p -> p.getFileName().toString())
          .filter(n -> n.endsWith(".bin") || n.endsWith(".pt") || n.endsWith(".pth"))
          .limit(3)
          .forEach(others::add);
    } catch (IOException | UncheckedIOException e) {
      return new BadFile(folder + ": cannot be listed: " + e, e);
    }
    return others.isEmpty()
        ? new BadFile(folder + ": holds neither " + SINGLE + " nor " + INDEX)
        : new Unsupported(
            folder
                + ": holds weights as Python pickles only ("
                + String.join(", ", others)
                + "), which can run code when read; convert them to safetensors");
  }
}
