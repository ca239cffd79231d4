// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.TensorRole;
import io.jishi.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a GGUF file of a model, as llama.cpp's converter does it for these families: its names,
 * and for {@code llama} its order of query and key rows (pairs of a rotation side by side).
 */
public final class GgufExport {
  static final Set<String> FAMILIES = Set.of("llama", "qwen2", "qwen3");
  static final Map<String, String> NUMBERS = new LinkedHashMap<>();

  static {
    NUMBERS.put("hidden_size", "embedding_length");
    NUMBERS.put("intermediate_size", "feed_forward_length");
    NUMBERS.put("num_hidden_layers", "block_count");
    NUMBERS.put("num_attention_heads", "attention.head_count");
    NUMBERS.put("max_position_embeddings", "context_length");
    NUMBERS.put("vocab_size", "vocab_size");
  }

  private final ModelSource model;
  private final JsonObject config;
  private final String family;
  private final int headDim;

  private GgufExport(ModelSource model) {
    this.model = model;
    this.config = model.config();
    this.family = config.text("model_type").orElseThrow(() -> config.missing("model_type"));
    if (!FAMILIES.contains(family)) {
      throw new JishiException.Unsupported(
          config.source()
              + ": a model of the family '"
              + family
              + "' cannot be written to GGUF yet; possible are llama, qwen2, qwen3. Export"
              + " safetensors instead");
    }
    int width = config.requireInt("hidden_size");
    headDim = config.integer("head_dim").orElse(width / config.requireInt("num_attention_heads"));
  }

  /**
   * Writes a new file.
   *
   * @param type for matrices, one of {@link BlockEncoder#TYPES}. Under Q4_0 the embedding and the
   *     output matrix are Q8_0, which they suffer less from; a matrix whose rows are no whole
   *     blocks is F16; vectors are F32
   * @throws JishiException.BadFile where the file exists
   * @throws JishiException.Unsupported where the family, its rotary scaling or the tokenizer cannot
   *     be written
   */
  public static void write(ModelSource model, Path file, DType type, Disk disk) {
    AtomicFiles.refuseExisting(file);
    AtomicFiles.create(file, disk, new GgufExport(model).writer(type));
  }

  private GgufWriter writer(DType type) {
    List<OutputTensor> tensors = new ArrayList<>();
    Map<String, String> names = names();
    for (OutputTensor tensor : model.tensors()) {
      String name = names.get(tensor.name());
      if (name == null) {
        throw new JishiException.Unsupported(
            model.folder() + ": the tensor '" + tensor.name() + "' has no name in GGUF files");
      }
      if (!(tied() && name.equals(TensorRole.OUTPUT.gguf(0) + ".weight"))) {
        tensors.add(paired(tensor).named(name).as(type(tensor, name, type)));
      }
    }
    float[] divisors = divisors();
    if (divisors != null) {
      tensors.add(
          new OutputTensor(
              "rope_freqs.weight",
              DType.F32,
              List.of((long) divisors.length),
              (_, out) -> System.arraycopy(divisors, 0, out, 0, out.length)));
    }
    GgufWriter out = new GgufWriter(tensors);
    out.put("general.architecture", family);
    out.put("general.name", model.folder().toAbsolutePath().normalize().getFileName().toString());
    out.put("general.file_type", fileType(type));
    putConfig(out);
    GgufVocabulary.put(out, model.folder(), config.requireInt("vocab_size"));
    return out;
  }

  private void putConfig(GgufWriter out) {
    NUMBERS.forEach((from, to) -> out.put(family + "." + to, config.requireInt(from)));
    int heads = config.requireInt("num_attention_heads");
    out.put(
        family + ".attention.head_count_kv", config.integer("num_key_value_heads").orElse(heads));
    out.put(family + ".attention.key_length", headDim);
    out.put(family + ".attention.value_length", headDim);
    out.put(family + ".rope.dimension_count", headDim);
    out.put(
        family + ".attention.layer_norm_rms_epsilon",
        (float) config.number("rms_norm_eps").orElse(1e-6));
    out.put(family + ".rope.freq_base", (float) ropeBase());
    if (scalingType().equals("linear")) {
      out.put(family + ".rope.scaling.type", "linear");
      out.put(family + ".rope.scaling.factor", (float) factor(scaling(), "factor"));
    }
  }

