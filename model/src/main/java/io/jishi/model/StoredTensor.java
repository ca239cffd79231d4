// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One tensor of a weight file, as stored. The reader has checked that type, shape and bytes agree
 * and lie in the file.
 *
 * @param name the name in the file
 * @param type how values are stored
 * @param shape row-major, the last dimension contiguous: a matrix is {@code [out, in]}
 * @param data the bytes, read-only, mapped from the file
 */
public record StoredTensor(String name, DType type, List<Long> shape, MemorySegment data) {

  /** The product of the dimensions. */
  public long elements() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }
}
