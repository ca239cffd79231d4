// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The tensors of a model: of one on disk, mapped into memory until {@link #close()}. */
public interface WeightFile extends AutoCloseable {

  /** The file that was opened, or the first of several. */
  Path path();

  /** All tensors by name, in file order. */
  Map<String, StoredTensor> tensors();

  /** Whether there is a tensor of that name. */
  default boolean has(String name) {
    return tensors().containsKey(name);
  }

  /**
   * The tensor of that name, null where there is none.
   *
   * @param shape what the reader asks for: tensors that are made up are made so
   */
  default StoredTensor tensor(String name, List<Long> shape) {
    return tensors().get(name);
  }

  /**
   * Says that the bytes of a tensor are not needed for now. Bytes that were made, not mapped, are
   * gone then; they are made again when asked for.
   */
  default void release(String name) {}

  /** Unmaps the files; no tensor may be read afterwards. */
  @Override
  void close();
}
