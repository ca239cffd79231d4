// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.base.JishiException;
import io.jishi.model.Origin;
import io.jishi.model.StoredTensor;
import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * All that learns, in one order, with the memory of values and gradients. A model is opened with
 * {@link #place} ({@link io.jishi.model.Model#open}), so that its decoder reads what is trained
 * here; tensors that the predicate leaves out stay as they are stored, of whatever type.
 */
public final class Parameters implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Predicate<String> trains;
  private final Map<String, Trainable> byName = new LinkedHashMap<>();
  private final Map<Long, Trainable> byAddress = new HashMap<>();
  private final Map<Weight, Origin> origins = new IdentityHashMap<>();
  private final Map<Weight, Trainable> derived = new IdentityHashMap<>();
  private final List<Copy> copies = new ArrayList<>();

  /**
   * No parameters yet.
   *
   * @param trains which tensors of a model learn, by their names
   */
  public Parameters(Predicate<String> trains) {
    this.trains = trains;
  }

  /** Takes a tensor of a model over, as floats, if it is to learn. */
  public StoredTensor place(StoredTensor tensor) {
    if (!trains.test(tensor.name()) || !tensor.type().runnable()) {
      return tensor;
    }
    List<Long> shape = tensor.shape();
    long cols = shape.isEmpty() ? 1 : shape.getLast();
    long rows = tensor.elements() / Math.max(1, cols);
    if (rows > Integer.MAX_VALUE || cols > Integer.MAX_VALUE) {
      throw new JishiException.Unsupported(
          "tensor '"
              + tensor.name()
              + "' of shape "
              + shape
              + " cannot be trained: it is too long");
    }
    Trainable made = add(tensor.name(), (int) rows, (int) cols, stacked(shape));
    decode(tensor, made);
    return new StoredTensor(tensor.name(), DType.F32, shape, made.data());
  }

  /** Matrices of a tensor: all dimensions but the last two count. */
  private static int stacked(List<Long> shape) {
    long matrices = 1;
    for (int i = 0; i < shape.size() - 2; i++) {
      matrices *= shape.get(i);
    }
    return (int) matrices; // a divisor of the rows
  }

  private static void decode(StoredTensor tensor, Trainable to) {
    if (tensor.type() == DType.F32) {
      to.data().copyFrom(tensor.data());
      return;
    }
    byte[] row = new byte[Math.toIntExact(tensor.type().rowBytes(to.cols()))];
    float[] values = new float[to.cols()];
    for (int r = 0; r < to.rows(); r++) {
      MemorySegment.copy(
          tensor.data(), ValueLayout.JAVA_BYTE, (long) r * row.length, row, 0, row.length);
      Dequantizer.dequantize(tensor.type(), row, to.cols(), values);
      MemorySegment.copy(
          values, 0, to.data(), ValueLayout.JAVA_FLOAT, 4L * r * to.cols(), to.cols());
    }
  }

  /**
   * A new matrix of zeros that learns: a head, an adapter.
   *
   * @throws JishiException.BadRequest where there is one of that name
   */
  public Trainable add(String name, int rows, int cols) {
    return add(name, rows, cols, 1);
  }

  /** The same of a tensor that stacks matrices, whose rows are {@code rows} together. */
  public Trainable add(String name, int rows, int cols, int stacked) {
    if (byName.containsKey(name)) {
      throw new JishiException.BadRequest("parameters", "there are two of '" + name + "'");
    }
    Trainable made = new Trainable(name, rows, cols, stacked, arena);
    byName.put(name, made);
    byAddress.put(made.data().address(), made);
    return made;
  }

  /** All, in the order in which they came. */
  public List<Trainable> list() {
    return List.copyOf(byName.values());
  }

  /** By name; the map cannot be changed. */
  public Map<String, Trainable> byName() {
    return Collections.unmodifiableMap(byName);
  }

  /**
   * Says which weights of a decoder are parts or changed copies of tensors ({@link
   * io.jishi.model.Decoder#origins}): those of tensors that learn follow them from now on.
   */
  void derive(Map<Weight, Origin> all) {
    all.forEach(
        (weight, origin) -> {
          Trainable source = byName.get(origin.tensor());
          if (origins.put(weight, origin) == null && source != null) {
            derived.put(
                weight,
                origin.view() ? part(source, weight, origin) : copy(source, weight, origin));
          }
        });
  }

  /**
   * A part or copy of what learns, that follows it and passes its gradient on.
   *
   * @param rows of it; those beyond the origin's are zero
   */
  Trainable part(Trainable source, Origin origin, int rows) {
    long count = (long) rows * origin.width();
    boolean view = origin.view() && origin.values() == count;
    if (view && count == source.count()) {
      return source;
    }
    MemorySegment memory =
        view ? source.data().asSlice(4 * origin.first(), 4 * count) : arena.allocate(4 * count, 64);
    Weight weight = Weight.stored(source.name(), DType.F32, rows, origin.width(), memory);
    derive(Map.of(weight, origin));
    source.changed();
    return derived.get(weight);
  }

  private static Trainable part(Trainable source, Weight weight, Origin origin) {
    return new Trainable(source, weight, origin.first());
  }

  private Trainable copy(Trainable source, Weight weight, Origin origin) {
    Copy made = new Copy(source, weight, new Trainable(weight, arena), origin);
    copies.add(made);
    source.copiedBy(made);
    return made.copy();
  }

  /** Passes the gradients of copies on to what they were made from. */
  void fold() {
    copies.forEach(Copy::fold);
  }

  /** Whether a weight is a part or a changed copy of a tensor, which an adapter does not fit. */
  boolean derived(Weight weight) {
    return origins.containsKey(weight);
  }

  /**
   * What learns in a weight of a decoder, or null where it is frozen.
   *
   * @throws JishiException.Unsupported where the decoder reads a copy of what should learn, that
   *     would stay as it is
   */
  Trainable of(Weight weight) {
    if (weight == null) {
      return null;
    }
    Trainable found = derived.get(weight);
    if (found != null) {
      return found;
    }
    found = byAddress.get(weight.data().address());
    if (found != null && found.count() == (long) weight.rows() * weight.cols()) {
      found.readBy(weight);
      return found;
    }
    if (byName.containsKey(weight.name())) {
      throw new JishiException.Unsupported(
          "'" + weight.name() + "' cannot be trained: the model reads a copy of it");
    }
    return null;
  }

  /** Floats of the copies, whose memory is the model's. */
  long copied() {
    return copies.stream().mapToLong(c -> c.copy().count()).sum();
  }

  /** Number of values. */
  public long count() {
    return byName.values().stream().mapToLong(Trainable::count).sum();
  }

  /** Gives back all memory: models that were opened with it must not run any more. */
  @Override
  public void close() {
    arena.close();
  }
}