  private Map<String, String> names() {
    Map<String, String> names = new HashMap<>();
    for (TensorRole role : TensorRole.llamaLike()) {
      for (int l = 0; l < config.requireInt("num_hidden_layers"); l++) {
        for (String suffix : List.of(".weight", ".bias")) {
          names.put(role.huggingFace(l) + suffix, role.gguf(l) + suffix);
        }
      }
    }
    return names;
  }

  private boolean tied() {
    return config.bool("tie_word_embeddings").orElse(false);
  }

  private static DType type(OutputTensor tensor, String name, DType type) {
    if (tensor.shape().size() < 2) {
      return DType.F32;
    }
    boolean table = name.startsWith("token_embd") || name.startsWith("output");
    DType wanted = type == DType.Q4_0 && table ? DType.Q8_0 : type;
    return tensor.columns() % wanted.blockSize() == 0 ? wanted : DType.F16;
  }

  private static int fileType(DType type) {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case Q4_0 -> 2;
      case Q8_0 -> 7;
      case BF16 -> 32;
      default -> throw new JishiException.BadRequest("type", type + " cannot be written");
    };
  }

  /** Rows i and i + d/2 of a head stand side by side in files of the llama family. */
  private OutputTensor paired(OutputTensor tensor) {
    boolean rotated = tensor.name().contains(".q_proj.") || tensor.name().contains(".k_proj.");
    if (!family.equals("llama") || !rotated) {
      return tensor;
    }
    if (tensor.shape().size() > 1) {
      return new OutputTensor(
          tensor.name(),
          tensor.type(),
          tensor.shape(),
          (row, out) -> tensor.rows().read(original((int) row), out));
    }
    return new OutputTensor(
        tensor.name(),
        tensor.type(),
        tensor.shape(),
        (row, out) -> {
          float[] whole = new float[out.length];
          tensor.rows().read(row, whole);
          for (int i = 0; i < out.length; i++) {
            out[i] = whole[original(i)];
          }
        });
  }

  private int original(int row) {
    int inHead = row % headDim;
    return row - inHead + inHead % 2 * (headDim / 2) + inHead / 2;
  }

  private JsonObject scaling() {
    return config
        .object("rope_scaling")
        .or(() -> config.object("rope_parameters"))
        .orElse(new JsonObject(config.source(), Map.of()));
  }

  private double ropeBase() {
    return config
        .number("rope_theta")
        .orElse(
            config
                .object("rope_parameters")
                .map(r -> r.number("rope_theta").orElse(10_000))
                .orElse(10_000.0));
  }

  private String scalingType() {
    JsonObject scaling = scaling();
    return scaling.text("rope_type").or(() -> scaling.text("type")).orElse("default");
  }

  /** The divisors of Llama 3's frequencies, or null where there are none. */
  private float[] divisors() {
    return switch (scalingType()) {
      case "default", "linear" -> null;
      case "llama3" -> llama3(scaling());
      default ->
          throw new JishiException.Unsupported(
              config.source()
                  + ": rotary scaling '"
                  + scalingType()
                  + "' cannot be written to GGUF; export safetensors instead");
    };
  }

  private float[] llama3(JsonObject s) {
    double factor = factor(s, "factor");
    double low = factor(s, "low_freq_factor");
    double high = factor(s, "high_freq_factor");
    double original = factor(s, "original_max_position_embeddings");
    float[] divisors = new float[headDim / 2];
    for (int i = 0; i < divisors.length; i++) {
      double wavelength = 2 * Math.PI * Math.pow(ropeBase(), 2.0 * i / headDim);
      if (wavelength < original / high) {
        divisors[i] = 1;
      } else if (wavelength > original / low) {
        divisors[i] = (float) factor;
      } else {
        double smooth = (original / wavelength - low) / (high - low);
        divisors[i] = (float) (1 / ((1 - smooth) / factor + smooth));
      }
    }
    return divisors;
  }

  private static double factor(JsonObject scaling, String field) {
    return scaling.number(field).orElseThrow(() -> scaling.missing(field));
  }
}
