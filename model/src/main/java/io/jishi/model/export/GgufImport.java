// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.StoredTensor;
import io.jishi.model.TensorRole;
import io.jishi.model.gguf.GgufFile;
import io.jishi.model.gguf.GgufMetadata;
import io.jishi.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A GGUF file as a folder in the published layout, which training starts from: what {@link
 * GgufExport} writes, read back. Weights become floats of the values that the file stores, so that
 * a quantised model starts from exactly what it is when it runs.
 */
public final class GgufImport {
  private static final Map<String, String> NUMBERS =
      Map.of(
          "hidden_size", "embedding_length",
          "intermediate_size", "feed_forward_length",
          "num_hidden_layers", "block_count",
          "num_attention_heads", "attention.head_count",
          "max_position_embeddings", "context_length",
          "vocab_size", "vocab_size");

  private final GgufFile file;
  private final GgufMetadata metadata;
  private final String family;
  private final int headDim;

  private GgufImport(GgufFile file) {
    this.file = file;
    this.metadata = file.metadata();
    this.family = metadata.string("general.architecture");
    if (!java.util.Set.of("llama", "qwen2", "qwen3").contains(family)) {
      throw new JishiException.Unsupported(
          file.path()
              + ": a model of the family '"
              + family
              + "' cannot be unpacked from GGUF yet; possible are llama, qwen2, qwen3. Take the"
              + " folder of safetensors that it was made from");
    }
    int heads = number("attention.head_count");
    int width = number("embedding_length");
    headDim =
        metadata.intValue(family + ".attention.key_length", heads > 0 ? width / heads : width);
    if (heads < 1 || headDim < 2 || headDim % 2 != 0) {
      throw new JishiException.BadFile(
          file.path() + ": " + heads + " heads over a width of " + width + " are no model");
    }
  }

  /**
   * Writes a new folder.
   *
   * @throws JishiException.BadFile where the file is damaged, or the folder exists
   * @throws JishiException.Unsupported where the family, its rotary scaling or its tokenizer is one
   *     that Jishi cannot write to a folder
   */
  public static void write(Path gguf, Path folder, Disk disk) {
    write(gguf, folder, DType.F32, disk, Progress.NONE);
  }

  /**
   * Writes a new folder with matrices of another type; see {@link #write(Path, Path, Disk)}.
   *
   * @param type F32, F16 or BF16
   */
  public static void write(Path gguf, Path folder, DType type, Disk disk, Progress progress) {
    if (!type.plain()) {
      throw new JishiException.BadRequest("type", "safetensors hold F32, F16 or BF16, not " + type);
    }
    try (GgufFile file = GgufFile.open(gguf)) {
      GgufImport from = new GgufImport(file);
      Map<String, Object> config = from.config();
      config.put("torch_dtype", FolderExport.torch(type));
      List<OutputTensor> tensors =
          from.tensors().stream().map(t -> t.as(t.shape().size() < 2 ? DType.F32 : type)).toList();
      AtomicFiles.createFolder(
          folder,
          to -> {
            from.writeText(to, disk);
            FolderExport.write(config, tensors, to, disk, progress);
          });
    }
  }

  private void writeText(Path to, Disk disk) throws IOException {
    if (metadata.has("tokenizer.ggml.model")) {
      GgufTokenizerFile.write(file.path().toString(), metadata, to, disk);
    }
  }

  private int number(String key) {
    return metadata.intValue(family + "." + key);
  }

