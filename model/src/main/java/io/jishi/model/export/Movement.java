// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Carries values of tensors along {@link Moved} ways, to GGUF and back. */
final class Movement {
  private Movement() {}

  /**
   * The tensor of a GGUF file.
   *
   * @param files the published tensors
   * @throws JishiException.BadFile where one is missing or has another shape
   */
  static OutputTensor written(Moved to, Map<String, OutputTensor> files) {
    List<OutputTensor> tensors = new ArrayList<>();
    List<RowSource> parts = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    for (Published p : to.from()) {
      OutputTensor tensor = checked(files.get(p.name()), p.name(), p.shape());
      tensors.add(tensor);
      parts.add(rows(tensor, p));
      counts.add(p.rows());
    }
    boolean whole = to.block() == 0 && to.from().stream().noneMatch(Published::turned);
    DType common = to.plain() ? common(tensors) : DType.F32;
    DType type = common.plain() || whole ? common : DType.F32;
    if (to.same()) {
      OutputTensor only = tensors.getFirst();
      RowSource rows = RowSource.of(only, last(to.shape()));
      return new OutputTensor(to.name(), type, to.shape(), rows::read, only.stored());
    }
    RowSource joined = parts.size() == 1 ? parts.getFirst() : new RowSource.Joined(parts, counts);
    RowSource gathered =
        new RowSource.Picked(
            to.columns(),
            (row, out) -> {
              joined.read(to.source(row), out);
              scale(to.scale(), row, out);
              to.change().apply(out);
            });
    RowSource turned = to.block() == 0 ? gathered : new RowSource.Turned(gathered, to.block());
    int width = last(to.shape());
    RowSource cut = turned.columns() == width ? turned : new RowSource.Cut(turned, width);
    Supplier<MemorySegment> bytes = type.plain() ? null : () -> gathered(to, tensors, counts);
    return new OutputTensor(to.name(), type, to.shape(), cut::read, bytes);
  }

  /** Rows of blocks as they are: not every type that is read can be encoded. */
  private static MemorySegment gathered(Moved to, List<OutputTensor> tensors, List<Long> counts) {
    long size = tensors.getFirst().type().rowBytes(to.columns());
    MemorySegment all = Arena.ofAuto().allocate(size * to.rows());
    List<MemorySegment> parts = tensors.stream().map(t -> t.stored().get()).toList();
    for (long row = 0; row < to.rows(); row++) {
      long left = to.source(row);
      int part = 0;
      while (left >= counts.get(part)) {
        left -= counts.get(part++);
      }
      MemorySegment.copy(parts.get(part), left * size, all, row * size, size);
    }
    return all;
  }

  private static void scale(Moved.Scale scale, long row, float[] out) {
    if (scale != null) {
      float factor = scale.at(row);
      for (int i = 0; i < out.length; i++) {
        out[i] *= factor;
      }
    }
  }

  private static RowSource rows(OutputTensor tensor, Published p) {
    if (!p.turned()) {
      return RowSource.of(tensor, p.columns());
    }
    return new RowSource.Turned(RowSource.of(tensor, p.block()), p.columns());
  }

  private static int last(List<Long> shape) {
    return Math.toIntExact(shape.getLast());
  }

  private static DType common(List<OutputTensor> tensors) {
    DType first = tensors.getFirst().type();
    return tensors.stream().allMatch(t -> t.type() == first) ? first : DType.F32;
  }

  private static OutputTensor checked(OutputTensor tensor, String name, List<Long> shape) {
    if (tensor == null) {
      throw new JishiException.BadFile(
          "the tensor '" + name + "' " + shape + " is missing; is a part of the model absent?");
    }
    if (!longer(tensor.shape()).equals(longer(shape))) {
      throw new JishiException.BadFile(
          "tensor '"
              + name
              + "' has shape "
              + tensor.shape()
              + ", the configuration asks for "
              + shape);
    }
    return tensor;
  }

  private static List<Long> longer(List<Long> shape) {
    return shape.stream().filter(n -> n != 1).toList();
  }

  /**
   * The published tensors of a GGUF file's.
   *
   * @param file its tensors by name
   */
  static List<OutputTensor> unpacked(List<Moved> moved, Map<String, OutputTensor> file) {
    Map<String, Found> found = new LinkedHashMap<>();
    for (Moved m : moved) {
      OutputTensor tensor = checked(file.get(m.name()), m.name(), m.shape());
      RowSource rows =
          m.block() == 0
              ? RowSource.of(tensor, m.columns())
              : new RowSource.Turned(RowSource.of(tensor, m.block()), m.columns());
      long before = 0;
      for (Published p : m.from()) {
        found.computeIfAbsent(p.name(), _ -> new Found(p)).add(m, rows, before);
        before += p.rows();
      }
    }
    return found.values().stream().map(Found::tensor).toList();
  }

  /** Where the rows of a published tensor are in the file. */
  private static final class Found {
    private final Published published;
    private final List<Moved> moved = new ArrayList<>();
    private final List<RowSource> rows = new ArrayList<>();
    private final List<Long> before = new ArrayList<>();
    private long[] places;

    Found(Published published) {
      this.published = published;
    }

    void add(Moved m, RowSource source, long first) {
      moved.add(m);
      rows.add(source);
      before.add(first);
    }

    /** For each row the tensor that has it, times the most rows, plus its row there. */
    private synchronized long[] places() {
      if (places == null) {
        long[] all = new long[Math.toIntExact(published.rows())];
        Arrays.fill(all, -1);
        for (int k = 0; k < moved.size(); k++) {
          Moved m = moved.get(k);
          for (long row = 0; row < m.rows(); row++) {
            long at = m.source(row) - before.get(k);
            if (at >= 0 && at < all.length) {
              all[(int) at] = row * moved.size() + k;
            }
          }
        }
        places = all;
      }
      return places;
    }

    private void read(long row, float[] out) {
      boolean straight = moved.size() == 1 && moved.getFirst().order() == null;
      long place = straight ? before.getFirst() + row : places()[(int) row];
      if (place < 0) {
        Arrays.fill(out, 0); // converters leave out what no token reads: positions before the first
        return;
      }
      int k = straight ? 0 : (int) (place % moved.size());
      rows.get(k).read(straight ? place : place / moved.size(), out);
      moved.get(k).change().undo(out);
    }

    OutputTensor tensor() {
      RowSource all = new RowSource.Picked(published.columns(), this::read);
      RowSource turned = published.turned() ? new RowSource.Turned(all, published.block()) : all;
      int width = last(published.shape());
      RowSource cut = turned.columns() == width ? turned : new RowSource.Cut(turned, width);
      return new OutputTensor(published.name(), DType.F32, published.shape(), cut::read);
    }
  }
}
