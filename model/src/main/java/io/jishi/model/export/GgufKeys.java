// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.LatentAttention;
import io.jishi.model.DecoderSpec.Part;
import io.jishi.model.GgufLayout;
import io.jishi.model.GgufLayout.Trait;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.RopeSpec;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Routing;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A spec as the metadata of a GGUF file, under the keys that llama.cpp's converters write. */
final class GgufKeys {
  /** Slopes of ALiBi begin at 2^(-this / heads) in all files that say it. */
  private static final float ALIBI = 8;

  private static final int SOFTMAX = 1;
  private static final int SIGMOID = 2;

  private final DecoderSpec spec;
  private final GgufLayout layout;
  private final ModelConfig config;
  private final Map<String, Object> keys = new LinkedHashMap<>();

  private GgufKeys(DecoderSpec spec, GgufLayout layout, ModelConfig config) {
    this.spec = spec;
    this.layout = layout;
    this.config = config;
  }

  /**
   * The pairs of a model.
   *
   * @param config of its published files, for the few sizes that a spec leaves out
   */
  static Map<String, Object> of(DecoderSpec spec, GgufLayout layout, ModelConfig config) {
    GgufKeys all = new GgufKeys(spec, layout, config);
    all.sizes();
    all.attention();
    all.channels();
    all.recurrent();
    all.multipliers();
    return all.keys;
  }

  private void put(String key, Object value) {
    keys.put(layout.architecture() + "." + key, value);
  }

  private Stream<Part> parts() {
    return spec.layers().stream().flatMap(layer -> layer.parts().stream());
  }

  private <T extends Part> T first(Class<T> kind) {
    return parts().filter(kind::isInstance).map(kind::cast).findFirst().orElse(null);
  }

  private void sizes() {
    put("vocab_size", spec.vocabulary());
    put("embedding_length", spec.width());
    put("block_count", spec.layers().size());
    put("context_length", spec.context());
    NormSpec norm = spec.norm() != null ? spec.norm() : spec.embedding().norm();
    boolean rms = norm.kind() == Norm.Kind.RMS;
    put("attention.layer_norm_" + (rms ? "rms_epsilon" : "epsilon"), norm.eps());
  }

  /** The heads of a layer's attention in a family that has one kind, or null. */
  private static GroupedAttention grouped(Part part) {
    return switch (part) {
      case GroupedAttention a -> a;
      case DecoderSpec.BidirectionalAttention b -> b.heads();
      default -> null;
    };
  }

  private void attention() {
    LatentAttention latent = first(LatentAttention.class);
    List<GroupedAttention> all = parts().map(GgufKeys::grouped).filter(Objects::nonNull).toList();
    if (latent != null) {
      latent(latent);
    } else if (all.isEmpty()) {
      put("attention.head_count", 0); // llama.cpp asks for it all the same
    } else {
      grouped(all);
    }
  }

  private void grouped(List<GroupedAttention> all) {
    GroupedAttention a = all.getFirst();
    put("attention.head_count", a.heads());
    kvHeads(a.kvHeads());
    put("attention.key_length", a.headDim());
    put("attention.value_length", a.headDim());
    List<Integer> windows = all.stream().map(each -> each.scores().window()).toList();
    int window = windows.stream().max(Integer::compare).orElse(0);
    if (window > 0) {
      put("attention.sliding_window", window);
      boolean some = windows.contains(0) && windows.size() == spec.layers().size();
      if (some) {
        boolean[] near = new boolean[windows.size()];
        for (int l = 0; l < near.length; l++) {
          near[l] = windows.get(l) > 0;
        }
        put("attention.sliding_window_pattern", near);
      }
    }
    if (a.scores().softCap() > 0) {
      put("attn_logit_softcapping", a.scores().softCap());
    }
    if (a.scores().alibi() > 0) {
      put("attention.max_alibi_bias", ALIBI);
    }
    double plain = 1 / Math.sqrt(a.headDim());
    boolean scaled = Math.abs(a.scores().scale() - plain) > plain * 1e-6;
    if (scaled && !layout.is(Trait.FOLDED)) {
      put("attention.scale", (float) a.scores().scale());
    }
    rope(all.stream().map(GroupedAttention::rope).filter(Objects::nonNull).toList(), all);
  }

