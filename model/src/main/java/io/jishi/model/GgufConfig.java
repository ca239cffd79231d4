// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import io.jishi.tensor.Rope;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/** The metadata of a GGUF file, after the key names of the GGUF specification. */
record GgufConfig(GgufFile file) implements ModelConfig {
  private static final Map<String, String> KEYS =
      Map.ofEntries(
          Map.entry("hidden_size", "embedding_length"),
          Map.entry("intermediate_size", "feed_forward_length"),
          Map.entry("num_hidden_layers", "block_count"),
          Map.entry("num_attention_heads", "attention.head_count"),
          Map.entry("num_key_value_heads", "attention.head_count_kv"),
          Map.entry("head_dim", "attention.key_length"),
          Map.entry("max_position_embeddings", "context_length"),
          Map.entry("rotary_dim", "rope.dimension_count"),
          Map.entry("vocab_size", "vocab_size"),
          Map.entry("num_experts", "expert_count"),
          Map.entry("num_experts_per_tok", "expert_used_count"),
          Map.entry("n_shared_experts", "expert_shared_count"),
          Map.entry("moe_intermediate_size", "expert_feed_forward_length"),
          Map.entry("shared_expert_intermediate_size", "expert_shared_feed_forward_length"),
          Map.entry("first_k_dense_replace", "leading_dense_block_count"),
          Map.entry("routed_scaling_factor", "expert_weights_scale"),
          Map.entry("n_group", "expert_group_count"),
          Map.entry("topk_group", "expert_group_used_count"),
          Map.entry("sliding_window", "attention.sliding_window"),
          Map.entry("q_lora_rank", "attention.q_lora_rank"),
          Map.entry("kv_lora_rank", "attention.kv_lora_rank"),
          Map.entry("attn_logit_softcapping", "attn_logit_softcapping"),
          Map.entry("final_logit_softcapping", "final_logit_softcapping"),
          Map.entry("logit_scale", "logit_scale"),
          Map.entry("embedding_multiplier", "embedding_scale"),
          Map.entry("residual_multiplier", "residual_scale"),
          Map.entry("logits_scaling", "logit_scale"),
          Map.entry("attention_multiplier", "attention.scale"),
          Map.entry("state_size", "ssm.state_size"),
          Map.entry("qk_rope_head_dim", "rope.dimension_count"),
          Map.entry("yarn_log_multiplier", "rope.scaling.yarn_log_multiplier"),
          Map.entry("yarn_factor", "rope.scaling.factor"),
          Map.entry("conv_kernel", "ssm.conv_kernel"),
          Map.entry("time_step_rank", "ssm.time_step_rank"),
          Map.entry("mamba_inner", "ssm.inner_size"),
          Map.entry("n_groups", "ssm.group_count"));

  private static final Set<String> LATENT = Set.of("qk_nope_head_dim", "v_head_dim");

  /**
   * Families whose pairs are adjacent: those whose query and key rows llama.cpp reorders on
   * conversion, and those that were published so.
   */
  private static final Set<String> PAIRED =
      Set.of(
          "llama",
          "baichuan",
          "internlm2",
          "minicpm",
          "deepseek2",
          "chatglm",
          "glm4",
          "granite",
          "command-r",
          "cohere2",
          "ernie4_5",
          "ernie4_5-moe",
          "smollm3");

  @Override
  public String source() {
    return file.path().toString();
  }

  @Override
  public String architecture() {
    return file.metadata().string("general.architecture");
  }

  @Override
  public boolean gguf() {
    return true;
  }

  /** Sizes of latent attention; files whose heads are split name them by keys of their own. */
  private OptionalInt latent(String name) {
    String key = name.equals("v_head_dim") ? "value_length" : "key_length";
    OptionalInt size = stored("attention." + key + "_mla");
    size = size.isPresent() ? size : stored("attention." + key);
    if (name.equals("v_head_dim") || size.isEmpty()) {
      return size;
    }
    return OptionalInt.of(size.getAsInt() - stored("rope.dimension_count").orElse(0));
  }

