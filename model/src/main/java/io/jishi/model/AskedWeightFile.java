// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.model.family.Family;
import io.jishi.tensor.DType;
import io.jishi.tensor.RandomBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a random model of any family, under the names of its checkpoints: each is made in
 * the shape in which the loader asks for it, so no list of them is needed. Vectors are ones;
 * matrices whose rows are whole blocks have the model's type, others are F32. Where checkpoints may
 * pack tensors or not, they do not, unless the family says how.
 */
final class AskedWeightFile implements WeightFile {
  private final RandomSpec random;
  private final Collection<String> stems;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Arena arena = Arena.ofShared();
  private long bytes;

  AskedWeightFile(RandomSpec random) {
    this(random, Family.spec(new HuggingFaceConfig(random.config())).checkpoint());
  }

  /** Tensors that stand under names of their own: a tower's. */
  AskedWeightFile(RandomSpec random, Checkpoint names) {
    this.random = random;
    this.stems = names.stems().values();
  }

  @Override
  public boolean has(String name) {
    String layer = name.replaceAll("\\.\\d+\\.", ".%d.").replaceFirst("\\.weight$", "");
    String stem = layer.replace("experts.%d.", "experts.%e.");
    return name.equals(Checkpoint.HUGGING_FACE.weight(TensorRole.EMBEDDING, 0))
        || stems.contains(layer)
        || stems.contains(stem)
        || stems.contains(layer + "=");
  }

  @Override
  public synchronized StoredTensor tensor(String name, List<Long> shape) {
    return tensors.computeIfAbsent(name, n -> made(n, shape));
  }

  private StoredTensor made(String name, List<Long> shape) {
    long cols = shape.getLast();
    boolean vector = shape.stream().filter(n -> n != 1).count() <= 1;
    DType base = random.types().base();
    DType type = vector || cols % Math.max(32, base.blockSize()) != 0 ? DType.F32 : base;
    long elements = shape.stream().reduce(1L, Math::multiplyExact);
    bytes += type.rowBytes(elements);
    MemoryBudget.require(random.name(), bytes);
    MemorySegment memory = arena.allocate(type.rowBytes(elements), 64);
    if (vector) {
      for (long i = 0; i < elements; i++) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
      }
    } else {
      long seed = (random.seed() << 20) + tensors.size();
      RandomBlocks.fill(type, memory, 1 / Math.sqrt(cols), seed);
    }
    return new StoredTensor(name, type, shape, memory.asReadOnly());
  }

  /** A name for messages; there is no such file. */
  @Override
  public Path path() {
    return Path.of(random.shape() + "-" + random.types().name());
  }

  @Override
  public Map<String, StoredTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public void close() {
    arena.close();
  }
}
