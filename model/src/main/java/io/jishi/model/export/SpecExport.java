// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.BidirectionalAttention;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.ModelConfig;
import io.jishi.model.Pooling;
import io.jishi.model.RopeSpec;
import io.jishi.model.TensorRole;
import io.jishi.model.WeightMix;
import io.jishi.model.family.Family;
import io.jishi.tensor.Norm;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A GGUF file of a model by its spec: each role's tensor under its GGUF name, sizes under the keys
 * that llama.cpp's converters write. For the families listed here, whose names and orders of rows
 * are known to be those; {@link GgufExport} has the others.
 */
final class SpecExport {
  /** {@code model_type}, and the architecture in GGUF. */
  private static final Map<String, String> FAMILIES =
      Map.ofEntries(
          Map.entry("bert", "bert"),
          Map.entry("roberta", "bert"),
          Map.entry("xlm-roberta", "bert"),
          Map.entry("nomic_bert", "nomic-bert"),
          Map.entry("modernbert", "modern-bert"),
          Map.entry("mixtral", "llama"),
          Map.entry("qwen2_moe", "qwen2moe"),
          Map.entry("qwen3_moe", "qwen3moe"),
          Map.entry("gemma", "gemma"),
          Map.entry("cohere", "command-r"),
          Map.entry("phi3", "phi3"),
          Map.entry("gpt2", "gpt2"),
          Map.entry("granite", "granite"));

  private final ModelSource model;
  private final JsonObject config;
  private final DecoderSpec spec;
  private final String arch;
  private final TensorSource tensors;

  private SpecExport(ModelSource model, String arch) {
    this.model = model;
    this.config = model.config();
    this.arch = arch;
    this.spec = Family.spec(ModelConfig.of(config));
    Map<String, OutputTensor> byName = new LinkedHashMap<>();
    model.tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
    this.tensors = new TensorSource(spec, spec.checkpoint().fitted(byName.keySet()), arch, byName);
  }

  /** The names of families that this writes. */
  static Set<String> families() {
    return FAMILIES.keySet();
  }

  /** A writer of the model's file. */
  static GgufWriter writer(ModelSource model, String family, WeightMix mix) {
    return new SpecExport(model, FAMILIES.get(family)).writer(mix);
  }

  private GgufWriter writer(WeightMix mix) {
    TypePlan plan = new TypePlan(mix, spec.layers().size(), spec.tiedOutput());
    List<OutputTensor> out = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (TensorRole role : TensorRole.values()) {
      if (role.name().endsWith("_POST_NORM") && !placed(role)) {
        continue; // other norms of this family have its name
      }
      for (int l = 0; l < spec.layers().size(); l++) {
        for (OutputTensor tensor : tensors.of(role, l)) {
          if (names.add(tensor.name())) {
            out.add(tensor.as(plan.type(tensor.name(), tensor.shape(), tensor.type())));
          }
        }
      }
    }
    tensors.refuseUnread(model.folder());
    GgufWriter writer = new GgufWriter(out);
    writer.put("general.architecture", arch);
    writer.put(
        "general.name", model.folder().toAbsolutePath().normalize().getFileName().toString());
    if (mix != null) {
      writer.put("general.file_type", mix.fileType());
    }
    sizes(writer);
    parts(writer);
    multipliers(writer);
    if (spec.head() == null) {
      encoder(writer);
    }
    GgufVocabulary.put(writer, model.folder(), spec.vocabulary());
    return writer;
  }

  private boolean placed(TensorRole role) {
    return spec.layers().stream()
        .flatMap(layer -> layer.blocks().stream())
        .flatMap(block -> block.branches().stream())
        .anyMatch(branch -> branch.post() != null && branch.post().role() == role);
  }

