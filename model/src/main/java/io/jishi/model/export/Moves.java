// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import io.jishi.model.export.Moved.Change;
import io.jishi.model.export.Moved.Scale;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;

/** Collects the ways of single roles: from their published names and shapes to those of GGUF. */
final class Moves {
  /** Kimi K2 has some 70 000; a configuration that asks for more than this is damaged. */
  private static final int MOST = 1 << 20;

  final Checkpoint from;
  private final Checkpoint to;
  private final Function<String, List<Long>> shapes;
  private final Map<String, Moved> moved = new LinkedHashMap<>();
  private final Set<String> read = new HashSet<>();
  private int total;

  /**
   * Nothing yet.
   *
   * @param from how published files store tensors
   * @param to how GGUF files do
   * @param shapes those of published tensors, null where there is none of that name: which of two
   *     forms a model was published in
   */
  Moves(Checkpoint from, Checkpoint to, Function<String, List<Long>> shapes) {
    this.from = from;
    this.to = to;
    this.shapes = shapes;
  }

  /** All of them, in the order of the forward pass. */
  List<Moved> all() {
    return List.copyOf(moved.values());
  }

  /** The names of the published tensors that were moved, or are known to be the same again. */
  Set<String> read() {
    return read;
  }

  /** The published tensor is a second copy. */
  void skip(String name) {
    read.add(name);
  }

  /** Whether there is such a published tensor; of experts, the first. */
  boolean has(TensorRole role, int l) {
    String name = from.expert(role, l, 0);
    return name != null && shapes.apply(name) != null;
  }

  /** The rows of a published matrix that no configuration tells, 1 for a vector. */
  int rows(TensorRole role, int l) {
    List<Long> shape = shapes.apply(from.weight(role, l));
    return shape == null || shape.size() < 2 ? 1 : Math.toIntExact(shape.getFirst());
  }

  /** A published matrix {@code [rows, cols]}, or as many as there are. */
  Published matrix(TensorRole role, int l, long rows, long cols, long... count) {
    boolean turned = from.transposed().contains(role);
    long high = turned ? cols : rows;
    long wide = turned ? rows : cols;
    List<Long> shape = count.length == 0 ? List.of(high, wide) : List.of(count[0], high, wide);
    return new Published(from.weight(role, l), shape, Math.toIntExact(cols), turned);
  }

  /** Adds a way; one that is there already, of a shared norm, stays. */
  void add(
      String name,
      List<Long> shape,
      List<Published> published,
      LongUnaryOperator order,
      int block,
      Change change,
      Scale scale) {
    total += published.size();
    if (total > MOST) {
      throw new JishiException.BadFile(
          "the configuration asks for more than " + MOST + " tensors; no model has as many");
    }
    moved.putIfAbsent(name, new Moved(name, shape, published, order, block, change, scale));
    published.forEach(p -> read.add(p.name()));
  }

  /** A matrix as it is, and its bias. */
  void linear(TensorRole role, int l, long rows, long cols, boolean bias) {
    linear(role, role, l, rows, cols, bias, 1);
  }

  /** The same under the name of another role, multiplied. */
  void linear(
      TensorRole role, TensorRole target, int l, long rows, long cols, boolean bias, float by) {
    add(
        to.weight(target, l),
        List.of(rows, cols),
        List.of(matrix(role, l, rows, cols)),
        null,
        0,
        Change.NONE,
        by == 1 ? null : _ -> by);
    if (bias) {
      vector(from.bias(role, l), to.bias(target, l), rows, Change.NONE);
    }
  }

  /** Rows of a published matrix, and values of its bias, in another order. */
  void rows(
      Published whole,
      String bias,
      TensorRole target,
      int l,
      long rows,
      LongUnaryOperator order,
      Scale scale) {
    add(
        to.weight(target, l),
        List.of(rows, (long) whole.columns()),
        List.of(whole),
        order,
        0,
        Change.NONE,
        scale);
    if (bias != null) {
      add(
          to.bias(target, l),
          List.of(rows),
          List.of(Published.values(bias, whole.rows())),
          order,
          0,
          Change.NONE,
          scale);
    }
  }

  /** A vector of a role. */
  void vector(TensorRole role, int l, long size) {
    vector(from.weight(role, l), to.weight(role, l), size, Change.NONE);
  }

  /** A vector. */
  void vector(String published, String name, long size, Change change) {
    add(name, List.of(size), List.of(Published.rows(published, size)), null, 0, change, null);
  }

  /** Values in another shape. */
  void values(TensorRole role, int l, Long[] shape, List<Long> target, Change change) {
    add(
        to.weight(role, l),
        target,
        List.of(Published.rows(from.weight(role, l), shape)),
        null,
        0,
        change,
        null);
  }

  /** Gain and bias of a norm. */
  void norm(DecoderSpec.Place place, int l, long size) {
    if (place != null) {
      norm(place.role(), l, size, place.norm());
    }
  }

  /** Gain and bias of a norm. */
  void norm(TensorRole role, int l, long size, NormSpec norm) {
    vector(
        from.weight(role, l),
        to.weight(role, l),
        size,
        norm.plusOne() ? Change.PLUS_ONE : Change.NONE);
    if (norm.bias()) {
      vector(from.bias(role, l), to.bias(role, l), size, Change.NONE);
    }
  }

  /** A convolution's taps and bias. */
  void convolution(TensorRole role, int l, long channels, long kernel, boolean bias, Long... to4) {
    List<Long> target = to4.length == 0 ? List.of(channels, kernel) : List.of(to4);
    values(role, l, new Long[] {channels, 1L, kernel}, target, Change.NONE);
    if (bias) {
      vector(from.bias(role, l), to.bias(role, l), channels, Change.NONE);
    }
  }

  /** A name in the GGUF file. */
  String target(TensorRole role, int l) {
    return to.weight(role, l);
  }

  /** The name of a bias in the GGUF file. */
  String targetBias(TensorRole role, int l) {
    return to.bias(role, l);
  }
}
