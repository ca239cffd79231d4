// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.safetensors;

import io.jishi.base.JishiException.Unsupported;
import io.jishi.model.StoredTensor;
import io.jishi.model.mapped.Quote;
import java.lang.foreign.MemorySegment;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tensors by name. A type that Jishi does not know is an error only once such a tensor is asked for
 * by its name: models carry masks and counters that nobody reads.
 */
final class TensorMap extends AbstractMap<String, StoredTensor> {
  private final String source;
  private final Map<String, StoredTensor> known = new LinkedHashMap<>();
  private final Map<String, String> unknown = new LinkedHashMap<>();
  private final Map<String, Bytes> bytes = new LinkedHashMap<>();

  /** Whole numbers of eight bits, which no operation reads as they are. */
  record Bytes(List<Long> shape, MemorySegment data) {}

  TensorMap(String source) {
    this.source = source;
  }

  void add(StoredTensor tensor) {
    known.put(tensor.name(), tensor);
  }

  void addUnknown(String name, String type) {
    unknown.put(name, type);
  }

  void addBytes(String name, List<Long> shape, MemorySegment data) {
    bytes.put(name, new Bytes(shape, data));
  }

  /** The bytes of a tensor of that type, or null. */
  Bytes bytes(String name) {
    return bytes.get(name);
  }

  /** Puts a tensor in the place of two of bytes. */
  void replace(String name, String other, StoredTensor tensor) {
    unknown.remove(name);
    unknown.remove(other);
    known.put(name, tensor);
  }

  /** The types, as written in the file, of the tensors that cannot be asked for. */
  Map<String, String> unknown() {
    return Collections.unmodifiableMap(unknown);
  }

  @Override
  public StoredTensor get(Object name) {
    String type = unknown.get(name);
    if (type != null) {
      throw new Unsupported(
          source
              + ": tensor "
              + Quote.of(name.toString())
              + " has the type "
              + Quote.of(type)
              + ", which this version cannot use; convert the model to BF16, F16 or F32");
    }
    return known.get(name);
  }

  @Override
  public boolean containsKey(Object name) {
    return get(name) != null;
  }

  @Override
  public Set<Entry<String, StoredTensor>> entrySet() {
    return Collections.unmodifiableMap(known).entrySet();
  }
}