  /** One number, or one a layer where some layers have no attention. */
  private void kvHeads(int heads) {
    int[] each = new int[spec.layers().size()];
    boolean some = false;
    for (int l = 0; l < each.length; l++) {
      boolean has =
          spec.layers().get(l).parts().stream()
              .anyMatch(p -> grouped(p) != null || p instanceof LatentAttention);
      each[l] = has ? heads : 0;
      some |= !has;
    }
    boolean periodic = first(DecoderSpec.GatedDelta.class) != null;
    put("attention.head_count_kv", some && !periodic ? each : (Object) heads);
  }

  private void latent(LatentAttention a) {
    boolean split = layout.is(Trait.SPLIT_LATENT);
    put("attention.head_count", a.heads());
    kvHeads(split ? 1 : a.heads());
    put("attention.kv_lora_rank", a.rank());
    if (a.queryRank() > 0) {
      put("attention.q_lora_rank", a.queryRank());
    }
    int key = a.keyDim() + a.rotary();
    put("attention.key_length", split ? a.rank() + a.rotary() : key);
    put("attention.value_length", split ? a.rank() : a.valueDim());
    if (split) {
      put("attention.key_length_mla", key);
      put("attention.value_length_mla", a.valueDim());
    }
    put("rope.dimension_count", a.rotary());
    if (a.rope() != null) {
      rope(List.of(a.rope()), List.of());
      if (a.rope().scaling() instanceof RopeSpec.Yarn y) {
        double growth = Math.sqrt(a.scale() * Math.sqrt(key));
        put("rope.scaling.yarn_log_multiplier", (float) ((growth - 1) / Math.log(y.factor())));
      }
    }
  }

  private void rope(List<RopeSpec> ropes, List<GroupedAttention> all) {
    if (ropes.isEmpty()) {
      return;
    }
    // Layers without a window count where some have one: theirs is the base of the whole model.
    RopeSpec whole =
        all.stream()
            .filter(a -> a.rope() != null && a.scores().window() == 0)
            .map(GroupedAttention::rope)
            .findFirst()
            .orElse(ropes.getFirst());
    put("rope.dimension_count", whole.dims());
    put("rope.freq_base", (float) whole.base());
    ropes.stream()
        .filter(r -> r.base() != whole.base())
        .findFirst()
        .ifPresent(near -> put("rope.freq_base_swa", (float) near.base()));
    if (whole.axes() instanceof RopeSpec.Sections || layout.is(Trait.VALUE_HEADS_DEALT)) {
      put("rope.dimension_sections", sections(whole));
    }
    scaling(whole.scaling());
  }

  /** Pairs of time, rows and columns, which llama.cpp asks for of texts too; a fourth is unused. */
  private static int[] sections(RopeSpec rope) {
    int[] sizes = new int[4];
    if (rope.axes() instanceof RopeSpec.Sections s) {
      for (int i = 0; i < Math.min(4, s.sizes().size()); i++) {
        sizes[i] = s.sizes().get(i);
      }
    } else {
      sizes[2] = rope.dims() / 2 / 3;
      sizes[1] = (rope.dims() / 2 - sizes[2]) / 2;
      sizes[0] = rope.dims() / 2 - sizes[1] - sizes[2];
    }
    return sizes;
  }

  private void scaling(RopeSpec.Scaling scaling) {
    switch (scaling) {
      case RopeSpec.LinearScaling s -> {
        put("rope.scaling.type", "linear");
        put("rope.scaling.factor", (float) s.factor());
      }
      case RopeSpec.Yarn y -> {
        put("rope.scaling.type", "yarn");
        put("rope.scaling.factor", (float) y.factor());
        put("rope.scaling.original_context_length", (int) y.original());
        put("rope.scaling.yarn_beta_fast", (float) y.fast());
        put("rope.scaling.yarn_beta_slow", (float) y.slow());
        double usual = y.factor() <= 1 ? 1 : 0.1 * Math.log(y.factor()) + 1;
        if (first(LatentAttention.class) == null && Math.abs(y.magnitude() / usual - 1) > 1e-6) {
          put("rope.scaling.attn_factor", (float) (y.magnitude() / usual));
        }
      }
      case RopeSpec.LongFactors f -> {
        put("rope.scaling.original_context_length", (int) f.original());
        put("rope.scaling.attn_factor", (float) f.magnitude());
      }
      case RopeSpec.Plain _, RopeSpec.Llama3 _, RopeSpec.Divisors _, RopeSpec.DynamicBase _ -> {}
    }
  }

