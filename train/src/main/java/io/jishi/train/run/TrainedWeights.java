// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.model.DecoderSpec;
import io.jishi.model.GgufLayout;
import io.jishi.model.Model;
import io.jishi.model.StoredTensor;
import io.jishi.model.adapter.Adapter;
import io.jishi.model.adapter.AdapterExport;
import io.jishi.model.adapter.AdapterFiles;
import io.jishi.model.adapter.AdapterOps;
import io.jishi.model.export.BlockEncoder;
import io.jishi.model.export.Disk;
import io.jishi.model.export.OutputTensor;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.train.adapt.Lora;
import io.jishi.train.tape.LowRank;
import io.jishi.train.tape.Parameters;
import io.jishi.train.tape.Trainable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What of a model learns: all of it, or adapters beside matrices that stay, as stored or quantised.
 */
final class TrainedWeights implements TapeLearner.Form, AutoCloseable {
  private static final String A = ".lora_A";
  private final Recipe.FineTune fineTune;
  private final Path base;
  private final long seed;
  private final boolean gguf;
  private final boolean tied;
  private int pairedHead; // of GGUF files in another order: rows of a head, queries and keys
  private final Arena arena = Arena.ofShared();
  private final Parameters parameters;
  private Lora lora;
  private Model model;
  private final Map<String, List<Long>> shapes = new HashMap<>();
  private final Map<String, String> saved = new HashMap<>(); // what PEFT calls each tensor's place
  private Map<String, Object> config;

  /**
   * Nothing placed yet.
   *
   * @param fineTune how the base learns, or null where all of it does
   * @param base its folder, or its GGUF file where adapters learn
   */
  TrainedWeights(Recipe.FineTune fineTune, Path base, long seed) {
    this.fineTune = fineTune;
    this.base = base;
    this.seed = seed;
    this.gguf = Files.isRegularFile(base);
    this.tied =
        !gguf
            && Json.parseObject(base.resolve("config.json"))
                .bool("tie_word_embeddings")
                .orElse(false);
    this.parameters = new Parameters(name -> whole() && !(tied && name.equals("lm_head.weight")));
  }

  private boolean whole() {
    return fineTune == null || fineTune.method() == Recipe.Method.FULL;
  }

  /** Takes a tensor of the model over; see {@link Model#open}. */
  StoredTensor place(StoredTensor tensor) {
    shapes.put(tensor.name(), tensor.shape());
    if (!whole() && fineTune.method() == Recipe.Method.QLORA && tensor.shape().size() == 2) {
      return quantised(tensor);
    }
    return parameters.place(tensor);
  }

