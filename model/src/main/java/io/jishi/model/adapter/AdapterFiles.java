// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.model.GgufLayout;
import io.jishi.model.StoredTensor;
import io.jishi.model.TensorRole;
import io.jishi.model.WeightFile;
import io.jishi.model.gguf.GgufFile;
import io.jishi.model.safetensors.SafetensorsFile;
import io.jishi.tensor.Dequantizer;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
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
  private static final int MOST_LAYERS = 4096;
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
    if (!Files.exists(path)) {
      throw new JishiException.BadFile(path + ": there is no such adapter");
    }
    return Files.isDirectory(path) ? folder(path) : gguf(path);
  }

  private static Adapter folder(Path folder) {
    JsonObject config = Json.parseObject(folder.resolve(CONFIG));
    String kind = config.text("peft_type").orElseThrow(() -> config.missing("peft_type"));
    if (!kind.equalsIgnoreCase("LORA")) {
      throw unsupported(config.source(), "adapters of the kind " + kind);
    }
    refuse(config, "use_rslora", "rank-stabilised scales");
    refuse(config, "use_dora", "DoRA");
    refuse(config, "fan_in_fan_out", "transposed matrices");
    if (!config.text("bias").orElse("none").equals("none")) {
      throw unsupported(config.source(), "trained biases");
    }
    int rank = config.requireInt("r");
    double alpha = config.number("lora_alpha").orElse(rank);
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(WEIGHTS))) {
      return new Adapter(
          folder.toString(),
          alpha,
          Adapter.Order.HALVES,
          pairs(file, ".lora_A.weight", ".lora_B.weight", AdapterFiles::stem));
    }
  }

  private static void refuse(JsonObject config, String flag, String what) {
    if (config.bool(flag).orElse(false)) {
      throw unsupported(config.source(), what);
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
      boolean paired = GgufLayout.permuted(file.metadata().string("general.architecture"));
      Map<String, String> names = new HashMap<>();
      for (TensorRole role : TensorRole.llamaLike()) {
        for (int l = 0; l < MOST_LAYERS && (l == 0 || role.gguf(0).contains("blk")); l++) {
          names.put(role.gguf(l) + ".weight", role.huggingFace(l));
        }
      }
      return new Adapter(
          path.toString(),
          file.metadata().floatValue("adapter.lora.alpha"),
          paired ? Adapter.Order.PAIRS : Adapter.Order.HALVES,
          pairs(file, ".lora_a", ".lora_b", names::get));
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
    if (down.size() != 2
        || up.size() != 2
        || !down.get(0).equals(up.get(1))
        || down.get(0) < 1
        || down.get(0) > MOST_RANK
        || a.elements() > Integer.MAX_VALUE / 8
        || b.elements() > Integer.MAX_VALUE / 8) {
      throw new JishiException.BadFile(
          path + ": '" + a.name() + "' " + down + " and '" + b.name() + "' " + up + " are no pair");
    }
    return new Adapter.Pair(
        down.get(0).intValue(),
        down.get(1).intValue(),
        up.get(0).intValue(),
        floats(path, a),
        floats(path, b));
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