  private void channels() {
    DecoderSpec.FeedForward dense = first(DecoderSpec.FeedForward.class);
    DecoderSpec.Mixture mixture = first(DecoderSpec.Mixture.class);
    if (mixture == null) {
      put("feed_forward_length", dense == null ? 0 : dense.inner());
      return;
    }
    int expert = mixture.expert().inner();
    put(
        "feed_forward_length",
        dense != null
            ? dense.inner()
            : layout.is(Trait.EXPERT_INNER_IS_INNER)
                ? expert
                : config.integer("intermediate_size").orElse(expert));
    experts(mixture, expert);
  }

  private void experts(DecoderSpec.Mixture m, int expert) {
    if (!layout.architecture().equals("llama")) {
      put("expert_feed_forward_length", expert);
    }
    Routing r = m.routing();
    put("expert_count", r.experts());
    put("expert_used_count", r.chosen());
    if (m.shared() != null) {
      put("expert_shared_feed_forward_length", m.shared().inner());
      put("expert_shared_count", Math.max(1, m.shared().inner() / expert));
    }
    if (r.scoring() != Routing.Scoring.SOFTMAX_CHOSEN) {
      put("expert_gating_func", r.scoring() == Routing.Scoring.SIGMOID ? SIGMOID : SOFTMAX);
      put("expert_weights_norm", r.normalise());
    }
    if (r.scale() != 1) {
      put("expert_weights_scale", r.scale());
    }
    if (r.groups() > 1) {
      put("expert_group_count", r.groups());
      put("expert_group_used_count", r.openGroups());
    }
    int first = 0;
    while (!(spec.layers().get(first).parts().getLast() instanceof DecoderSpec.Mixture)) {
      first++;
    }
    put("leading_dense_block_count", first);
    if (config.integer("moe_layer_interval").isPresent()) {
      put("interleave_moe_layer_step", config.require("moe_layer_interval"));
    }
  }

  private void recurrent() {
    for (Part part : parts().distinct().toList()) {
      switch (part) {
        case DecoderSpec.Mamba m -> ssm(m.kernel(), m.inner(), m.state(), m.stepRank(), 0);
        case DecoderSpec.Mamba2 m -> ssm(m.kernel(), m.inner(), m.state(), m.heads(), m.groups());
        case DecoderSpec.GatedDelta d -> {
          int inner = d.valueHeads() * d.valueDim();
          ssm(d.kernel(), inner, d.keyDim(), d.valueHeads(), d.keyHeads());
          put("full_attention_interval", config.integer("full_attention_interval").orElse(4));
        }
        case DecoderSpec.ChannelDelta d -> {
          put("ssm.conv_kernel", d.kernel());
          put("kda.head_dim", d.headDim());
        }
        case DecoderSpec.ShortConvolution c -> put("shortconv.l_cache", c.kernel());
        default -> {}
      }
    }
  }

  private void ssm(int kernel, int inner, int state, int rank, int groups) {
    put("ssm.conv_kernel", kernel);
    put("ssm.inner_size", inner);
    put("ssm.state_size", state);
    put("ssm.time_step_rank", rank);
    if (groups > 0) {
      put("ssm.group_count", groups);
    }
  }

  private void multipliers() {
    boolean folded = layout.is(Trait.FOLDED);
    DecoderSpec.Embedding e = spec.embedding();
    if (e.scale() != 1 && !folded && !layout.is(Trait.EMBEDDING_SCALE_IMPLIED)) {
      put("embedding_scale", e.scale());
    }
    float residual = spec.layers().getFirst().blocks().getFirst().multiplier();
    if (residual != 1) {
      put("residual_scale", residual);
    }
    DecoderSpec.Head head = spec.head();
    if (head != null && head.scale() != 1 && !folded) {
      boolean times = layout.is(Trait.LOGITS_MULTIPLIED);
      put("logit_scale", times ? head.scale() : 1 / head.scale());
    }
    if (head != null && head.softCap() > 0) {
      put("final_logit_softcapping", head.softCap());
    }
    if (layout.architecture().equals("gptneox")) {
      put("use_parallel_residual", spec.layers().getFirst().blocks().size() == 1);
    }
  }
}
