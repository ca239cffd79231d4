// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
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
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What of a model learns: all of it, or adapters beside matrices that stay, as stored or quantised.
 */
final class TrainedWeights implements TapeLearner.Form, AutoCloseable {
  private static final String A = ".lora_A";
  private static final String WEIGHT = ".weight";

  private final Recipe.FineTune fineTune;
  private final Path base;
  private final long seed;
  private final boolean tied;
  private final Arena arena = Arena.ofShared();
  private final Parameters parameters;
  private Lora lora;
  private final Map<String, List<Long>> shapes = new HashMap<>();

  /**
   * Nothing placed yet.
   *
   * @param fineTune how the base learns, or null where all of it does
   * @param base its folder
   */
  TrainedWeights(Recipe.FineTune fineTune, Path base, long seed) {
    this.fineTune = fineTune;
    this.base = base;
    this.seed = seed;
    JsonObject config = Json.parseObject(base.resolve("config.json"));
    this.tied = config.bool("tie_word_embeddings").orElse(false);
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
    boolean layer = tensor.name().startsWith("model.layers.");
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

  /** Adds adapters, if these are what learns; nothing changes by them yet. */
  void adapt(Model model) {
    if (!whole()) {
      lora =
          Lora.create(
              model.tensors(),
              this::target,
              fineTune.rank(),
              (float) fineTune.alpha(),
              parameters,
              seed);
    }
  }

  private boolean target(String name) {
    String stem = stem(name);
    return name.endsWith(WEIGHT)
        && fineTune.targets().contains(stem.substring(stem.lastIndexOf('.') + 1));
  }

  private static String stem(String name) {
    int end = name.lastIndexOf(WEIGHT);
    return end < 0 ? name : name.substring(0, end);
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
      String file = AdapterExport.name(stem(name), name.endsWith(A));
      return new NamedTensor(file, shape, trained.data());
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
    List<String> stems = adapters().keySet().stream().map(TrainedWeights::stem).toList();
    Map<String, Object> config =
        AdapterExport.config(base.toString(), fineTune.rank(), fineTune.alpha(), stems);
    AdapterExport.write(folder.resolve(AdapterFiles.CONFIG), config, disk);
  }

  @Override
  public Ops ops(Backend backend, List<Trainable> trained, int threads) {
    if (whole()) {
      return backend.ops(threads);
    }
    Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
    adapters().forEach((name, pair) -> pairs.put(name, pair(pair)));
    Adapter adapter = new Adapter("run", fineTune.alpha(), Adapter.Order.HALVES, pairs);
    return new AdapterOps(backend.ops(threads), adapter, pairs);
  }

  private static Adapter.Pair pair(LowRank p) {
    return new Adapter.Pair(p.a().rows(), p.a().cols(), p.b().rows(), floats(p.a()), floats(p.b()));
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
