// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.model.DecoderSpec;
import io.jishi.model.GgufLayout;
import io.jishi.model.Model;
import io.jishi.model.StoredTensor;
import io.jishi.model.TensorRole;
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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What of a model learns: all of it, or adapters beside matrices that stay, as stored or quantised.
 */
final class TrainedWeights implements TapeLearner.Form, AutoCloseable {
  private static final String A = ".lora_A";
  private static final String WEIGHT = ".weight";
  private static final String REASON =
      "experts take none, nor matrices that are read in parts or in another order than they are"
          + " stored in (some joined queries, keys and values; latent attention)";

  /** What {@link Adapter#forModel} knows. */
  private static final Pattern ROLE =
      Pattern.compile(
          TensorRole.llamaLike().stream()
              .map(role -> Pattern.quote(role.huggingFace(0)).replace(".0.", ".\\E[0-9]+\\Q."))
              .collect(Collectors.joining("|")));

  private final Recipe.FineTune fineTune;
  private final Path base;
  private final long seed;
  private final boolean gguf;
  private final boolean tied;
  private int pairedHead; // of GGUF files in another order: rows of a head, queries and keys
  private final Arena arena = Arena.ofShared();
  private final Parameters parameters;
  private final Set<String> derived = new HashSet<>();
  private Lora lora;
  private final Map<String, List<Long>> shapes = new HashMap<>();

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
   * @param note is told which of the wanted matrices get none
   * @throws JishiException.Unsupported where a matrix that the recipe names can have none in any
   *     layer
   */
  void adapt(Model model, Consumer<String> note) {
    if (!whole()) {
      derived.clear();
      model.decoder().origins().values().forEach(origin -> derived.add(origin.tensor()));
      report(model, note);
      if (gguf && GgufLayout.permuted(model.decoder().spec().architecture())) {
        pairedHead = headDim(model);
      }
      lora =
          Lora.create(
              model.tensors(),
              this::takes,
              fineTune.rank(),
              (float) fineTune.alpha(),
              parameters,
              seed);
    }
  }

  private static int headDim(Model model) {
    return model.decoder().spec().layers().stream()
        .flatMap(layer -> layer.parts().stream())
        .filter(DecoderSpec.GroupedAttention.class::isInstance)
        .mapToInt(part -> ((DecoderSpec.GroupedAttention) part).headDim())
        .findFirst()
        .orElse(0);
  }

  private boolean target(String name) {
    String stem = stem(name);
    return name.endsWith(WEIGHT)
        && fineTune.targets().contains(stem.substring(stem.lastIndexOf('.') + 1));
  }

  /**
   * Whether a wanted matrix can have an adapter: one of those that the engine adds to, multiplied
   * by as it is stored. Experts, and what is read in parts or in another order, cannot.
   */
  private boolean takes(String name) {
    return target(name) && !derived.contains(name) && ROLE.matcher(stem(name)).matches();
  }

  private void report(Model model, Consumer<String> note) {
    TreeSet<String> none = new TreeSet<>(fineTune.targets());
    TreeSet<String> without = new TreeSet<>();
    for (String name : model.tensors().keySet()) {
      if (takes(name)) {
        none.removeIf(stem(name)::endsWith);
      } else if (target(name)) {
        without.add(name);
      }
    }
    if (none.size() == fineTune.targets().size() || !fineTune.all() && !none.isEmpty()) {
      throw new JishiException.Unsupported(
          "finetune.targets: this model has no matrix for an adapter of "
              + String.join(", ", none)
              + ", since "
              + REASON
              + "; leave targets out to take what can be trained, or take method: full");
    }
    if (!without.isEmpty()) {
      note.accept(
          without.size()
              + " matrices get no adapter, such as '"
              + without.first()
              + "': "
              + REASON);
    }
  }

  /** The published name of a matrix, whatever file it comes from. */
  private String stem(String name) {
    int end = name.lastIndexOf(WEIGHT);
    String stem = end < 0 ? name : name.substring(0, end);
    String[] parts = stem.split("\\.");
    if (!gguf || parts.length < 3 || !parts[1].matches("[0-9]{1,6}")) {
      return stem;
    }
    int layer = Integer.parseInt(parts[1]);
    return TensorRole.llamaLike().stream()
        .filter(role -> role.gguf(layer).equals(stem))
        .map(role -> role.huggingFace(layer))
        .findFirst()
        .orElse(stem);
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
      String stem = stem(name);
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
    List<String> stems = adapters().keySet().stream().map(this::stem).toList();
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
