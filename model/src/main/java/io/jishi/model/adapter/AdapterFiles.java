// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.StoredTensor;
import io.jishi.model.WeightFile;
import io.jishi.model.gguf.GgufFile;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.Dequantizer;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Reads adapters: folders of PEFT ({@code adapter_config.json}, {@code adapter_model.safetensors})
 * and GGUF files of {@code general.type = adapter}.
 */
public final class AdapterFiles {
  /** The configuration of an adapter in a folder. */
  public static final String CONFIG = "adapter_config.json";

  /** Its matrices. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  static final String PREFIX = "base_model.model.";
  private static final int MOST_RANK = 65_536;

  private AdapterFiles() {}

  /**
   * Reads an adapter.
   *
   * @param path a folder of PEFT, or a GGUF file
   * @throws JishiException.BadFile where something is missing or damaged
   * @throws JishiException.Unsupported for other kinds of adapters
   */
  public static Adapter read(Path path) {
    checkThere(path);
    return Files.isDirectory(path) ? folder(path) : gguf(path);
  }

  private static void checkThere(Path path) {
    if (!Files.exists(path)) {
      throw new JishiException.BadFile(path + ": there is no such adapter");
    }
  }

  /**
   * The memory that an adapter will take, by the headers of its file.
   *
   * @param path as of {@link #read}
   * @throws JishiException.BadFile where something is missing or damaged
   */
  public static long bytes(Path path) {
    checkThere(path);
    try (WeightFile file =
        Files.isDirectory(path)
            ? SafetensorsFile.open(path.resolve(WEIGHTS))
            : GgufFile.open(path)) {
      return file.tensors().values().stream().mapToLong(t -> Float.BYTES * t.elements()).sum();
    }
  }