  private OptionalInt stored(String suffix) {
    String key = architecture() + "." + suffix;
    return file.metadata().has(key)
        ? OptionalInt.of(file.metadata().intValue(key))
        : OptionalInt.empty();
  }

  @Override
  public boolean has(String name) {
    return KEYS.containsKey(name) && file.metadata().has(key(name));
  }

  @Override
  public OptionalInt integer(String name) {
    if (LATENT.contains(name)) {
      return latent(name);
    }
    String key = name.equals("type_vocab_size") ? "tokenizer.ggml.token_type_count" : key(name);
    return file.metadata().has(key)
        ? OptionalInt.of(file.metadata().intValue(key))
        : OptionalInt.empty();
  }

  @Override
  public OptionalDouble number(String name) {
    if (name.equals("norm_eps")) {
      return eps();
    }
    String key = key(name);
    return file.metadata().has(key)
        ? OptionalDouble.of(file.metadata().floatValue(key))
        : OptionalDouble.empty();
  }

  @Override
  public boolean flag(String name, boolean absent) {
    return name.equals("norm_topk_prob")
        ? file.metadata().booleanValue(architecture() + ".expert_weights_norm", absent)
        : absent;
  }

  @Override
  public String text(String name, String absent) {
    if (!name.equals("scoring_func")) {
      return absent;
    }
    int function = stored("expert_gating_func").orElse(0);
    return switch (function) {
      case 0 -> absent;
      case 1 -> "softmax";
      case 2 -> "sigmoid";
      default ->
          throw new JishiException.Unsupported(
              source()
                  + ": 'expert_gating_func' "
                  + function
                  + " is not supported; supported are 1, softmax, and 2, sigmoid");
    };
  }

  /** Of RMSNorms or of layer norms: a family has one kind. */
  private OptionalDouble eps() {
    for (String kind : List.of("rms_epsilon", "epsilon")) {
      String key = architecture() + ".attention.layer_norm_" + kind;
      if (file.metadata().has(key)) {
        return OptionalDouble.of(file.metadata().floatValue(key));
      }
    }
    return OptionalDouble.empty();
  }

  @Override
  public List<Double> numbers(String name) {
    return List.of();
  }

  @Override
  public List<String> texts(String name) {
    return List.of();
  }

  @Override
  public ModelConfig with(String name, Object value) {
    throw new IllegalStateException("the configuration of a GGUF file is as it is");
  }

  @Override
  public ModelConfig inner(String name) {
    return null;
  }

  @Override
  public int require(String name) {
    if (LATENT.contains(name)) {
      String key = name.equals("v_head_dim") ? "value_length" : "key_length";
      return latent(name)
          .orElseGet(() -> file.metadata().intValue(architecture() + ".attention." + key));
    }
    if (!KEYS.containsKey(name)) {
      throw new JishiException.Unsupported(
          source()
              + ": '"
              + architecture()
              + "' models need '"
              + name
              + "', for which no GGUF key is known; use the published checkpoint");
    }
    if (name.equals("vocab_size") && !file.metadata().has(key(name))) {
      return file.metadata().get("tokenizer.ggml.tokens") instanceof String[] tokens
          ? tokens.length
          : file.metadata().intValue(key(name));
    }
    return file.metadata().intValue(key(name));
  }

  @Override
  public boolean bias(String name, boolean absent, TensorRole role) {
    return hasBias(role) || role == TensorRole.QUERY && hasBias(TensorRole.QKV);
  }

  private boolean hasBias(TensorRole role) {
    return file.tensors().containsKey(role.gguf(0) + ".bias");
  }

  @Override
  public boolean stored(TensorRole role) {
    return file.tensors().containsKey(role.gguf(0) + ".weight");
  }

  @Override
  public Rope.Style ropeStyle(Rope.Style published) {
    return PAIRED.contains(architecture()) ? Rope.Style.PAIRS : Rope.Style.HALVES;
  }

