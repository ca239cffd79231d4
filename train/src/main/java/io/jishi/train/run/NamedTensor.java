// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Floats of a run that change from step to step.
 *
 * @param name in the files of a checkpoint
 * @param shape row-major
 * @param floats the memory itself, in native order
 */
public record NamedTensor(String name, List<Long> shape, MemorySegment floats) {

  /** Checks that the memory has as many floats as the shape. */
  public NamedTensor {
    shape = List.copyOf(shape);
    long count = shape.stream().reduce(1L, Math::multiplyExact);
    if (floats.byteSize() != 4 * count) {
      throw new IllegalArgumentException(name + " " + shape + " are not " + floats.byteSize());
    }
  }
}