  private static Adapter folder(Path folder) {
    JsonObject config = Json.parseObject(folder.resolve(CONFIG));
    String kind = config.text("peft_type").orElseThrow(() -> config.missing("peft_type"));
    if (!kind.equalsIgnoreCase("LORA")) {
      throw unsupported(config.source(), "adapters of the kind " + kind);
    }
    if (config.bool("use_dora").orElse(false)) {
      throw unsupported(config.source(), "DoRA");
    }
    if (!config.text("bias").orElse("none").equals("none")) {
      throw unsupported(config.source(), "trained biases");
    }
    int rank = config.requireInt("r");
    double alpha = config.number("lora_alpha").orElse(rank);
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(WEIGHTS))) {
      Map<String, Adapter.Pair> pairs =
          pairs(file, ".lora_A.weight", ".lora_B.weight", AdapterFiles::stem);
      rescale(config, alpha, pairs);
      if (config.bool("use_rslora").orElse(false)) {
        pairs.values().forEach(pair -> scale(pair, (float) Math.sqrt(pair.rank())));
      }
      return new Adapter(folder.toString(), alpha, pairs);
    }
  }

  private static JishiException unsupported(String source, String what) {
    return new JishiException.Unsupported(
        source + ": " + what + " are not supported; plain LoRA of matrices is");
  }

  private static String stem(String name) {
    return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
  }

  private static Adapter gguf(Path path) {
    try (GgufFile file = GgufFile.open(path)) {
      if (!file.metadata().string("general.type", "model").equals("adapter")
          || !file.metadata().string("adapter.type", "").equals("lora")) {
        throw new JishiException.BadFile(
            path + ": is no adapter: general.type must be 'adapter', adapter.type 'lora'");
      }
      return new Adapter(
          path.toString(),
          file.metadata().floatValue("adapter.lora.alpha"),
          file.metadata().string("general.architecture"),
          pairs(
              file,
              ".lora_a",
              ".lora_b",
              name -> name.endsWith(".weight") ? cut(name, ".weight") : null));
    }
  }

  private static Map<String, Adapter.Pair> pairs(
      WeightFile file, String aEnd, String bEnd, Function<String, String> stems) {
    Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
    Map<String, StoredTensor> tensors = file.tensors();
    for (StoredTensor a : tensors.values()) {
      if (a.name().endsWith(bEnd)) {
        continue;
      }
      String base = a.name().endsWith(aEnd) ? cut(a.name(), aEnd) : null;
      String stem = base == null ? null : stems.apply(base);
      StoredTensor b = base == null ? null : tensors.get(base + bEnd);
      if (stem == null || b == null) {
        throw new JishiException.Unsupported(
            file.path() + ": the tensor '" + a.name() + "' is no half of a low-rank pair");
      }
      pairs.put(stem, pair(file.path(), a, b));
    }
    if (pairs.isEmpty() || pairs.size() * 2 != tensors.size()) {
      throw new JishiException.BadFile(
          file.path() + ": " + tensors.size() + " tensors make " + pairs.size() + " pairs");
    }
    return pairs;
  }

  private static String cut(String name, String end) {
    return name.substring(0, name.length() - end.length());
  }

  private static Adapter.Pair pair(Path path, StoredTensor a, StoredTensor b) {
    List<Long> down = a.shape();
    List<Long> up = b.shape();
    int dims = down.size();
    if (dims < 2
        || dims > 3
        || up.size() != dims
        || !down.get(dims - 2).equals(up.get(dims - 1))
        || !down.subList(0, dims - 2).equals(up.subList(0, dims - 2))
        || down.get(dims - 2) < 1
        || down.get(dims - 2) > MOST_RANK
        || a.elements() > Integer.MAX_VALUE / 8
        || b.elements() > Integer.MAX_VALUE / 8) {
      throw new JishiException.BadFile(
          path + ": '" + a.name() + "' " + down + " and '" + b.name() + "' " + up + " are no pair");
    }
    int experts = dims == 2 ? 1 : Math.toIntExact(down.getFirst());
    int rank = down.get(dims - 2).intValue();
    int out = up.get(dims - 2).intValue();
    return new Adapter.Pair(
        experts,
        rank,
        down.get(dims - 1).intValue(),
        out,
        floats(path, a),
        beside(floats(path, b), experts, out, rank));
  }

  /** {@code [experts, out, rank]} as {@code [out, rank, experts]}. */
  private static float[] beside(float[] b, int experts, int out, int rank) {
    if (experts == 1) {
      return b;
    }
    float[] turned = new float[b.length];
    int size = out * rank;
    for (int e = 0; e < experts; e++) {
      for (int i = 0; i < size; i++) {
        turned[i * experts + e] = b[e * size + i];
      }
    }
    return turned;
  }

  /** Some modules have a strength of their own: what they add is multiplied. */
  private static void rescale(JsonObject config, double alpha, Map<String, Adapter.Pair> pairs) {
    JsonObject own = config.object("alpha_pattern").orElse(null);
    if (own == null) {
      return;
    }
    for (String name : own.fields().keySet()) {
      if (!name.matches("[A-Za-z0-9_.]+")) {
        throw unsupported(config.source() + ": alpha_pattern", "patterns such as '" + name + "'");
      }
    }
    pairs.forEach(
        (stem, pair) -> {
          for (String name : own.fields().keySet()) {
            if (stem.equals(name) || stem.endsWith("." + name)) {
              scale(pair, (float) (own.number(name).orElse(alpha) / alpha));
              return;
            }
          }
        });
  }

  /**
   * What a pair adds is α / rank of its product; with rank-stabilised scales α / √rank (rsLoRA,
   * Kalajdzievski 2023).
   */
  private static void scale(Adapter.Pair pair, float factor) {
    for (int i = 0; i < pair.b().length; i++) {
      pair.b()[i] *= factor;
    }
  }

  private static float[] floats(Path path, StoredTensor tensor) {
    if (!tensor.type().runnable()) {
      throw unsupported(path + ": '" + tensor.name() + "'", "values of type " + tensor.type());
    }
    float[] values = new float[Math.toIntExact(tensor.elements())];
    byte[] raw = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    Dequantizer.dequantize(tensor.type(), raw, values.length, values);
    return values;
  }
}
