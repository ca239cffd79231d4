// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Backend;
import io.jishi.tensor.DType;
import io.jishi.tensor.Dequantizer;
import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Finds the tensors that a spec needs, checks their shapes, and builds the decoder over them. */
final class DecoderLoader {
  /**
   * Tensors that some files carry and no forward pass needs: they follow from the configuration.
   */
  private static final Set<String> DERIVED = Set.of("rope_freqs.weight");

  private static final String DERIVED_SUFFIX = ".rotary_emb.inv_freq";

  /** How the stem of a tensor's name is written in a file. */
  @FunctionalInterface
  interface Names {
    /** The stem for a role in a layer. */
    String stem(TensorRole role, int layer);
  }

  private final DecoderSpec spec;
  private final WeightFile file;
  private final Names names;
  private final Backend backend;
  private final SegmentAllocator memory;
  private final boolean pack;
  private final Set<String> used = new HashSet<>();
  private final Map<RopeSpec, Rope> ropes = new HashMap<>();

  /**
   * Ready to load.
   *
   * @param pack whether weights may be copied into the backend's own layout
   */
  DecoderLoader(
      DecoderSpec spec, WeightFile file, Names names, Backend backend, Arena arena, boolean pack) {
    this.spec = spec;
    this.file = file;
    this.names = names;
    this.backend = backend;
    this.memory = backend.weightMemory(arena);
    this.pack = pack;
  }

  Decoder load() {
    Weight embedding = stored(embeddingRole(), 0, spec.vocabulary(), spec.width());
    Weight output;
    if (spec.tiedOutput()) {
      output = prepared(embedding);
      embedding = output; // one copy in memory, not two
    } else {
      output = matrix(TensorRole.OUTPUT, 0, spec.vocabulary(), spec.width());
    }
    List<Decoder.Layer> layers = new ArrayList<>();
    for (int l = 0; l < spec.layers().size(); l++) {
      DecoderSpec.Layer layer = spec.layers().get(l);
      layers.add(
          new Decoder.Layer(
              vector(TensorRole.MIXER_NORM, l, ".weight", spec.width()),
              mixer(l, layer.mixer()),
              vector(TensorRole.CHANNEL_NORM, l, ".weight", spec.width()),
              channel(l, layer.channel())));
    }
    Weight norm = vector(TensorRole.FINAL_NORM, 0, ".weight", spec.width());
    refuseUnused();
    return new Decoder(spec, embedding, layers, norm, Linear.of(output));
  }

  /** Safetensors keep one copy of tied matrices, under either name. */
  private TensorRole embeddingRole() {
    boolean there = file.tensors().containsKey(names.stem(TensorRole.EMBEDDING, 0) + ".weight");
    return spec.tiedOutput() && !there ? TensorRole.OUTPUT : TensorRole.EMBEDDING;
  }

  private Mixer mixer(int l, DecoderSpec.Mixer mixer) {
    return switch (mixer) {
      case DecoderSpec.GroupedAttention a -> grouped(l, a);
    };
  }

  private Mixer grouped(int l, DecoderSpec.GroupedAttention a) {
    int queries = a.heads() * a.headDim();
    int keys = a.kvHeads() * a.headDim();
    Linear input =
        linear(
            l,
            spec.width(),
            a.inputBias(),
            List.of(TensorRole.QUERY, TensorRole.KEY, TensorRole.VALUE),
            queries,
            keys,
            keys);
    Linear output =
        linear(l, queries, a.outputBias(), List.of(TensorRole.ATTENTION_OUTPUT), spec.width());
    boolean norm = a.headNorm();
    Attention attention =
        new Attention(
            a.heads(),
            a.kvHeads(),
            a.headDim(),
            ropes.computeIfAbsent(a.rope(), RopeSpec::rope),
            norm ? vector(TensorRole.QUERY_NORM, l, ".weight", a.headDim()) : null,
            norm ? vector(TensorRole.KEY_NORM, l, ".weight", a.headDim()) : null,
            spec.eps(),
            (float) (1 / Math.sqrt(a.headDim())));
    return new Mixer.Grouped(l, input, attention, output);
  }

