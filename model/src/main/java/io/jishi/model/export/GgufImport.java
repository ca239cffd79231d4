// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.GgufLayout;
import io.jishi.model.GgufLayout.Trait;
import io.jishi.model.ModelConfig;
import io.jishi.model.Pooling;
import io.jishi.model.TensorRole;
import io.jishi.model.family.Family;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import io.jishi.tensor.Rope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A GGUF file as a folder in the published layout, which training starts from: the ways of {@link
 * TensorMoves} back, and what the file says as {@code config.json}. That is read again before
 * anything is written: a folder that would be another model is refused. Weights become floats of
 * the values that the file stores, so that a quantised model starts from exactly what it is when it
 * runs.
 */
public final class GgufImport {
  /** Matrices that a family publishes as one, where its checkpoint does not name them so. */
  private static final Map<String, List<TensorRole>> PACKED =
      Map.of(
          "phi3", List.of(TensorRole.QKV, TensorRole.GATE_UP),
          "glm", List.of(TensorRole.GATE_UP),
          "glm4", List.of(TensorRole.GATE_UP));

  private static final List<TensorRole> PACKABLE =
      List.of(
          TensorRole.QKV, TensorRole.GATE_UP, TensorRole.EXPERT_GATE_UP, TensorRole.SHARED_GATE_UP);

  private static final Set<String> FACTORS =
      Set.of("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight");

  private final GgufFile file;
  private final String source;
  private final String family;
  private final ModelConfig read;
  private final DecoderSpec spec;
  private final LinkedHashMap<String, Object> config;
  private final DecoderSpec published;

  private GgufImport(GgufFile file) {
    this.file = file;
    this.source = file.path().toString();
    String architecture = file.metadata().string("general.architecture");
    if (!GgufLayout.architectures().contains(architecture)) {
      throw unsupported(
          "a model of the architecture '"
              + architecture
              + "' cannot be unpacked from GGUF; possible are "
              + String.join(", ", GgufLayout.architectures()));
    }
    this.read = ModelConfig.ofGguf(source, file.metadata(), file.tensors());
    int layers = read.require("num_hidden_layers");
    if (layers < 1 || layers > file.tensors().size()) {
      throw new JishiException.BadFile(
          source + ": has " + file.tensors().size() + " tensors for " + layers + " layers");
    }
    RecordedConfig recorded = new RecordedConfig(read);
    this.spec = Family.spec(recorded);
    this.family = family(architecture);
    this.config = PublishedConfig.of(spec, read, recorded, family);
    if (spec.head() == null) {
      PublishedEncoder.complete(config, spec, family, file);
    } else {
      config.putFirst("architectures", List.of(PublishedClass.of(family)));
    }
    this.published = Family.spec(ModelConfig.of(new JsonObject(source, config)));
    refuseOther();
    for (String token : List.of("bos", "eos")) {
      int id = file.metadata().intValue("tokenizer.ggml." + token + "_token_id", -1);
      if (id >= 0) {
        config.put(token + "_token_id", id);
      }
    }
  }

  private JishiException unsupported(String what) {
    return new JishiException.Unsupported(
        source + ": " + what + ". Take the folder of safetensors that it was made from");
  }

  /** Which of the families that are written as the architecture this is. */
  private String family(String architecture) {
    return switch (architecture) {
      case "llama" ->
          read.integer("num_experts").orElse(0) > 0
              ? "mixtral"
              : read.integer("sliding_window").orElse(0) > 0 ? "mistral" : "llama";
      case "deepseek2" ->
          read.text("scoring_func", "softmax").equals("sigmoid") ? "deepseek_v3" : "deepseek_v2";
      case "bert" -> PublishedEncoder.family(file.metadata());
      case "chatglm" -> read.stored(TensorRole.QKV) ? "chatglm" : "glm";
      default ->
          GgufLayout.written().entrySet().stream()
              .filter(entry -> entry.getValue().equals(architecture))
              .map(Map.Entry::getKey)
              .findFirst()
              .orElseThrow();
    };
  }