  private StoredTensor quantised(StoredTensor tensor) {
    DType type = fineTune.bits() == 4 ? DType.Q4_0 : DType.Q8_0;
    boolean layer = tensor.name().matches("(model\\.layers|blk)\\..*");
    if (!layer || !tensor.type().plain() || tensor.shape().getLast() % type.blockSize() != 0) {
      return tensor; // tables stay as they are, and so does what is quantised already
    }
    OutputTensor from = OutputTensor.of(tensor);
    int size = Math.toIntExact(type.rowBytes(from.columns()));
    MemorySegment memory = arena.allocate(from.rowCount() * size, 64);
    float[] row = new float[from.columns()];
    byte[] bytes = new byte[size];
    for (long r = 0; r < from.rowCount(); r++) {
      from.rows().read(r, row);
      BlockEncoder.encode(type, row, row.length, bytes);
      MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, r * size, size);
    }
    return new StoredTensor(tensor.name(), type, tensor.shape(), memory);
  }

  /**
   * Adds adapters, if these are what learns; nothing changes by them yet.
   *
   * @throws JishiException.Unsupported where a matrix that the recipe asks for can have none
   */
  void adapt(Model opened) {
    if (!whole()) {
      model = opened;
      AdapterTargets targets = new AdapterTargets(model, gguf);
      Set<String> chosen = targets.chosen(fineTune);
      if (gguf && GgufLayout.permuted(model.decoder().spec().architecture())) {
        pairedHead = headDim(model);
      }
      float alpha = (float) fineTune.alpha();
      lora = Lora.create(model, chosen::contains, fineTune.rank(), alpha, parameters, seed);
      List<String> stems = adapters().keySet().stream().map(name -> targets.stem(name)).toList();
      Set<String> stacked =
          adapters().entrySet().stream()
              .filter(entry -> stacked(entry.getValue()))
              .map(entry -> targets.stem(entry.getKey()))
              .collect(Collectors.toSet());
      Map<String, String> modules = AdapterExport.modules(stems, stacked);
      adapters().keySet().forEach(name -> saved.put(name, modules.get(targets.stem(name))));
      config =
          AdapterExport.config(
              base.toString(),
              fineTune.alpha(),
              stems.stream().collect(Collectors.toMap(s -> s, _ -> fineTune.rank())),
              stacked);
    }
  }

  private boolean stacked(LowRank adapter) {
    return adapter.a().rows() > fineTune.rank();
  }

  private static int headDim(Model model) {
    return model.decoder().spec().layers().stream()
        .flatMap(layer -> layer.parts().stream())
        .filter(DecoderSpec.GroupedAttention.class::isInstance)
        .mapToInt(part -> ((DecoderSpec.GroupedAttention) part).headDim())
        .findFirst()
        .orElse(0);
  }

  Parameters parameters() {
    return parameters;
  }

  Map<String, LowRank> adapters() {
    return lora == null ? Map.of() : lora.byWeight();
  }

  @Override
  public String weightsFile() {
    return whole() ? "model.safetensors" : AdapterFiles.WEIGHTS;
  }

  @Override
  public NamedTensor stored(Trainable trained) {
    String name = trained.name();
    List<Long> shape = List.of((long) trained.rows(), (long) trained.cols());
    if (!whole()) {
      boolean a = name.endsWith(A);
      String stem = saved.get(name.substring(0, name.length() - A.length()));
      boolean turned = !a && (stem.endsWith("q_proj") || stem.endsWith("k_proj"));
      return new NamedTensor(
          AdapterExport.name(stem, a), shape, trained.data(), turned ? pairedHead : 0);
    }
    return new NamedTensor(name, shapes.getOrDefault(name, shape), trained.data());
  }

  @Override
  public void writeCompanions(Path folder, Disk disk) throws IOException {
    TextFiles.copy(base, folder, disk);
    if (whole()) {
      Map<String, Object> config =
          new LinkedHashMap<>(Json.parseObject(base.resolve("config.json")).fields());
      config.put("torch_dtype", "float32");
      AdapterExport.write(folder.resolve("config.json"), config, disk);
      return;
    }
    AdapterExport.write(folder.resolve(AdapterFiles.CONFIG), config, disk);
  }

  @Override
  public Ops ops(Backend backend, List<Trainable> trained, int threads) {
    if (whole()) {
      return backend.ops(threads);
    }
    Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
    adapters().forEach((name, pair) -> pairs.put(name.replaceFirst("\\.weight$", ""), pair(pair)));
    String architecture = gguf ? model.decoder().spec().architecture() : null;
    Adapter adapter = new Adapter("run", fineTune.alpha(), architecture, pairs);
    return new AdapterOps(backend.ops(threads), adapter, adapter.forModel(model));
  }

  private Adapter.Pair pair(LowRank p) {
    int experts = p.a().rows() / fineTune.rank();
    return new Adapter.Pair(
        experts, fineTune.rank(), p.a().cols(), p.b().rows(), floats(p.a()), floats(p.b()));
  }

  private static float[] floats(Trainable t) {
    return t.data().toArray(ValueLayout.JAVA_FLOAT);
  }

  @Override
  public void close() {
    parameters.close();
    arena.close();
  }
}