  private Map<String, Object> config() {
    Map<String, Object> config = new LinkedHashMap<>();
    String name = family.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + family.substring(1);
    config.put("architectures", List.of(name + "ForCausalLM"));
    config.put("model_type", family);
    config.put("torch_dtype", "float32");
    NUMBERS.forEach(
        (to, from) -> {
          if (!to.equals("vocab_size")) { // not all files say it, the table of tokens does
            config.put(to, number(from));
          }
        });
    config.put("vocab_size", embedding().shape().getFirst().intValue());
    int heads = number("attention.head_count");
    config.put(
        "num_key_value_heads", metadata.intValue(family + ".attention.head_count_kv", heads));
    config.put("head_dim", headDim);
    config.put("hidden_act", "silu");
    config.put(
        "rms_norm_eps", (double) metadata.floatValue(family + ".attention.layer_norm_rms_epsilon"));
    config.put("rope_theta", (double) metadata.floatValue(family + ".rope.freq_base", 10_000));
    putScaling(config);
    config.put("tie_word_embeddings", !file.tensors().containsKey("output.weight"));
    config.put("attention_bias", file.tensors().containsKey(TensorRole.QUERY.gguf(0) + ".bias"));
    config.put("mlp_bias", false);
    for (String token : List.of("bos", "eos")) {
      int id = metadata.intValue("tokenizer.ggml." + token + "_token_id", -1);
      if (id >= 0) {
        config.put(token + "_token_id", id);
      }
    }
    return config;
  }

  private void putScaling(Map<String, Object> config) {
    String type = metadata.string(family + ".rope.scaling.type", "none");
    if (type.equals("linear")) {
      double factor = metadata.floatValue(family + ".rope.scaling.factor");
      config.put("rope_scaling", Map.of("rope_type", "linear", "factor", factor));
    } else if (!type.equals("none") || file.tensors().containsKey("rope_freqs.weight")) {
      throw new JishiException.Unsupported(
          file.path()
              + ": its rotary scaling cannot be unpacked from GGUF yet; take the folder of"
              + " safetensors that it was made from");
    }
  }

  private StoredTensor embedding() {
    StoredTensor found = file.tensors().get(TensorRole.EMBEDDING.gguf(0) + ".weight");
    if (found == null || found.shape().size() != 2) {
      throw new JishiException.BadFile(file.path() + ": has no table of token embeddings");
    }
    return found;
  }

  private List<OutputTensor> tensors() {
    Map<String, String> names = names();
    List<OutputTensor> tensors = new ArrayList<>();
    for (StoredTensor tensor : file.tensors().values()) {
      String name = names.get(tensor.name());
      if (name == null) {
        throw new JishiException.Unsupported(
            file.path() + ": the tensor '" + tensor.name() + "' has no name in a folder");
      }
      tensors.add(halved(OutputTensor.of(tensor).named(name)).as(DType.F32));
    }
    return tensors;
  }

  private Map<String, String> names() {
    Map<String, String> names = new HashMap<>();
    int layers = number("block_count");
    if (layers < 1 || layers > file.tensors().size()) {
      throw new JishiException.BadFile(
          file.path() + ": has " + file.tensors().size() + " tensors for " + layers + " layers");
    }
    for (TensorRole role : TensorRole.llamaLike()) {
      for (int l = 0; l < layers; l++) {
        for (String suffix : List.of(".weight", ".bias")) {
          names.put(role.gguf(l) + suffix, role.huggingFace(l) + suffix);
        }
      }
    }
    return names;
  }

  /** Rows of a rotation that stand side by side in the llama family, half a head apart again. */
  private OutputTensor halved(OutputTensor tensor) {
    boolean rotated = tensor.name().contains(".q_proj.") || tensor.name().contains(".k_proj.");
    if (!family.equals("llama") || !rotated) {
      return tensor;
    }
    if (tensor.shape().getFirst() % headDim != 0) {
      throw new JishiException.BadFile(
          file.path() + ": '" + tensor.name() + "' does not consist of whole heads");
    }
    OutputTensor.Rows rows =
        tensor.shape().size() > 1
            ? (row, out) -> tensor.rows().read(paired((int) row), out)
            : (row, out) -> {
              float[] whole = new float[out.length];
              tensor.rows().read(row, whole);
              for (int i = 0; i < out.length; i++) {
                out[i] = whole[paired(i)];
              }
            };
    return new OutputTensor(tensor.name(), tensor.type(), tensor.shape(), rows);
  }

  private int paired(int row) {
    int inHead = row % headDim;
    int half = headDim / 2;
    return row - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
  }
}
