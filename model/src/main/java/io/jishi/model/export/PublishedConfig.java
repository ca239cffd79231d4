// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.model.DecoderSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.RopeSpec;
import io.jishi.model.TensorRole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a GGUF file says of a model, as the {@code config.json} that the family is published with.
 */
final class PublishedConfig {
  /** Names that a family writes otherwise than most. */
  private static final Map<String, Map<String, String>> NAMES =
      Map.ofEntries(
          Map.entry("bert", Map.of("norm_eps", "layer_norm_eps")),
          Map.entry("bloom", Map.of("norm_eps", "layer_norm_epsilon")),
          Map.entry("cohere", Map.of("norm_eps", "layer_norm_eps")),
          Map.entry("cohere2", Map.of("norm_eps", "layer_norm_eps")),
          Map.entry("chatglm", chatGlm()),
          Map.entry("deepseek_v2", Map.of("num_experts", "n_routed_experts")),
          Map.entry("deepseek_v3", Map.of("num_experts", "n_routed_experts")),
          Map.entry("ernie4_5_moe", ernie()),
          Map.entry(
              "falcon",
              Map.of("norm_eps", "layer_norm_epsilon", "num_key_value_heads", "num_kv_heads")),
          Map.entry("glm4_moe", Map.of("num_experts", "n_routed_experts")),
          Map.entry("gpt2", Map.of("norm_eps", "layer_norm_epsilon")),
          Map.entry("gpt_neox", Map.of("norm_eps", "layer_norm_eps")),
          Map.entry("gpt_oss", Map.of("num_experts", "num_local_experts")),
          Map.entry("granitemoehybrid", Map.of("num_experts", "num_local_experts")),
          Map.entry(
              "hunyuan_v1_moe",
              Map.of("num_experts_per_tok", "moe_topk", "n_shared_experts", "num_shared_expert")),
          Map.entry(
              "kimi_linear",
              Map.of(
                  "num_experts_per_tok", "num_experts_per_token",
                  "n_shared_experts", "num_shared_experts",
                  "max_position_embeddings", "model_max_length")),
          Map.entry("lfm2", Map.of("norm_eps", "norm_eps")),
          Map.entry("mamba", Map.of("norm_eps", "layer_norm_epsilon")),
          Map.entry("mamba2", Map.of("norm_eps", "layer_norm_epsilon")),
          Map.entry("mixtral", Map.of("num_experts", "num_local_experts")),
          Map.entry("modernbert", Map.of("norm_eps", "norm_eps")),
          Map.entry("nemotron", Map.of("norm_eps", "norm_eps")),
          Map.entry("nomic_bert", Map.of("norm_eps", "layer_norm_eps")),
          Map.entry("phi", Map.of("norm_eps", "layer_norm_eps")),
          Map.entry("roberta", Map.of("norm_eps", "layer_norm_eps")),
          Map.entry("stablelm", Map.of("norm_eps", "layer_norm_eps")),
          Map.entry("starcoder2", Map.of("norm_eps", "norm_epsilon")),
          Map.entry("xlm-roberta", Map.of("norm_eps", "layer_norm_eps")));

  /** What a layer without attention is called. */
  private static final Map<String, String> RECURRENT =
      Map.of("granitemoehybrid", "mamba", "lfm2", "conv");

  private final DecoderSpec spec;
  private final ModelConfig file;
  private final RecordedConfig recorded;
  private final String family;
  private final LinkedHashMap<String, Object> config = new LinkedHashMap<>();

  private PublishedConfig(
      DecoderSpec spec, ModelConfig file, RecordedConfig recorded, String family) {
    this.spec = spec;
    this.file = file;
    this.recorded = recorded;
    this.family = family;
  }

  private static Map<String, String> chatGlm() {
    return Map.of(
        "norm_eps", "layernorm_epsilon",
        "vocab_size", "padded_vocab_size",
        "num_hidden_layers", "num_layers",
        "intermediate_size", "ffn_hidden_size",
        "num_key_value_heads", "multi_query_group_num",
        "head_dim", "kv_channels",
        "max_position_embeddings", "seq_length");
  }

