// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.GgufLayout;
import io.jishi.model.GgufLayout.Trait;
import io.jishi.model.ModelConfig;
import io.jishi.model.Pooling;
import io.jishi.model.RopeSpec;
import io.jishi.model.StoredTensor;
import io.jishi.model.TensorRole;
import io.jishi.model.WeightMix;
import io.jishi.model.family.Family;
import io.jishi.model.gguf.GgufMetadata;
import io.jishi.tensor.DType;
import io.jishi.tensor.Rope;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * A GGUF file of a model by its spec: each tensor along its way of {@link TensorMoves}, sizes under
 * the keys of {@link GgufKeys}. Before anything is written, the keys are read back as a loader will
 * read them: a model of which GGUF cannot say what it is is refused, and told what would be lost.
 */
final class SpecExport {
  /** What converters leave out: it follows from the configuration, or is BERT's pooler. */
  private static final List<String> DERIVED =
      List.of(
          ".rotary_emb.inv_freq",
          ".rotary_pos_emb.inv_freq",
          ".attention.bias",
          ".attention.masked_bias",
          "embeddings.position_ids",
          "cls.seq_relationship.weight",
          "cls.seq_relationship.bias",
          "pooler.dense.weight",
          "pooler.dense.bias");

  /** The head for masked tokens, which converters leave out too. */
  private static final List<TensorRole> MASKED =
      List.of(
          TensorRole.MASKED, TensorRole.MASKED_NORM, TensorRole.MASKED_OUT, TensorRole.MASKED_BIAS);

  /** Multipliers that are part of the weights in files of some families, and what is left then. */
  private static final Map<String, Object> WITHOUT =
      Map.ofEntries(
          Map.entry("embedding_multiplier", 1.0),
          Map.entry("lm_head_multiplier", 1.0),
          Map.entry("attention_in_multiplier", 1.0),
          Map.entry("attention_out_multiplier", 1.0),
          Map.entry("key_multiplier", 1.0),
          Map.entry("ssm_in_multiplier", 1.0),
          Map.entry("ssm_out_multiplier", 1.0),
          Map.entry("mlp_multipliers", List.of()),
          Map.entry("ssm_multipliers", List.of()));

  private final ModelSource model;
  private final ModelConfig config;
  private final DecoderSpec spec;
  private final GgufLayout layout;

  private SpecExport(ModelSource model, GgufLayout layout) {
    this.model = model;
    this.layout = layout;
    this.config = ModelConfig.of(model.config());
    this.spec = Family.spec(config);
  }

  /**
   * A writer of the model's file.
   *
   * @param mix types of matrices, null to leave them as they are stored
   * @throws JishiException.Unsupported where GGUF has no form for the family, or none for what this
   *     model does otherwise
   */
  static GgufWriter writer(ModelSource model, WeightMix mix) {
    String family =
        model.config().text("model_type").orElseThrow(() -> model.config().missing("model_type"));
    String architecture = GgufLayout.written().get(family);
    if (architecture == null) {
      throw new JishiException.Unsupported(
          model.config().source()
              + ": GGUF has no form for a model of the family '"
              + family
              + "', or none is known; possible are "
              + String.join(", ", GgufLayout.written().keySet())
              + ". Export safetensors instead");
    }
    return new SpecExport(model, GgufLayout.of(architecture)).writer(mix);
  }

  private GgufWriter writer(WeightMix mix) {
    List<OutputTensor> tensors = tensors();
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("general.architecture", layout.architecture());
    keys.put("general.name", model.name());
    if (mix != null) {
      keys.put("general.file_type", mix.fileType());
    }
    keys.putAll(GgufKeys.of(spec, layout, config));
    if (spec.head() == null) {
      encoder(keys);
    } else if (spec.head().unitRows()) {
      keys.put("jishi.unit_output", true); // no key of the format says it
    }
    pooling(keys);
    refuseOther(keys, tensors);
    TypePlan plan =
        new TypePlan(mix, layout.checkpoint(spec), spec.layers().size(), spec.tiedOutput());
    GgufWriter writer =
        new GgufWriter(
            tensors.stream().map(t -> t.as(plan.type(t.name(), t.shape(), t.type()))).toList());
    keys.forEach(writer::put);
    GgufVocabulary.put(writer, model.folder(), spec.vocabulary());
    return writer;
  }

  private List<OutputTensor> tensors() {
    Map<String, OutputTensor> files = new LinkedHashMap<>();
    model.tensors().forEach(tensor -> files.put(tensor.name(), tensor));
    Function<String, List<Long>> shapes =
        name -> files.containsKey(name) ? files.get(name).shape() : null;
    Checkpoint from = spec.checkpoint().fitted(files.keySet());
    Set<String> read = new HashSet<>();
    List<OutputTensor> tensors = new ArrayList<>();
    try {
      for (Moved moved : TensorMoves.of(spec, layout, from, shapes, read)) {
        tensors.add(Movement.written(moved, files));
      }
    } catch (JishiException.BadFile e) {
      throw new JishiException.BadFile(model.folder() + ": " + e.getMessage());
    }
    refuseUnread(files.keySet(), read);
    tensors.addAll(factors());
    return tensors;
  }