  @Override
  public double ropeBase(String layers, double absent) {
    String key = architecture() + ".rope.freq_base";
    if (layers.equals("sliding_attention") && file.metadata().has(key + "_swa")) {
      key += "_swa";
    }
    double base = file.metadata().floatValue(key, (float) absent);
    if (!(base > 1) || base > 1e15) {
      throw new JishiException.BadFile(source() + ": a rotary base of " + base + " cannot be");
    }
    return base;
  }

  @Override
  public RopeSpec.Scaling ropeScaling(String layers) {
    StoredTensor divisors = file.tensors().get("rope_freqs.weight");
    if (divisors != null) {
      return new RopeSpec.Divisors(floats(divisors));
    }
    StoredTensor longer = file.tensors().get("rope_factors_long.weight");
    StoredTensor shorter = file.tensors().get("rope_factors_short.weight");
    if (longer != null && shorter != null) {
      return longFactors(floats(shorter), floats(longer));
    }
    String prefix = architecture() + ".rope.scaling.";
    String type = file.metadata().string(prefix + "type", "none");
    float factor =
        file.metadata()
            .floatValue(
                prefix + "factor",
                file.metadata().floatValue(architecture() + ".rope.scale_linear", 1f));
    return switch (type) {
      case "none" -> new RopeSpec.Plain();
      case "linear" -> {
        if (!(factor > 0)) {
          throw new JishiException.BadFile(
              source() + ": '" + prefix + "factor' must be positive, found " + factor);
        }
        yield factor == 1 ? new RopeSpec.Plain() : new RopeSpec.LinearScaling(factor);
      }
      case "yarn" -> yarn(prefix, factor);
      default ->
          throw new JishiException.Unsupported(
              source()
                  + ": rotary scaling '"
                  + type
                  + "' is not supported; supported are none, linear, yarn, and the factors of"
                  + " Llama 3 and of long rope");
    };
  }

  /** As llama.cpp has it: the attention factor follows from the factor alone. */
  private RopeSpec.Scaling yarn(String prefix, float factor) {
    double original =
        file.metadata()
            .intValue(
                prefix + "original_context_length",
                file.metadata().intValue(architecture() + ".context_length"));
    // DeepSeek's files say by this key that scores are scaled instead of values.
    boolean scores = file.metadata().has(prefix + "yarn_log_multiplier");
    return new RopeSpec.Yarn(
        factor,
        file.metadata().floatValue(prefix + "yarn_beta_fast", 32),
        file.metadata().floatValue(prefix + "yarn_beta_slow", 1),
        original,
        !architecture().equals("gpt-oss"), // as it was published: its ramp ends between pairs
        scores ? 1 : RopeReader.magnitude(factor, 1));
  }

  private RopeSpec.Scaling longFactors(float[] shorter, float[] longer) {
    double most = require("max_position_embeddings");
    double original =
        file.metadata()
            .intValue(architecture() + ".rope.scaling.original_context_length", (int) most);
    double magnitude = file.metadata().floatValue(architecture() + ".rope.scaling.attn_factor", 1f);
    return new RopeSpec.LongFactors(doubles(shorter), doubles(longer), original, magnitude);
  }

  private static double[] doubles(float[] floats) {
    double[] doubles = new double[floats.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  @Override
  public boolean tiedOutput(boolean absent) {
    return !file.tensors().containsKey(TensorRole.OUTPUT.gguf(0) + ".weight");
  }

  private float[] floats(StoredTensor tensor) {
    if (tensor.type() != DType.F32 || tensor.shape().size() != 1) {
      throw new JishiException.BadFile(
          source() + ": tensor '" + tensor.name() + "' must be a vector of F32");
    }
    return tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  private String key(String name) {
    // What GGUF has no key for is absent there.
    return architecture() + "." + KEYS.getOrDefault(name, "?" + name);
  }
}
