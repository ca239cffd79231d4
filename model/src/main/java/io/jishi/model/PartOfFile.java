// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Some tensors of a file under other names. Closing it does nothing: the file is another's. */
final class PartOfFile implements WeightFile {
  private final WeightFile all;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> stored = new HashMap<>();

  /**
   * A part of a file.
   *
   * @param names the name that a tensor gets, or null where it does not belong
   * @param flat whether tensors of more than two dimensions become matrices
   */
  PartOfFile(WeightFile all, UnaryOperator<String> names, boolean flat) {
    this.all = all;
    for (StoredTensor tensor : all.tensors().values()) {
      String name = names.apply(tensor.name());
      if (name != null) {
        List<Long> shape = flat ? flat(tensor.shape()) : tensor.shape();
        tensors.put(name, new StoredTensor(name, tensor.type(), shape, tensor::data));
        stored.put(name, tensor.name());
      }
    }
  }

  private static List<Long> flat(List<Long> shape) {
    return shape.size() <= 2
        ? shape
        : List.of(shape.getFirst(), shape.stream().skip(1).reduce(1L, Math::multiplyExact));
  }

  @Override
  public Path path() {
    return all.path();
  }

  @Override
  public Map<String, StoredTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public void release(String name) {
    all.release(stored.getOrDefault(name, name));
  }

  @Override
  public void close() {}
}
