// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.safetensors;

import io.jishi.model.StoredTensor;
import io.jishi.model.WeightFile;
import io.jishi.model.mapped.MappedFile;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;

/**
 * One safetensors file, mapped into memory. Thread-safe; a tensor that is read after {@link
 * #close()} throws {@code IllegalStateException}.
 */
public final class SafetensorsFile implements WeightFile {
  private final MappedFile file;
  private final Header header;

  private SafetensorsFile(MappedFile file, Header header) {
    this.file = file;
    this.header = header;
  }

  /**
   * Opens a file.
   *
   * @throws io.jishi.base.JishiException.BadFile where it cannot be read, is no safetensors file,
   *     or is damaged or incomplete
   */
  public static SafetensorsFile open(Path path) {
    return MappedFile.open(
        path, (file, source) -> new SafetensorsFile(file, Header.parse(source, file.bytes())));
  }

  @Override
  public Path path() {
    return file.path();
  }

  /** The free text under {@code __metadata__}; empty where there is none. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  /**
   * The tensors of the types that {@link io.jishi.tensor.DType} has, in file order. Asking by name
   * for one of another type ({@code get}, {@code containsKey}) throws {@link
   * io.jishi.base.JishiException.Unsupported}; iteration passes over it, see {@link #otherTypes()}.
   *
   * <p>The format aligns nothing: bytes may start at any address.
   */
  @Override
  public Map<String, StoredTensor> tensors() {
    return header.tensors();
  }

  /** The tensors of types that Jishi does not have: the name and the type as the file writes it. */
  public Map<String, String> otherTypes() {
    return header.tensors().unknown();
  }

  /** The tensors of bytes among them. */
  TensorMap.Bytes bytes(String name) {
    return header.tensors().bytes(name);
  }

  @Override
  public void close() {
    file.close();
  }
}
