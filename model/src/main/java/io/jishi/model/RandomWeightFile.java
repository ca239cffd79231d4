// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.model.family.Family;
import io.jishi.tensor.DType;
import io.jishi.tensor.RandomBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a random model, under the names of GGUF. Nothing is read from a disk: the bytes of
 * a tensor are made when they are asked for, and dropped when they are released.
 */
final class RandomWeightFile implements WeightFile {
  private static final double BIAS_DEVIATION = 0.1;

  private final RandomSpec random;
  private final DecoderSpec spec;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Map<String, Arena> made = new HashMap<>();

  private RandomWeightFile(RandomSpec random, DecoderSpec spec) {
    this.random = random;
    this.spec = spec;
  }

  /** The file of a model; no memory is taken yet. */
  static RandomWeightFile of(RandomSpec random) {
    DecoderSpec spec = Family.spec(new HuggingFaceConfig(random.config()));
    RandomWeightFile file = new RandomWeightFile(random, spec);
    file.list();
    return file;
  }

  /** Whether a model's tensors are listed here: those of plain attention and dense layers alone. */
  static boolean lists(RandomSpec random) {
    DecoderSpec spec = Family.spec(new HuggingFaceConfig(random.config()));
    return spec.embedding().equals(DecoderSpec.Embedding.PLAIN)
        && spec.layers().stream().allMatch(RandomWeightFile::lists);
  }

  private static boolean lists(DecoderSpec.Layer layer) {
    return layer.blocks().size() == 2
        && layer.blocks().stream()
            .flatMap(block -> block.branches().stream())
            .allMatch(RandomWeightFile::lists)
        && layer.parts().size() == 2;
  }

  private static boolean lists(DecoderSpec.Branch b) {
    boolean plain = b.pre() != null && b.post() == null && !b.pre().norm().bias();
    return plain && lists(b.part());
  }

  private static boolean lists(DecoderSpec.Part part) {
    return switch (part) {
      case DecoderSpec.GroupedAttention a -> !a.outputGate() && !a.scores().sinks();
      case DecoderSpec.FeedForward f -> f.gated();
      default -> false;
    };
  }

  private void list() {
    matrix(TensorRole.EMBEDDING, 0, spec.vocabulary(), spec.width());
    for (int l = 0; l < spec.layers().size(); l++) {
      for (DecoderSpec.Part part : spec.layers().get(l).parts()) {
        switch (part) {
          case DecoderSpec.GroupedAttention a -> attention(a, l);
          case DecoderSpec.FeedForward f -> feedForward(f, l);
          default ->
              throw new JishiException.Unsupported(
                  "random weights are made for plain attention and dense layers alone, not for '"
                      + spec.architecture()
                      + "'");
        }
      }
    }
    gain(TensorRole.FINAL_NORM, 0, spec.width());
    if (!spec.tiedOutput()) {
      matrix(TensorRole.OUTPUT, 0, spec.vocabulary(), spec.width());
    }
  }

  private void attention(DecoderSpec.GroupedAttention a, int layer) {
    gain(TensorRole.MIXER_NORM, layer, spec.width());
    int queries = a.heads() * a.headDim();
    int keys = a.kvHeads() * a.headDim();
    linear(TensorRole.QUERY, layer, queries, spec.width(), a.inputBias());
    linear(TensorRole.KEY, layer, keys, spec.width(), a.inputBias());
    linear(TensorRole.VALUE, layer, keys, spec.width(), a.inputBias());
    linear(TensorRole.ATTENTION_OUTPUT, layer, spec.width(), queries, a.outputBias());
    if (a.headNorm() != null) {
      gain(TensorRole.QUERY_NORM, layer, a.headDim());
      gain(TensorRole.KEY_NORM, layer, a.headDim());
    }
  }

  private void feedForward(DecoderSpec.FeedForward f, int layer) {
    gain(TensorRole.CHANNEL_NORM, layer, spec.width());
    linear(TensorRole.GATE, layer, f.inner(), spec.width(), f.bias());
    linear(TensorRole.UP, layer, f.inner(), spec.width(), f.bias());
    linear(TensorRole.DOWN, layer, spec.width(), f.inner(), f.bias());
  }

  private void linear(TensorRole role, int layer, int rows, int cols, boolean bias) {
    matrix(role, layer, rows, cols);
    if (bias) {
      String name = role.gguf(layer) + ".bias";
      long seed = seed();
      add(name, DType.F32, List.of((long) rows), to -> fill(DType.F32, to, BIAS_DEVIATION, seed));
    }
  }

  /** A deviation of 1/√cols keeps the size of what passes through. */
  private void matrix(TensorRole role, int layer, int rows, int cols) {
    DType type = random.types().type(role, layer, spec, cols);
    long seed = seed();
    add(
        role.gguf(layer) + ".weight",
        type,
        List.of((long) rows, (long) cols),
        to -> fill(type, to, 1 / Math.sqrt(cols), seed));
  }

  private void gain(TensorRole role, int layer, int size) {
    add(
        role.gguf(layer) + ".weight",
        DType.F32,
        List.of((long) size),
        to -> {
          for (int i = 0; i < size; i++) {
            to.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
          }
        });
  }

  private static void fill(DType type, MemorySegment to, double deviation, long seed) {
    RandomBlocks.fill(type, to, deviation, seed);
  }

  /** Another one for each tensor. */
  private long seed() {
    return (random.seed() << 20) + tensors.size();
  }

  /** Writes the bytes of a tensor. */
  @FunctionalInterface
  private interface Maker {
    void make(MemorySegment to);
  }

  private void add(String name, DType type, List<Long> shape, Maker maker) {
    long elements = shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    long bytes = type.rowBytes(elements);
    tensors.put(name, new StoredTensor(name, type, shape, () -> bytes(name, bytes, maker)));
  }

  private synchronized MemorySegment bytes(String name, long bytes, Maker maker) {
    release(name);
    Arena arena = Arena.ofShared();
    made.put(name, arena);
    MemorySegment memory = arena.allocate(bytes, 64);
    maker.make(memory);
    return memory.asReadOnly();
  }

  /** Bytes of all tensors. */
  long bytes() {
    return tensors.values().stream().mapToLong(StoredTensor::bytes).sum();
  }

  /** Bytes of the largest tensor: while it is repacked it is there twice. */
  long largest() {
    return tensors.values().stream().mapToLong(StoredTensor::bytes).max().orElse(0);
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
  public synchronized void release(String name) {
    Arena arena = made.remove(name);
    if (arena != null) {
      arena.close();
    }
  }

  @Override
  public synchronized void close() {
    made.values().forEach(Arena::close);
    made.clear();
  }
}
