// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.StoredTensor;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.model.export.OutputTensor;
import io.jishi.model.export.SafetensorsWriter;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.DType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One checkpoint: a folder that the engine can load, and in its part {@code state} what is needed
 * to go on: the optimiser's tensors and a JSON of step, data cursor, identity of the recipe, sizes
 * and checksums of all files. It appears whole or not at all.
 *
 * @param folder where it is
 * @param step steps done
 * @param bits of its evaluation, or NaN
 */
record Checkpoint(Path folder, long step, double bits) {
  /** Of the layout of this folder. */
  static final int VERSION = 1;

  private static final String STATE = "state/state.json";
  private static final String OPTIMIZER = "state/optimizer.safetensors";

  /**
   * What a checkpoint says beside its tensors.
   *
   * @param step steps done
   * @param bits of the last evaluation, or NaN
   * @param identity of the recipe and its plan, see {@link Recipe#identity}
   * @param run counters of the run, plain values
   */
  record State(long step, double bits, Map<String, String> identity, Map<String, Object> run) {}

  /** Writes a new checkpoint. */
  static Checkpoint write(Path folder, Learner learner, State state, Disk disk) {
    AtomicFiles.createFolder(
        folder,
        to -> {
          Files.createDirectories(to.resolve("state"));
          ChecksumDisk sums = new ChecksumDisk(disk, to);
          learner.writeCompanions(to, sums);
          tensors(to.resolve(learner.weightsFile()), learner.weights(), sums);
          tensors(to.resolve(OPTIMIZER), learner.state(), sums);
          Map<String, Object> json = json(state, learner);
          json.put("files", sums.files());
          try (OutputStream out = disk.create(to.resolve(STATE))) {
            out.write(Json.write(json).getBytes(StandardCharsets.UTF_8));
          }
        });
    return new Checkpoint(folder, state.step, state.bits);
  }

  private static Map<String, Object> json(State state, Learner learner) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("version", VERSION);
    json.put("step", state.step);
    if (!Double.isNaN(state.bits)) {
      json.put("bits", state.bits);
    }
    json.put("identity", state.identity);
    json.put("run", state.run);
    json.put("position", learner.position());
    return json;
  }

  private static void tensors(Path file, List<NamedTensor> tensors, Disk disk) throws IOException {
    List<OutputTensor> out = tensors.stream().map(NamedTensor::output).toList();
    try (OutputStream stream = disk.create(file)) {
      new SafetensorsWriter(Map.of("format", "pt"), out).writeTo(stream);
    }
  }

  /** Reads what a folder says of itself, without its tensors. */
  static Checkpoint open(Path folder) {
    JsonObject json = read(folder);
    long step = json.longInteger("step").orElseThrow(() -> json.missing("step"));
    return new Checkpoint(folder, step, json.number("bits").orElse(Double.NaN));
  }

  private static JsonObject read(Path folder) {
    JsonObject json = Json.parseObject(folder.resolve(STATE));
    int version = json.requireInt("version");
    if (version != VERSION) {
      throw new JishiException.Unsupported(
          folder
              + ": is a checkpoint of version "
              + version
              + ", and this Jishi reads version "
              + VERSION
              + ": go on with the Jishi that wrote it, or train into another folder");
    }
    return json;
  }

  /**
   * Puts the checkpoint's tensors and place into the learner.
   *
   * @param identity of the recipe that is to go on
   * @throws JishiException.BadFile where it belongs to another recipe, or is damaged
   */
  State restore(Learner learner, Map<String, String> identity) {
    JsonObject json = read(folder);
    Map<String, String> mine = identity(json);
    checkIdentity(mine, identity);
    checkFiles(json);
    load(folder.resolve(learner.weightsFile()), learner.weights());
    load(folder.resolve(OPTIMIZER), learner.state());
    learner.seek(json.fields().get("position"));
    learner.restored();
    Map<String, Object> run = json.object("run").orElseThrow(() -> json.missing("run")).fields();
    return new State(step, bits, mine, run);
  }

  private static Map<String, String> identity(JsonObject json) {
    JsonObject identity = json.object("identity").orElseThrow(() -> json.missing("identity"));
    Map<String, String> values = new LinkedHashMap<>();
    for (String key : identity.fields().keySet()) {
      values.put(key, identity.text(key).orElse(""));
    }
    return values;
  }

  private void checkIdentity(Map<String, String> mine, Map<String, String> wanted) {
    Set<String> keys = new LinkedHashSet<>(wanted.keySet());
    keys.addAll(mine.keySet());
    for (String key : keys) {
      String was = mine.getOrDefault(key, "not set");
      String now = wanted.getOrDefault(key, "not set");
      if (!now.equals(was)) {
        throw new JishiException.BadFile(
            folder
                + ": is of another recipe: '"
                + key
                + "' was "
                + was
                + " and is "
                + now
                + "; go on with the recipe as it was, or train into another folder (--out)");
      }
    }
  }

  private void checkFiles(JsonObject json) {
    JsonObject files = json.object("files").orElseThrow(() -> json.missing("files"));
    for (String name : files.fields().keySet()) {
      JsonObject wanted = files.object(name).orElseThrow(() -> files.missing(name));
      Path file = folder.resolve(name);
      try {
        if (Files.size(file) != wanted.longInteger("bytes").orElse(-1L)
            || ChecksumDisk.sum(file) != wanted.longInteger("crc32c").orElse(-1L)) {
          throw new JishiException.BadFile(
              file
                  + ": is not what was written (size or checksum differ): remove the folder "
                  + folder
                  + ", and the run goes on from the checkpoint before it");
        }
      } catch (IOException e) {
        throw new JishiException.BadFile(file + ": cannot be read: " + e.getMessage(), e);
      }
    }
  }

  private static void load(Path file, List<NamedTensor> tensors) {
    try (SafetensorsFile stored = SafetensorsFile.open(file)) {
      if (stored.tensors().size() != tensors.size()) {
        throw other(file, "has " + stored.tensors().size() + " tensors, not " + tensors.size());
      }
      for (NamedTensor tensor : tensors) {
        StoredTensor from = stored.tensors().get(tensor.name());
        if (from == null || from.type() != DType.F32 || !from.shape().equals(tensor.shape())) {
          throw other(file, "has no tensor '" + tensor.name() + "' of shape " + tensor.shape());
        }
        tensor.read(from.data());
      }
    }
  }

  private static JishiException other(Path file, String what) {
    return new JishiException.BadFile(file + ": is of another model: " + what);
  }
}
