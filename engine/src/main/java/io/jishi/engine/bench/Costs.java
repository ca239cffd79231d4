// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.model.DecoderSpec;
import io.jishi.model.Model;
import io.jishi.model.StoredTensor;
import io.jishi.model.TensorRole;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a model's steps cost at least, whatever runs them: bytes of weights and cache to read,
 * multiplications and additions to make.
 */
final class Costs {
  private final DecoderSpec spec;
  private final StateSpec states;
  private final List<StoredTensor> matrices;
  private final StoredTensor embedding;
  private final StoredTensor output;

  Costs(Model model, DType cache) {
    spec = model.decoder().spec();
    states = model.decoder().stateSpec(cache);
    matrices = model.tensors().values().stream().filter(t -> t.shape().size() == 2).toList();
    embedding = find(TensorRole.EMBEDDING, TensorRole.OUTPUT);
    output = spec.tiedOutput() ? embedding : find(TensorRole.OUTPUT);
  }

  /** The matrix of the first role that the file has. */
  private StoredTensor find(TensorRole... roles) {
    return Stream.of(roles)
        .flatMap(role -> Stream.of(role.gguf(0), role.huggingFace(0)))
        .flatMap(name -> matrices.stream().filter(t -> t.name().equals(name + ".weight")))
        .findFirst()
        .orElseThrow();
  }

  /** The type that holds most of the weights. */
  DType mainType() {
    Map<DType, Long> bytes =
        matrices.stream()
            .collect(
                Collectors.groupingBy(
                    StoredTensor::type, Collectors.summingLong(StoredTensor::bytes)));
    return bytes.entrySet().stream()
        .max(Comparator.comparingLong(Map.Entry::getValue))
        .orElseThrow()
        .getKey();
  }

  /** Operations of tokens {@code from} to {@code to} of a sequence, without their logits. */
  double operations(int from, int to) {
    double keys = (from + to) / 2.0;
    return (to - from) * (2.0 * layerElements() + attention(keys));
  }

  /** Operations of the logits of a token. */
  double outputOperations() {
    return 2.0 * output.elements();
  }

  /** Bytes of the weights of all layers. */
  double layerBytes() {
    return layers().mapToLong(StoredTensor::bytes).sum();
  }

  /** Bytes of the output matrix. */
  double outputBytes() {
    return output.bytes();
  }

  private double layerElements() {
    return layers().mapToLong(StoredTensor::elements).sum();
  }

  private Stream<StoredTensor> layers() {
    return matrices.stream().filter(t -> t != embedding && t != output);
  }

  private double attention(double keys) {
    double sum = 0;
    for (DecoderSpec.Layer layer : spec.layers()) {
      for (DecoderSpec.Part part : layer.parts()) {
        sum +=
            switch (part) {
              case DecoderSpec.GroupedAttention a -> 4.0 * a.heads() * a.headDim() * keys;
              case DecoderSpec.BidirectionalAttention b ->
                  4.0 * b.heads().heads() * b.heads().headDim() * keys;
              case DecoderSpec.LatentAttention a ->
                  2.0 * a.heads() * (2 * a.rank() + a.rotary()) * keys;
              default -> 0;
            };
      }
    }
    return sum;
  }

  /** Bytes of cache that a step of one sequence reads over {@code keys} positions. */
  double cacheBytes(double keys) {
    double sum = 0;
    for (StateSpec.Layer layer : states.layers()) {
      sum +=
          switch (layer) {
            case StateSpec.Rows rows -> rows.tokenBytes() * keys;
            case StateSpec.Recurrent r -> 2.0 * r.bytes();
          };
    }
    return sum;
  }
}