  private static Map<String, String> ernie() {
    return Map.of(
        "num_experts", "moe_num_experts",
        "num_experts_per_tok", "moe_k",
        "n_shared_experts", "moe_num_shared_experts",
        "first_k_dense_replace", "moe_layer_start_index");
  }

  /**
   * The configuration.
   *
   * @param spec of the file
   * @param file its configuration
   * @param recorded what the family asked of it
   * @param family {@code model_type}
   */
  static LinkedHashMap<String, Object> of(
      DecoderSpec spec, ModelConfig file, RecordedConfig recorded, String family) {
    PublishedConfig made = new PublishedConfig(spec, file, recorded, family);
    made.config.put("model_type", family);
    Map<String, String> names = NAMES.getOrDefault(family, Map.of());
    Map<String, Object> answers = new LinkedHashMap<>(recorded.answers());
    made.adjust(answers);
    answers.forEach(
        (name, value) -> {
          String usual = name.equals("norm_eps") ? "rms_norm_eps" : name;
          made.config.put(names.getOrDefault(name, usual), value);
        });
    Map<String, Object> scaling = made.scaling(recorded.scaling());
    if (!scaling.isEmpty()) {
      made.config.put("rope_scaling", scaling);
    }
    return made.config;
  }

  /** What the names of a family cannot say one by one. */
  private void adjust(Map<String, Object> answers) {
    rotary(answers);
    kinds(answers);
    switch (family) {
      case "baichuan" -> {
        answers.put("norm_head", false);
        if (grouped().scores().alibi() > 0) {
          answers.put("model_max_length", answers.remove("max_position_embeddings"));
        }
      }
      case "cohere", "glm4_moe" -> answers.put("use_qk_norm", file.stored(TensorRole.QUERY_NORM));
      case "deepseek_v2" -> {
        if (answers.get("n_group") instanceof Long groups && groups > 1) {
          answers.put("topk_method", "group_limited_greedy");
        }
      }
      case "falcon" -> {
        boolean many = grouped().kvHeads() > 1;
        answers.put("new_decoder_architecture", many || own());
        answers.put("num_ln_in_parallel_attn", own() ? 2L : 1L);
        answers.put("multi_query", true);
        answers.put("parallel_attn", true);
        answers.put("alibi", false);
      }
      case "falcon_h1" ->
          spec.layers().getFirst().parts().stream()
              .filter(DecoderSpec.Mamba2.class::isInstance)
              .forEach(m -> answers.put("mamba_d_ssm", (long) ((DecoderSpec.Mamba2) m).inner()));
      case "gemma", "gemma2", "gemma3_text" ->
          answers.put("hidden_activation", "gelu_pytorch_tanh");
      case "minicpm", "minicpm3" -> miniCpm(answers);
      default -> {}
    }
    answers.remove("yarn_log_multiplier");
    answers.remove("yarn_factor");
  }

  private boolean own() {
    return file.stored(TensorRole.MIXER_NORM_2);
  }

  private DecoderSpec.GroupedAttention grouped() {
    return (DecoderSpec.GroupedAttention) spec.layers().getFirst().parts().getFirst();
  }

  /** A part of a head, or all of it. */
  private void rotary(Map<String, Object> answers) {
    if (answers.remove("rotary_dim") instanceof Long dims && !family.equals("chatglm")) {
      for (DecoderSpec.Layer layer : spec.layers()) {
        for (DecoderSpec.Part part : layer.parts()) {
          if (part instanceof DecoderSpec.GroupedAttention a && a.headDim() != dims) {
            answers.put("partial_rotary_factor", dims / (double) a.headDim());
          }
        }
      }
    }
  }

  private void kinds(Map<String, Object> answers) {
    List<String> kinds = new ArrayList<>();
    for (DecoderSpec.Layer layer : spec.layers()) {
      DecoderSpec.Part first = layer.parts().getFirst();
      kinds.add(
          switch (first) {
            case DecoderSpec.GroupedAttention a ->
                a.scores().window() > 0 ? "sliding_attention" : "full_attention";
            case DecoderSpec.BidirectionalAttention b ->
                b.reach() > 0 ? "sliding_attention" : "full_attention";
            case DecoderSpec.LatentAttention _ -> "full_attention";
            default -> RECURRENT.getOrDefault(family, "linear_attention");
          });
    }
    if (family.equals("kimi_linear")) {
      kimi(answers, kinds);
    } else if (answers.containsKey("layer_types")
        || List.of("exaone4", "gpt_oss", "gemma2", "gemma3_text", "cohere2").contains(family)) {
      if (family.equals("granitemoehybrid")) {
        kinds.replaceAll(kind -> kind.equals("full_attention") ? "attention" : kind);
      }
      answers.put("layer_types", kinds);
    }
  }

