// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The tensors of a file as weights: finds them by role, checks shapes, turns them into what the
 * forward pass needs, and knows in the end which nobody asked for. Dimensions of one do not count.
 */
final class Tensors {
  /** No classifier has more labels. */
  private static final int MAX_OUTPUTS = 1 << 20;

  private final WeightFile file;
  private final Checkpoint checkpoint;
  private final Backend backend;
  private final Arena arena;
  private final SegmentAllocator weightMemory;
  private final boolean pack;
  private final Set<String> used = new HashSet<>();
  private final Map<Weight, Origin> origins = new IdentityHashMap<>();
  private final Map<Weight, Origin> places = new IdentityHashMap<>();

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
    return name != null && file.has(name);
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
    boolean turn = checkpoint.transposed().contains(role);
    int high = turn ? cols : rows;
    int wide = turn ? rows : cols;
    StoredTensor tensor = tensor(name, List.of((long) high, (long) wide));
    Weight weight = slice(tensor, 0, high, wide);
    return turn ? transposed(weight) : weight;
  }

  /** A matrix within a tensor, from value {@code offset} on. */
  private Weight slice(StoredTensor tensor, long offset, int rows, int cols) {
    DType type = tensor.type();
    MemorySegment data = tensor.data().asSlice(type.rowBytes(offset), rows * type.rowBytes(cols));
    Weight weight = Weight.stored(tensor.name(), type, rows, cols, data);
    return known(
        weight,
        rows == 1
            ? Origin.vector(tensor.name(), offset, cols)
            : Origin.matrix(tensor.name(), offset, rows, cols));
  }

  private Weight known(Weight weight, Origin origin) {
    origins.put(weight, origin);
    return weight;
  }

  /** A weight of products, as it is stored. */
  Weight multiplied(Weight weight) {
    return multiplied(weight, weight);
  }

  private Weight multiplied(Weight weight, Weight stored) {
    places.put(weight, origins.get(stored));
    return weight;
  }

  /** Where weights of products come from, those too that are a stored tensor as it is. */
  Map<Weight, Origin> places() {
    return places;
  }

  /** Where weights come from that are parts or changed copies of stored tensors. */
  Map<Weight, Origin> origins() {
    Map<Weight, Origin> some = new IdentityHashMap<>(origins);
    some.values()
        .removeIf(o -> o.view() && file.tensors().get(o.tensor()).elements() == o.values());
    return some;
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
    return multiplied(prepared, weight);
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
      return known(
          Weight.stored(name, weight.type(), order.length, weight.cols(), part),
          origins.get(weight).rows(order));
    }
    MemorySegment copy = arena.allocate(order.length * bytes, 64);
    for (int i = 0; i < order.length; i++) {
      MemorySegment.copy(weight.data(), order[i] * bytes, copy, i * bytes, bytes);
    }
    return known(
        Weight.stored(name, weight.type(), order.length, weight.cols(), copy),
        origins.get(weight).rows(order));
  }

  /** The values of a vector in another order: a copy. */
  Weight values(Weight vector, int[] order) {
    float[] all = new float[vector.cols()];
    vector.vector(all);
    float[] some = new float[order.length];
    for (int i = 0; i < some.length; i++) {
      some[i] = all[order[i]];
    }
    return known(floats(vector.name(), 1, some.length, some), origins.get(vector).rows(order));
  }

  /**
   * A changed copy of FP32.
   *
   * @param rows at least those of {@code from}; further ones are zero, as are columns that the
   *     change does not fill
   */
  Weight changed(Weight from, Origin.Change change, int rows, int cols) {
    float[] values = new float[Math.multiplyExact(rows, cols)];
    float[] row = new float[from.cols()];
    float[] out = new float[change.width(row.length)];
    byte[] scratch = new byte[Math.toIntExact(from.type().rowBytes(from.cols()))];
    for (int r = 0; r < from.rows(); r++) {
      from.row(r, scratch, row);
      change.forward(row, row.length, out);
      System.arraycopy(out, 0, values, r * cols, out.length);
    }
    Origin origin = origins.get(from);
    int width = from.rows() == 1 && origin.count() == 1 ? change.width(1) : cols;
    return known(floats(from.name(), rows, cols, values), origin.changed(change, width));
  }

  /** The experts' matrices: listed one by one, or in one tensor {@code [experts, rows, cols]}. */
  Weight[] experts(TensorRole role, int layer, int count, int rows, int cols) {
    Weight[] weights = new Weight[count];
    String first = checkpoint.expert(role, layer, 0);
    if (first != null && !first.equals(checkpoint.weight(role, layer))) {
      for (int e = 0; e < count; e++) {
        String name = checkpoint.expert(role, layer, e);
        StoredTensor t = tensor(name, List.of((long) rows, (long) cols));
        weights[e] = slice(t, 0, rows, cols);
      }
      return weights;
    }
    boolean turn = checkpoint.transposed().contains(role);
    String name = name(role, layer);
    int high = turn ? cols : rows;
    int wide = turn ? rows : cols;
    StoredTensor t = tensor(name, List.of((long) count, (long) high, (long) wide));
    for (int e = 0; e < count; e++) {
      Weight part = slice(t, (long) e * high * wide, high, wide);
      weights[e] = turn ? transposed(part) : part;
    }
    return weights;
  }

  /** Biases of experts in one tensor {@code [experts, size]}. */
  Weight[] expertBiases(TensorRole role, int layer, int count, int size) {
    StoredTensor t = tensor(checkpoint.bias(role, layer), List.of((long) count, (long) size));
    Weight[] weights = new Weight[count];
    for (int e = 0; e < count; e++) {
      weights[e] = floats(slice(t, (long) e * size, 1, size));
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

  private Weight vector(String name, int size) {
    return floats(slice(tensor(name, List.of((long) size)), 0, 1, size));
  }

  /** Over the stored memory where that is FP32 already: a trainer changes it there. */
  private Weight floats(Weight weight) {
    return weight.type() == DType.F32
        ? weight
        : changed(weight, Origin.Change.NONE, weight.rows(), weight.cols());
  }

  /** A small matrix as changed FP32; one row makes a vector. */
  Weight floats(TensorRole role, int layer, int rows, int cols, Origin.Change change) {
    List<Long> shape = rows == 1 ? List.of((long) cols) : List.of((long) rows, (long) cols);
    Weight stored = slice(tensor(name(role, layer), shape), 0, rows, cols);
    return change == Origin.Change.NONE ? floats(stored) : changed(stored, change, rows, cols);
  }

  /** A vector of shares as the taps {@code [size, 2]} of a mix with the token before. */
  Weight mix(TensorRole role, int layer, int size) {
    Weight shares = vector(role, layer, size);
    Weight taps = changed(shares, Origin.Change.MIX, 1, 2 * size);
    return known(Weight.stored(taps.name(), DType.F32, size, 2, taps.data()), origins.get(taps));
  }

  /** A small matrix of FP32 as one vector. */
  Weight flat(TensorRole role, int layer, int rows, int cols) {
    Weight weight = floats(role, layer, rows, cols, Origin.Change.NONE);
    return known(
        Weight.stored(weight.name(), DType.F32, 1, rows * cols, weight.data()),
        origins.get(weight));
  }

  /** A weight of FP32 over new memory. */
  Weight floats(String name, int rows, int cols, float[] values) {
    MemorySegment memory = arena.allocate((long) values.length * Float.BYTES, 64);
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
    return Weight.stored(name, DType.F32, rows, cols, memory);
  }

  /** {@code [rows, cols]} as {@code [cols, rows]}; plain types keep theirs, others become F32. */
  Weight transposed(Weight weight) {
    DType type = weight.type();
    int rows = weight.rows();
    int cols = weight.cols();
    Origin origin = origins.get(weight).transposed();
    if (!type.plain()) {
      float[] turned = new float[rows * cols];
      float[] row = new float[cols];
      byte[] scratch = new byte[Math.toIntExact(type.rowBytes(cols))];
      for (int r = 0; r < rows; r++) {
        weight.row(r, scratch, row);
        for (int c = 0; c < cols; c++) {
          turned[c * rows + r] = row[c];
        }
      }
      return known(floats(weight.name(), cols, rows, turned), origin);
    }
    long size = type.blockBytes();
    MemorySegment copy = arena.allocate(rows * size * cols, 64);
    for (long r = 0; r < rows; r++) {
      for (long c = 0; c < cols; c++) {
        MemorySegment.copy(weight.data(), (r * cols + c) * size, copy, (c * rows + r) * size, size);
      }
    }
    return known(Weight.stored(weight.name(), type, cols, rows, copy), origin);
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
    StoredTensor tensor = file.tensor(name, shape);
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
