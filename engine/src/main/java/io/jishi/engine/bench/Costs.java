// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.model.DecoderSpec;
import io.jishi.model.Model;
import io.jishi.model.StoredTensor;
import io.jishi.model.TensorRole;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /** Of the experts of a mixture, those that a token chooses. */
  private final double chosenShare;

  Costs(Model model, DType cache) {
    spec = model.decoder().spec();
    states = model.decoder().stateSpec(cache);
    matrices = model.tensors().values().stream().filter(t -> t.shape().size() >= 2).toList();
    embedding = find(TensorRole.EMBEDDING, TensorRole.OUTPUT);
    output = spec.tiedOutput() ? embedding : find(TensorRole.OUTPUT);
    chosenShare = chosenShare(spec);
  }

  /** The matrix of the first role that the file has. */
  private StoredTensor find(TensorRole... roles) {
    return Stream.of(roles)
        .flatMap(role -> names(role).stream())
        .flatMap(name -> matrices.stream().filter(t -> t.name().equals(name)))
        .findFirst()
        .orElseThrow();
  }

  private Set<String> names(TensorRole role) {
    Set<String> names = new LinkedHashSet<>();
    names.add(role.gguf(0) + ".weight");
    names.add(role.huggingFace(0) + ".weight");
    names.add(spec.checkpoint().weight(role, 0));
    return names;
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

  /**
   * Bytes of the weights of all layers that a step of so many tokens reads: of experts those that
   * are chosen, where all are chosen alike.
   */
  double layerBytes(int tokens) {
    double share = 1 - Math.pow(1 - chosenShare, tokens);
    return layers().mapToDouble(t -> t.expert() ? share * t.bytes() : t.bytes()).sum();
  }

  /** Bytes of the output matrix. */
  double outputBytes() {
    return output.bytes();
  }

  /** Weights that a token meets: of experts those that it chooses. */
  private double layerElements() {
    return layers().mapToDouble(t -> t.expert() ? chosenShare * t.elements() : t.elements()).sum();
  }

  private static double chosenShare(DecoderSpec spec) {
    return spec.layers().stream()
        .flatMap(layer -> layer.parts().stream())
        .filter(DecoderSpec.Mixture.class::isInstance)
        .map(part -> ((DecoderSpec.Mixture) part).routing())
        .mapToDouble(routing -> (double) routing.chosen() / routing.experts())
        .findFirst()
        .orElse(1);
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