  private void sizes(GgufWriter to) {
    GroupedAttention a = attention();
    to.put(arch + ".vocab_size", spec.vocabulary());
    to.put(arch + ".embedding_length", spec.width());
    to.put(arch + ".block_count", spec.layers().size());
    to.put(arch + ".context_length", spec.context());
    to.put(arch + ".attention.head_count", a.heads());
    to.put(arch + ".attention.head_count_kv", a.kvHeads());
    to.put(arch + ".attention.key_length", a.headDim());
    to.put(arch + ".attention.value_length", a.headDim());
    boolean rms = norm().kind() == Norm.Kind.RMS;
    to.put(
        arch + (rms ? ".attention.layer_norm_rms_epsilon" : ".attention.layer_norm_epsilon"),
        norm().eps());
    if (a.rope() != null) {
      if (!(a.rope().scaling() instanceof RopeSpec.Plain)) {
        throw new JishiException.Unsupported(
            config.source()
                + ": this rotary scaling cannot be written to GGUF for '"
                + spec.architecture()
                + "' yet; export safetensors instead");
      }
      to.put(arch + ".rope.freq_base", (float) a.rope().base());
      to.put(arch + ".rope.dimension_count", a.rope().dims());
    }
    if (a.scores().window() > 0) {
      to.put(arch + ".attention.sliding_window", a.scores().window());
    }
  }

  private io.jishi.model.NormSpec norm() {
    return spec.norm() != null ? spec.norm() : spec.embedding().norm();
  }

  private GroupedAttention attention() {
    return switch (spec.layers().getFirst().parts().getFirst()) {
      case GroupedAttention a -> a;
      case BidirectionalAttention b -> b.heads();
      default -> throw new IllegalStateException("no attention first in " + spec.architecture());
    };
  }

  private void parts(GgufWriter to) {
    long kinds =
        spec.layers().stream().map(layer -> layer.parts().getLast().getClass()).distinct().count();
    if (kinds > 1) {
      throw new JishiException.Unsupported(
          config.source()
              + ": GGUF files of '"
              + arch
              + "' cannot say that some layers have experts and others not; export safetensors"
              + " instead");
    }
    for (DecoderSpec.Part part : spec.layers().getFirst().parts()) {
      switch (part) {
        case DecoderSpec.FeedForward f -> to.put(arch + ".feed_forward_length", f.inner());
        case DecoderSpec.Mixture m -> {
          if (!arch.equals("llama")) {
            to.put(arch + ".expert_feed_forward_length", m.expert().inner());
          }
          to.put(arch + ".feed_forward_length", config.requireInt("intermediate_size"));
          to.put(arch + ".expert_count", m.routing().experts());
          to.put(arch + ".expert_used_count", m.routing().chosen());
          if (m.shared() != null) {
            to.put(arch + ".expert_shared_feed_forward_length", m.shared().inner());
          }
        }
        default -> {}
      }
    }
  }

  private void multipliers(GgufWriter to) {
    if (arch.equals("command-r")) {
      to.put(arch + ".logit_scale", spec.head().scale());
    }
    if (arch.equals("granite")) {
      to.put(arch + ".logit_scale", 1 / spec.head().scale());
      to.put(arch + ".embedding_scale", spec.embedding().scale());
      to.put(arch + ".residual_scale", spec.layers().getFirst().blocks().getFirst().multiplier());
      to.put(arch + ".attention.scale", (float) attention().scores().scale());
    }
  }

  private void encoder(GgufWriter to) {
    to.put(arch + ".attention.causal", false);
    if (spec.embedding().types() > 0) {
      to.put("tokenizer.ggml.token_type_count", spec.embedding().types());
    }
    for (DecoderSpec.Layer layer : spec.layers()) {
      for (DecoderSpec.Part part : layer.parts()) {
        if (part instanceof BidirectionalAttention b && b.reach() > 0) {
          to.put(arch + ".attention.sliding_window", 2 * b.reach());
          to.put(arch + ".rope.freq_base_swa", (float) b.heads().rope().base());
        }
      }
    }
    Pooling pooling = model.embedding().pooling();
    boolean scores = spec.summary() != null && !spec.summary().optional();
    if (scores || pooling != null) {
      to.put(
          arch + ".pooling_type",
          scores ? 4 : pooling == Pooling.MEAN ? 1 : pooling == Pooling.CLS ? 2 : 3);
    }
  }
}
