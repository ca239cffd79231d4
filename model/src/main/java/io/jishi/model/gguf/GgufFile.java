// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import io.jishi.model.StoredTensor;
import io.jishi.model.WeightFile;
import io.jishi.model.mapped.MappedFile;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A model in the GGUF format, mapped into memory: metadata and tensors, of one file or of all parts
 * of a split one. Thread-safe; a tensor that is read after {@link #close()} throws {@code
 * IllegalStateException}.
 */
public final class GgufFile implements WeightFile {
  private final List<MappedFile> files;
  private final GgufMetadata metadata;
  private final Map<String, StoredTensor> tensors;

  GgufFile(List<MappedFile> files, GgufMetadata metadata, Map<String, StoredTensor> tensors) {
    this.files = List.copyOf(files);
    this.metadata = metadata;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Opens a model. A split one ({@code name-00001-of-0000N.gguf}) is opened by its first part; the
   * others have to lie beside it.
   *
   * @throws io.jishi.base.JishiException.BadFile where the file cannot be read, is no GGUF file, is
   *     damaged or incomplete, lacks a part, or is a later part
   * @throws io.jishi.base.JishiException.Unsupported where version, byte order or a tensor's type
   *     is one that Jishi does not read
   */
  public static GgufFile open(Path path) {
    return GgufSplit.open(path);
  }

  @Override
  public Path path() {
    return files.getFirst().path();
  }

  /** The metadata; of a split model, those of the first part. */
  public GgufMetadata metadata() {
    return metadata;
  }

  /** One value of the metadata, as {@link GgufMetadata} describes, or null where it is absent. */
  public Object metadata(String key) {
    return metadata.get(key);
  }

  /**
   * All tensors by name, in file order, part after part. The bytes of each start at an address that
   * is a multiple of 8 at least.
   */
  @Override
  public Map<String, StoredTensor> tensors() {
    return tensors;
  }

  @Override
  public void close() {
    files.forEach(MappedFile::close);
  }
}
