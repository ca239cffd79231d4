// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The tensors of a file as weights: finds them by role, checks shapes, turns them into what the
 * forward pass needs, and knows in the end which nobody asked for. Dimensions of one do not count.
 */
final class Tensors {
  /** What {@link #floats} does to each value. */
  @FunctionalInterface
  interface Change {
    /** The value that the forward pass needs. */
    float apply(float stored);
  }

  /** No classifier has more labels. */
  private static final int MAX_OUTPUTS = 1 << 20;

  private final WeightFile file;
  private final Checkpoint checkpoint;
  private final Backend backend;
  private final Arena arena;
  private final SegmentAllocator weightMemory;
  private final boolean pack;
  private final Set<String> used = new HashSet<>();

  /**
   * The tensors of a file.
   *
   * @param pack whether weights may be copied into the backend's own layout
   */
  Tensors(WeightFile file, Checkpoint checkpoint, Backend backend, Arena arena, boolean pack) {
    this.file = file;
    this.checkpoint = checkpoint;
    this.backend = backend;
    this.arena = arena;
    this.weightMemory = backend.weightMemory(arena);
    this.pack = pack;
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  /** Whether the file has this role's weight, for an expert number 0 of it. */
  boolean has(TensorRole role, int layer) {
    String name = checkpoint.expert(role, layer, 0);
    return name != null && file.tensors().containsKey(name);
  }

  /** The rows of a role's matrix, 0 where there is none. */
  long rows(TensorRole role, int layer) {
    return has(role, layer)
        ? file.tensors().get(checkpoint.weight(role, layer)).shape().getFirst()
        : 0;
  }

  /** How many results a role's matrix has, by the file; 1 where there is a vector or nothing. */
  int outputs(TensorRole role) {
    if (!has(role, 0)) {
      return 1; // which is missing: whoever asks for it says so
    }
    List<Long> shape = file.tensors().get(checkpoint.weight(role, 0)).shape();
    long rows = shape.size() < 2 ? 1 : shape.getFirst();
    return Math.toIntExact(Math.min(rows, MAX_OUTPUTS));
  }

  /** A matrix {@code [rows, cols]} as stored, or transposed where the checkpoint says so. */
  Weight stored(TensorRole role, int layer, int rows, int cols) {
    String name = name(role, layer);
    if (!checkpoint.transposed().contains(role)) {
      StoredTensor tensor = tensor(name, List.of((long) rows, (long) cols));
      return Weight.stored(name, tensor.type(), rows, cols, tensor.data());
    }
    StoredTensor tensor = tensor(name, List.of((long) cols, (long) rows));
    return transposed(name, tensor.type(), tensor.data(), cols, rows);
  }

  /** A matrix in the layout that runs best. */
  Weight matrix(TensorRole role, int layer, int rows, int cols) {
    return prepared(stored(role, layer, rows, cols));
  }

  /** A weight in the layout that runs best. */
  Weight prepared(Weight weight) {
    Weight prepared = pack ? backend.prepare(weight, weightMemory) : weight;
    if (prepared != weight) {
      file.release(weight.name());
    }
    return prepared;
  }

  /** Rows of a weight in another order; a copy unless they stand one after another. */
  Weight rows(Weight weight, String name, int[] order) {
    long bytes = weight.type().rowBytes(weight.cols());
    boolean run = true;
    for (int i = 1; i < order.length; i++) {
      run &= order[i] == order[i - 1] + 1;
    }
    if (run) {
      MemorySegment part = weight.data().asSlice(order[0] * bytes, order.length * bytes);
      return Weight.stored(name, weight.type(), order.length, weight.cols(), part);
    }
    MemorySegment copy = arena.allocate(order.length * bytes, 64);
    for (int i = 0; i < order.length; i++) {
      MemorySegment.copy(weight.data(), order[i] * bytes, copy, i * bytes, bytes);
    }
    return Weight.stored(name, weight.type(), order.length, weight.cols(), copy);
  }

  /** The experts' matrices: listed one by one, or in one tensor {@code [experts, rows, cols]}. */
  Weight[] experts(TensorRole role, int layer, int count, int rows, int cols) {
    Weight[] weights = new Weight[count];
    String first = checkpoint.expert(role, layer, 0);
    if (first != null && !first.equals(checkpoint.weight(role, layer))) {
      for (int e = 0; e < count; e++) {
        String name = checkpoint.expert(role, layer, e);
        StoredTensor t = tensor(name, List.of((long) rows, (long) cols));
        weights[e] = Weight.stored(name, t.type(), rows, cols, t.data());
      }
      return weights;
    }
    boolean turn = checkpoint.transposed().contains(role);
    String name = name(role, layer);
    long high = turn ? cols : rows;
    long wide = turn ? rows : cols;
    StoredTensor t = tensor(name, List.of((long) count, high, wide));
    long bytes = high * t.type().rowBytes(wide);
    for (int e = 0; e < count; e++) {
      MemorySegment part = t.data().asSlice(e * bytes, bytes);
      weights[e] =
          turn
              ? transposed(name, t.type(), part, cols, rows)
              : Weight.stored(name, t.type(), rows, cols, part);
    }
    return weights;
  }

  /** Biases of experts in one tensor {@code [experts, size]}. */
  Weight[] expertBiases(TensorRole role, int layer, int count, int size) {
    float[] all = values(checkpoint.bias(role, layer), List.of((long) count, (long) size), v -> v);
    Weight[] weights = new Weight[count];
    for (int e = 0; e < count; e++) {
      weights[e] =
          floats("bias", 1, size, java.util.Arrays.copyOfRange(all, e * size, (e + 1) * size));
    }
    return weights;
  }

  /** A vector of FP32: it is small and read in every step. */
  Weight vector(TensorRole role, int layer, int size) {
    return vector(name(role, layer), size);
  }

  /** A bias. */
  Weight bias(TensorRole role, int layer, int size) {
    return vector(checkpoint.bias(role, layer), size);
  }

  /** Over the stored memory where that is FP32 already: a trainer changes it there. */
  private Weight vector(String name, int size) {
    StoredTensor tensor = tensor(name, List.of((long) size));
    return tensor.type() == DType.F32
        ? Weight.stored(name, DType.F32, 1, size, tensor.data())
        : floats(name, 1, size, values(name, List.of((long) size), v -> v));
  }

  /** A small matrix as changed FP32; one row makes a vector. */
  Weight floats(TensorRole role, int layer, int rows, int cols, Change change) {
    String name = name(role, layer);
    List<Long> shape = rows == 1 ? List.of((long) cols) : List.of((long) rows, (long) cols);
    return floats(name, rows, cols, values(name, shape, change));
  }

  /** A weight of FP32 over new memory. */
  Weight floats(String name, int rows, int cols, float[] values) {
    MemorySegment memory = arena.allocate((long) values.length * Float.BYTES, 64);
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
    return Weight.stored(name, DType.F32, rows, cols, memory);
  }

  private float[] values(String name, List<Long> shape, Change change) {
    StoredTensor tensor = tensor(name, shape);
    float[] values = new float[Math.toIntExact(tensor.elements())];
    byte[] raw = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    Dequantizer.dequantize(tensor.type(), raw, values.length, values);
    for (int i = 0; i < values.length; i++) {
      values[i] = change.apply(values[i]);
    }
    return values;
  }

  /** {@code [rows, cols]} as {@code [cols, rows]}; plain types keep theirs, others become F32. */
  Weight transposed(String name, DType type, MemorySegment data, int rows, int cols) {
    if (!type.plain()) {
      Weight weight = Weight.stored(name, type, rows, cols, data);
      float[] turned = new float[rows * cols];
      float[] row = new float[cols];
      byte[] scratch = new byte[Math.toIntExact(type.rowBytes(cols))];
      for (int r = 0; r < rows; r++) {
        weight.row(r, scratch, row);
        for (int c = 0; c < cols; c++) {
          turned[c * rows + r] = row[c];
        }
      }
      return floats(name, cols, rows, turned);
    }
    long size = type.blockBytes();
    MemorySegment copy = arena.allocate(rows * size * cols, 64);
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < cols; c++) {
        MemorySegment.copy(data, (r * cols + c) * size, copy, (c * rows + r) * size, size);
      }
    }
    return Weight.stored(name, type, cols, rows, copy);
  }

  /** The name of a role's weight, which there has to be. */
  String name(TensorRole role, int layer) {
    String name = checkpoint.weight(role, layer);
    if (name == null) {
      throw new JishiException.Unsupported(
          file.path() + ": no name is known for the tensor of role " + role + " in such files");
    }
    return name;
  }

  private StoredTensor tensor(String name, List<Long> shape) {
    StoredTensor tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new JishiException.BadFile(
          file.path()
              + ": the tensor '"
              + name
              + "' "
              + shape
              + " is missing; is a part of the model absent?");
    }
    if (!longer(tensor.shape()).equals(longer(shape))) {
      throw new JishiException.BadFile(
          file.path()
              + ": tensor '"
              + name
              + "' has shape "
              + tensor.shape()
              + ", the configuration asks for "
              + shape);
    }
    if (!tensor.type().runnable()) {
      throw new JishiException.Unsupported(
          file.path()
              + ": tensor '"
              + name
              + "' is stored as "
              + tensor.type()
              + ", which is not supported yet; supported are "
              + runnableTypes());
    }
    used.add(name);
    return tensor;
  }

  private static List<Long> longer(List<Long> shape) {
    return shape.stream().filter(n -> n != 1).toList();
  }

  private static String runnableTypes() {
    return String.join(
        ", ", Stream.of(DType.values()).filter(DType::runnable).map(DType::name).toList());
  }

  /** The names of all tensors that were asked for. */
  Set<String> used() {
    return used;
  }

  /** A tensor that nothing reads means that the model is not what its configuration says. */
  void refuseUnused(String architecture, Collection<String> derived, List<String> suffixes) {
    Set<String> left = new TreeSet<>(file.tensors().keySet());
    left.removeAll(used);
    left.removeIf(name -> derived.contains(name) || suffixes.stream().anyMatch(name::endsWith));
    if (!left.isEmpty()) {
      String example = left.iterator().next();
      throw new JishiException.Unsupported(
          file.path()
              + ": "
              + left.size()
              + " tensors are not part of a '"
              + architecture
              + "' model with this configuration, for example '"
              + example
              + "' "
              + file.tensors().get(example).shape()
              + ": this variant is not supported");
    }
  }
}