  /** A tensor that has no place in the file would be lost. */
  private void refuseUnread(Set<String> all, Set<String> read) {
    Set<String> left = new TreeSet<>(all);
    left.removeAll(read);
    left.removeIf(name -> DERIVED.stream().anyMatch(name::endsWith));
    if (spec.masked() != null) {
      MASKED.forEach(role -> left.remove(spec.checkpoint().weight(role, 0)));
      MASKED.forEach(role -> left.remove(spec.checkpoint().bias(role, 0)));
    }
    if (!left.isEmpty()) {
      throw new JishiException.Unsupported(
          model.folder()
              + ": the tensor '"
              + left.iterator().next()
              + "' and "
              + (left.size() - 1)
              + " more have no name in GGUF files");
    }
  }

  /** Rotary factors that are tensors in GGUF. */
  private List<OutputTensor> factors() {
    for (DecoderSpec.Layer layer : spec.layers()) {
      for (DecoderSpec.Part part : layer.parts()) {
        RopeSpec rope =
            switch (part) {
              case DecoderSpec.GroupedAttention a -> a.rope();
              case DecoderSpec.LatentAttention a -> a.rope();
              default -> null;
            };
        if (rope != null && rope.scaling() instanceof RopeSpec.LongFactors f) {
          return List.of(
              vector("rope_factors_long.weight", floats(f.longFactors())),
              vector("rope_factors_short.weight", floats(f.shortFactors())));
        }
        if (rope != null && rope.scaling() instanceof RopeSpec.Llama3) {
          return List.of(vector("rope_freqs.weight", divisors(rope)));
        }
      }
    }
    return List.of();
  }

  /** By what the frequencies of Llama 3 are divided. */
  private float[] divisors(RopeSpec rope) {
    RopeSpec plain = new RopeSpec(rope.style(), rope.dims(), rope.base(), new RopeSpec.Plain());
    Rope before = plain.rope(spec.context());
    Rope after = rope.rope(spec.context());
    float[] divisors = new float[before.frequencies().length];
    for (int i = 0; i < divisors.length; i++) {
      divisors[i] = before.frequencies()[i] / after.frequencies()[i];
    }
    return divisors;
  }

  private static float[] floats(double[] doubles) {
    float[] floats = new float[doubles.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) doubles[i];
    }
    return floats;
  }

  private static OutputTensor vector(String name, float[] values) {
    return OutputTensor.of(name, List.of((long) values.length), MemorySegment.ofArray(values));
  }

  private void encoder(Map<String, Object> keys) {
    String prefix = layout.architecture() + ".";
    keys.put(prefix + "attention.causal", false);
    if (spec.embedding().types() > 0) {
      keys.put("tokenizer.ggml.token_type_count", spec.embedding().types());
    }
    for (DecoderSpec.Layer layer : spec.layers()) {
      for (DecoderSpec.Part part : layer.parts()) {
        if (part instanceof DecoderSpec.BidirectionalAttention b && b.reach() > 0) {
          keys.put(prefix + "attention.sliding_window", 2 * b.reach());
          keys.put(prefix + "rope.freq_base_swa", (float) b.heads().rope().base());
        }
      }
    }
  }

  /** How vectors are made of hidden states, or the names of what is scored. */
  private void pooling(Map<String, Object> keys) {
    String key = layout.key("pooling_type");
    if (spec.scores()) {
      keys.put(key, Pooling.SCORES);
      List<String> labels = PublishedEncoder.labels(model.config());
      if (labels.size() > 1) {
        keys.put(layout.key(PublishedEncoder.LABELS), labels.toArray(String[]::new));
      }
      return;
    }
    Pooling pooling = model.embedding().pooling();
    if (pooling != null) {
      keys.put(key, pooling.gguf());
    }
  }

  /** Reads the keys as a loader will. */
  private void refuseOther(Map<String, Object> keys, List<OutputTensor> tensors) {
    String source = "the GGUF file of " + model.folder();
    Map<String, StoredTensor> stored = new LinkedHashMap<>();
    for (OutputTensor tensor : tensors) {
      boolean factors = tensor.name().startsWith("rope_");
      MemorySegment data = MemorySegment.NULL;
      if (factors) {
        float[] values = new float[tensor.columns()];
        tensor.rows().read(0, values);
        data = MemorySegment.ofArray(values);
      }
      DType type = factors ? DType.F32 : tensor.type();
      stored.put(tensor.name(), new StoredTensor(tensor.name(), type, tensor.shape(), data));
    }
    DecoderSpec read =
        Family.spec(ModelConfig.ofGguf(source, GgufMetadata.of(source, keys), stored));
    String differs = SpecDifference.find(expected(), read);
    if (differs != null) {
      throw new JishiException.Unsupported(
          model.config().source()
              + ": GGUF files of '"
              + layout.architecture()
              + "' cannot say what this model is: "
              + differs
              + ". Export safetensors instead");
    }
  }

  /** The spec as it is once what belongs to the weights is part of them. */
  private DecoderSpec expected() {
    DecoderSpec whole = spec;
    if (layout.is(Trait.FOLDED)) {
      ModelConfig without = config;
      for (Map.Entry<String, Object> multiplier : WITHOUT.entrySet()) {
        without = without.with(multiplier.getKey(), multiplier.getValue());
      }
      whole = Family.spec(without);
    } else if (spec.head() != null && spec.head().unitRows()) {
      whole = Family.spec(config.with("norm_head", false));
    }
    return layout.is(Trait.PERMUTED) ? whole.withRopeStyle(Rope.Style.PAIRS) : whole;
  }
}