  /** A configuration that would be read as another model. */
  private void refuseOther() {
    DecoderSpec turned =
        layout().is(Trait.PERMUTED) ? published.withRopeStyle(Rope.Style.PAIRS) : published;
    String differs = SpecDifference.find(spec, turned);
    if (differs != null) {
      throw unsupported("its config.json cannot say what this model is: " + differs);
    }
  }

  private GgufLayout layout() {
    GgufLayout layout = GgufLayout.of(file.metadata().string("general.architecture"));
    return read.stored(TensorRole.KV_B) ? layout.without(Trait.SPLIT_LATENT) : layout;
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
      Map<String, Object> config = new LinkedHashMap<>();
      config.putAll(from.config);
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
    if (file.metadata().has("tokenizer.ggml.model")) {
      GgufTokenizerFile.write(source, file.metadata(), to, disk);
    }
    Pooling pooling = Pooling.ofGguf(file.metadata().intValue(layout().key("pooling_type"), -1));
    if (pooling != null) {
      PoolingFiles.write(to, pooling, spec.width(), disk);
    }
  }

  /** How adapters of the published model stand beside the file's tensors, and back. */
  static AdapterMoves adapterMoves(GgufFile file) {
    GgufImport from = new GgufImport(file);
    if (from.layout().is(Trait.FOLDED)) {
      throw new JishiException.Unsupported(
          from.source
              + ": multipliers of this model are part of its weights, so an adapter of published"
              + " weights cannot stand beside them; write it as GGUF with the folder of the model:"
              + " jishi export --adapter-only");
    }
    return new AdapterMoves(
        from.layout().architecture(),
        from.moved(),
        from.names().turned(from.published.layers().size()));
  }

  private List<Moved> moved() {
    Checkpoint names = names();
    Set<String> there = new HashSet<>(Set.of(names.weight(TensorRole.EMBEDDING, 0)));
    List<TensorRole> packed = PACKED.getOrDefault(family, List.of());
    for (TensorRole role : PACKABLE) {
      for (int l = 0; l < spec.layers().size(); l++) {
        if (packed.contains(role) || published.checkpoint().stems().containsKey(role)) {
          there.add(names.weight(role, l));
        }
      }
    }
    return TensorMoves.of(
        published,
        layout(),
        names,
        name -> there.contains(name) ? List.of() : scores(names, name),
        new HashSet<>());
  }

  /** Encoders alone are published as the bare model, others with the head's names around. */
  private Checkpoint names() {
    Checkpoint names = published.checkpoint();
    return spec.head() == null && !spec.scores() ? PublishedEncoder.bare(names) : names;
  }

  /** The shape of the matrix that makes scores, whose rows no configuration tells. */
  private List<Long> scores(Checkpoint names, String name) {
    String stored = TensorRole.SUMMARY_OUT.gguf(0) + ".weight";
    return name.equals(names.weight(TensorRole.SUMMARY_OUT, 0))
            && file.tensors().containsKey(stored)
        ? file.tensors().get(stored).shape()
        : null;
  }

  private List<OutputTensor> tensors() {
    Map<String, OutputTensor> stored = new LinkedHashMap<>();
    file.tensors().values().forEach(t -> stored.put(t.name(), OutputTensor.of(t)));
    List<Moved> moved = moved();
    Set<String> left = new TreeSet<>(stored.keySet());
    moved.forEach(m -> left.remove(m.name()));
    left.removeAll(FACTORS);
    if (!left.isEmpty()) {
      throw unsupported("the tensor '" + left.iterator().next() + "' has no name in a folder");
    }
    try {
      return Movement.unpacked(moved, stored);
    } catch (JishiException.BadFile e) {
      throw new JishiException.BadFile(source + ": " + e.getMessage());
    }
  }
}
