// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.model.export.OutputTensor;
import io.jishi.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Floats of a run that change from step to step.
 *
 * @param name in the files of a checkpoint
 * @param shape row-major
 * @param floats the memory itself, in native order
 * @param pairedHead 0 where rows stand in memory as in the files; else the rows of a head, which in
 *     memory stand as GGUF files of Llama have them: the rows i and i + pairedHead / 2 of a file
 *     side by side
 */
public record NamedTensor(String name, List<Long> shape, MemorySegment floats, int pairedHead) {

  /** Checks that the memory has as many floats as the shape, and whole heads. */
  public NamedTensor {
    shape = List.copyOf(shape);
    long count = shape.stream().reduce(1L, Math::multiplyExact);
    if (floats.byteSize() != 4 * count) {
      throw new IllegalArgumentException(name + " " + shape + " are not " + floats.byteSize());
    }
    if (pairedHead != 0 && (pairedHead % 2 != 0 || shape.getFirst() % pairedHead != 0)) {
      throw new IllegalArgumentException(name + " " + shape + " are no heads of " + pairedHead);
    }
  }

  /** Rows that stand in memory as in the files. */
  public NamedTensor(String name, List<Long> shape, MemorySegment floats) {
    this(name, shape, floats, 0);
  }

  /** The same place in a file for other memory. */
  NamedTensor over(MemorySegment other) {
    return new NamedTensor(name, shape, other, pairedHead);
  }

  /** As it is written. */
  OutputTensor output() {
    if (pairedHead == 0) {
      return OutputTensor.of(name, shape, floats);
    }
    OutputTensor.Rows rows =
        (row, out) ->
            MemorySegment.copy(
                floats, ValueLayout.JAVA_FLOAT, 4 * out.length * inMemory(row), out, 0, out.length);
    return new OutputTensor(name, DType.F32, shape, rows);
  }

  /** Takes what {@link #output} wrote. */
  void read(MemorySegment stored) {
    if (pairedHead == 0) {
      MemorySegment.copy(stored, 0, floats, 0, floats.byteSize());
      return;
    }
    long bytes = floats.byteSize() / shape.getFirst();
    for (long row = 0; row < shape.getFirst(); row++) {
      MemorySegment.copy(stored, row * bytes, floats, inMemory(row) * bytes, bytes);
    }
  }

  private long inMemory(long row) {
    long inHead = row % pairedHead;
    int half = pairedHead / 2;
    return row - inHead + inHead % half * 2 + inHead / half;
  }
}