  private static void kimi(Map<String, Object> answers, List<String> kinds) {
    List<Object> whole = new ArrayList<>();
    List<Object> others = new ArrayList<>();
    for (int l = 0; l < kinds.size(); l++) {
      (kinds.get(l).equals("full_attention") ? whole : others).add((long) l + 1);
    }
    Map<String, Object> linear = new LinkedHashMap<>();
    linear.put("full_attn_layers", whole);
    linear.put("kda_layers", others);
    linear.put("head_dim", answers.remove("kda_head_dim"));
    linear.put("num_heads", answers.get("num_attention_heads"));
    linear.put("short_conv_kernel_size", answers.remove("conv_kernel"));
    answers.remove("layer_types");
    answers.put("linear_attn_config", linear);
    answers.put("mla_use_nope", true);
  }

  /** Multipliers under the names of the papers. */
  private void miniCpm(Map<String, Object> answers) {
    for (String name : List.of("embedding_multiplier", "residual_multiplier", "logits_scaling")) {
      answers.remove(name);
    }
    double residual = spec.layers().getFirst().blocks().getFirst().multiplier();
    answers.put("scale_emb", RecordedConfig.plain(spec.embedding().scale()));
    answers.put("scale_depth", RecordedConfig.plain(residual * Math.sqrt(spec.layers().size())));
    answers.put("dim_model_base", RecordedConfig.plain(spec.width() * spec.head().scale()));
  }

  private Map<String, Object> scaling(RopeSpec.Scaling scaling) {
    Map<String, Object> rope = new LinkedHashMap<>();
    switch (scaling) {
      case RopeSpec.LinearScaling s -> {
        rope.put("rope_type", "linear");
        rope.put("factor", RecordedConfig.plain(s.factor()));
      }
      case RopeSpec.Yarn y -> yarn(y, rope);
      case RopeSpec.LongFactors f ->
          longRope(
              rope, list(f.shortFactors()), list(f.longFactors()), f.original(), f.magnitude());
      case RopeSpec.Divisors d -> {
        List<Object> factors = new ArrayList<>();
        for (float divisor : d.divisors()) {
          factors.add(RecordedConfig.plain(divisor));
        }
        longRope(rope, factors, factors, spec.context(), 1);
      }
      case RopeSpec.Plain _, RopeSpec.DynamicBase _, RopeSpec.Llama3 _ -> {}
    }
    return rope;
  }

  private void yarn(RopeSpec.Yarn y, Map<String, Object> rope) {
    rope.put("rope_type", "yarn");
    rope.put("factor", RecordedConfig.plain(y.factor()));
    rope.put("beta_fast", RecordedConfig.plain(y.fast()));
    rope.put("beta_slow", RecordedConfig.plain(y.slow()));
    rope.put("original_max_position_embeddings", (long) y.original());
    if (!y.truncate()) {
      rope.put("truncate", false);
    }
    if (recorded.answers().get("yarn_log_multiplier") instanceof Double log && log > 0) {
      rope.put("mscale", RecordedConfig.plain(10 * log));
      rope.put("mscale_all_dim", RecordedConfig.plain(10 * log));
    } else {
      rope.put("attention_factor", y.magnitude());
    }
  }

  private static List<Object> list(double[] factors) {
    List<Object> list = new ArrayList<>();
    for (double factor : factors) {
      list.add(RecordedConfig.plain(factor));
    }
    return list;
  }

  private static void longRope(
      Map<String, Object> rope,
      List<Object> shorter,
      List<Object> longer,
      double original,
      double magnitude) {
    rope.put("rope_type", "longrope");
    rope.put("short_factor", shorter);
    rope.put("long_factor", longer);
    rope.put("original_max_position_embeddings", (long) original);
    rope.put("attention_factor", RecordedConfig.plain(magnitude));
  }
}