  private Channel channel(int l, DecoderSpec.Channel channel) {
    return switch (channel) {
      case DecoderSpec.GatedFeedForward f -> {
        List<TensorRole> roles = List.of(TensorRole.GATE, TensorRole.UP);
        Linear gateUp = linear(l, spec.width(), f.bias(), roles, f.inner(), f.inner());
        Linear down = linear(l, f.inner(), f.bias(), List.of(TensorRole.DOWN), spec.width());
        yield new Channel.Gated(new FeedForward(gateUp, down, Activation.SILU));
      }
    };
  }

  private Linear linear(int l, int in, boolean bias, List<TensorRole> roles, int... outs) {
    List<Weight> weights = new ArrayList<>();
    List<Weight> biases = new ArrayList<>();
    for (int k = 0; k < outs.length; k++) {
      weights.add(matrix(roles.get(k), l, outs[k], in));
      biases.add(bias ? vector(roles.get(k), l, ".bias", outs[k]) : null);
    }
    return Linear.of(weights, biases);
  }

  private Weight matrix(TensorRole role, int l, int rows, int cols) {
    return prepared(stored(role, l, rows, cols));
  }

  private Weight prepared(Weight weight) {
    Weight prepared = pack ? backend.prepare(weight, memory) : weight;
    if (prepared != weight) {
      file.release(weight.name());
    }
    return prepared;
  }

  private Weight stored(TensorRole role, int l, int rows, int cols) {
    StoredTensor tensor =
        tensor(names.stem(role, l) + ".weight", List.of((long) rows, (long) cols));
    return Weight.stored(tensor.name(), tensor.type(), rows, cols, tensor.data());
  }

  /** A vector, decoded to FP32: it is small and read in every step. */
  private Weight vector(TensorRole role, int l, String suffix, int size) {
    StoredTensor tensor = tensor(names.stem(role, l) + suffix, List.of((long) size));
    if (tensor.type() == DType.F32) {
      return Weight.stored(tensor.name(), DType.F32, 1, size, tensor.data());
    }
    float[] values = new float[size];
    byte[] raw = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    Dequantizer.dequantize(tensor.type(), raw, size, values);
    MemorySegment floats = memory.allocate((long) size * Float.BYTES, 64);
    MemorySegment.copy(values, 0, floats, ValueLayout.JAVA_FLOAT, 0, size);
    return Weight.stored(tensor.name(), DType.F32, 1, size, floats);
  }

  private StoredTensor tensor(String name, List<Long> shape) {
    StoredTensor tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new JishiException.BadFile(
          file.path() + ": the tensor '" + name + "' is missing; is a part of the model absent?");
    }
    if (!tensor.shape().equals(shape)) {
      throw new JishiException.BadFile(
          file.path()
              + ": tensor '"
              + name
              + "' has shape "
              + tensor.shape()
              + ", the configuration asks for "
              + shape);
    }
    if (!tensor.type().runnable()) {
      throw new JishiException.Unsupported(
          file.path()
              + ": tensor '"
              + name
              + "' is stored as "
              + tensor.type()
              + ", which is not supported yet; supported are "
              + runnableTypes());
    }
    used.add(name);
    return tensor;
  }

  private static String runnableTypes() {
    return String.join(
        ", ", Stream.of(DType.values()).filter(DType::runnable).map(DType::name).toList());
  }

  /** A tensor that nothing reads means that the model is not what its configuration says. */
  private void refuseUnused() {
    Set<String> left = new TreeSet<>(file.tensors().keySet());
    left.removeAll(used);
    left.removeIf(name -> DERIVED.contains(name) || name.endsWith(DERIVED_SUFFIX));
    if (spec.tiedOutput()) {
      // Some converters write the tied matrix a second time.
      left.remove(names.stem(TensorRole.OUTPUT, 0) + ".weight");
    }
    if (!left.isEmpty()) {
      throw new JishiException.Unsupported(
          file.path()
              + ": "
              + left.size()
              + " tensors are not part of a '"
              + spec.architecture()
              + "' model with this configuration, for example '"
              + left.iterator().next()
              + "': this variant is not supported");
    }
  }
}
