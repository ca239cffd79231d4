// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;

/**
 * One tensor of a weight file, as stored. The reader has checked that type, shape and bytes agree
 * and lie in the file.
 *
 * @param name the name in the file
 * @param type how values are stored
 * @param shape row-major, the last dimension contiguous: a matrix is {@code [out, in]}
 * @param source gives the bytes; for a file they are mapped already, else they are made then
 */
public record StoredTensor(
    String name, DType type, List<Long> shape, Supplier<MemorySegment> source) {

  /** A tensor whose bytes are there already, read-only. */
  public StoredTensor(String name, DType type, List<Long> shape, MemorySegment data) {
    this(name, type, shape, () -> data);
  }

  /** The bytes. */
  public MemorySegment data() {
    return source.get();
  }

  /** How many bytes there are. */
  public long bytes() {
    return type.rowBytes(elements());
  }

  /**
   * Whether it holds experts of a mixture: both kinds of files say it in the name. They stay as
   * they are stored, and a token meets only some.
   */
  public boolean expert() {
    return name.contains("_exps.") || name.contains(".experts.");
  }

  /** The product of the dimensions. */
  public long elements() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }
}
