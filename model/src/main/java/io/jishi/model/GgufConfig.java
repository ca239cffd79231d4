// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.model.gguf.GgufMetadata;
import io.jishi.tensor.Rope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The metadata of a GGUF file under the names of {@code config.json}: by the table {@link
 * GgufNames}, and by rules where a name is no key.
 *
 * @param source the file, for messages
 * @param metadata its keys
 * @param tensors by name: which are there says what has biases, norms and a head of its own
 */
record GgufConfig(String source, GgufMetadata metadata, Map<String, StoredTensor> tensors)
    implements ModelConfig {
  private static final String KV_HEADS = "attention.head_count_kv";
  private static final String PATTERN = "attention.sliding_window_pattern";

  /** No published model has more; a file that says so is damaged or hostile. */
  private static final int MAX_LAYERS = 4096;

  private static final int MAX_PAIRS = 1 << 16;

  @Override
  public String architecture() {
    return metadata.string("general.architecture");
  }

  @Override
  public boolean gguf() {
    return true;
  }

  private String key(String suffix) {
    return architecture() + "." + suffix;
  }

  /** The key of a name; one that no file has where GGUF has none. */
  private String named(String name) {
    String suffix = GgufNames.key(architecture(), name);
    return key(suffix == null ? "?" + name : suffix);
  }

  private OptionalInt stored(String suffix) {
    return whole(key(suffix));
  }

  /** A number, or the largest of those of each layer. */
  private OptionalInt whole(String key) {
    return metadata.get(key) instanceof int[] each
        ? Arrays.stream(each).max()
        : metadata.has(key) ? OptionalInt.of(metadata.intValue(key)) : OptionalInt.empty();
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

  /** What follows from several keys, or null where a name is one key's. */
  private OptionalInt derived(String name) {
    String[] quotient = GgufNames.QUOTIENTS.get(name);
    if (quotient != null || name.equals("head_dim") && architecture().equals("mamba2")) {
      int all = stored("ssm.inner_size").orElse(0);
      int parts = stored("ssm.time_step_rank").orElse(0);
      return parts > 0 ? OptionalInt.of(all / parts) : OptionalInt.empty();
    }
    return switch (name) {
      case "qk_nope_head_dim", "v_head_dim" -> latent(name);
      case "type_vocab_size" -> whole("tokenizer.ggml.token_type_count");
      case "vocab_size" -> vocabulary();
      case "shared_intermediate_size" ->
          stored(
              stored("expert_count").orElse(0) > 0
                  ? "expert_shared_feed_forward_length"
                  : "feed_forward_length");
      default -> null;
    };
  }

  private OptionalInt vocabulary() {
    OptionalInt size = stored("vocab_size");
    return size.isEmpty() && metadata.get("tokenizer.ggml.tokens") instanceof String[] tokens
        ? OptionalInt.of(tokens.length)
        : size;
  }

  @Override
  public boolean has(String name) {
    return metadata.has(named(name));
  }

  @Override
  public OptionalInt integer(String name) {
    OptionalInt derived = derived(name);
    return derived == null ? whole(named(name)) : derived;
  }

  @Override
  public OptionalDouble number(String name) {
    switch (name) {
      case "norm_eps" -> {
        return eps();
      }
      case "query_pre_attn_scalar" -> {
        double scale = metadata.floatValue(key("attention.scale"), 0);
        return scale > 0 ? OptionalDouble.of(1 / (scale * scale)) : OptionalDouble.empty();
      }
      default -> {
        String key = named(name);
        return metadata.has(key)
            ? OptionalDouble.of(metadata.floatValue(key))
            : OptionalDouble.empty();
      }
    }
  }

  @Override
  public boolean flag(String name, boolean absent) {
    return switch (name) {
      case "norm_topk_prob" -> metadata.booleanValue(key("expert_weights_norm"), absent);
      case "use_parallel_residual" ->
          metadata.booleanValue(
              key(name), architecture().equals("gptneox") || !stored(TensorRole.CHANNEL_NORM));
      case "unit_output" -> metadata.booleanValue("jishi.unit_output", absent);
      default -> absent;
    };
  }

  @Override
  public String text(String name, String absent) {
    if (name.equals("position_embedding_type")) {
      return metadata.booleanValue(key("rope.scaling.finetuned"), false) ? "rope" : absent;
    }
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
              source
                  + ": 'expert_gating_func' "
                  + function
                  + " is not supported; supported are 1, softmax, and 2, sigmoid");
    };
  }

  /** Of RMSNorms or of layer norms: a family has one kind. */
  private OptionalDouble eps() {
    for (String kind : List.of("rms_epsilon", "epsilon")) {
      String key = key("attention.layer_norm_" + kind);
      if (metadata.has(key)) {
        return OptionalDouble.of(metadata.floatValue(key));
      }
    }
    return OptionalDouble.empty();
  }

  @Override
  public List<Double> numbers(String name) {
    return List.of();
  }

  /** The kinds of layers, where a file says them layer by layer: which have a window, or heads. */
  @Override
  public List<String> texts(String name) {
    if (!name.equals("layer_types")) {
      return List.of();
    }
    List<String> kinds = new ArrayList<>();
    if (metadata.get(key(PATTERN)) instanceof boolean[] near) {
      for (boolean n : near) {
        kinds.add(n ? "sliding_attention" : "full_attention");
      }
    } else if (metadata.get(key(KV_HEADS)) instanceof int[] heads) {
      for (int h : heads) {
        kinds.add(h == 0 ? "linear_attention" : "full_attention");
      }
    } else if (metadata.has(key(PATTERN))) {
      int every = metadata.intValue(key(PATTERN));
      GgufLayout layout = GgufLayout.of(architecture());
      int before = layout.is(GgufLayout.Trait.FAR_LAYER_FIRST) ? 0 : 1;
      for (int l = 0; l < layers(); l++) {
        kinds.add(every > 0 && (l + before) % every != 0 ? "sliding_attention" : "full_attention");
      }
    }
    return kinds;
  }

  private int layers() {
    return Math.clamp(stored("block_count").orElse(0), 0, MAX_LAYERS);
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
    OptionalInt value = integer(name);
    if (value.isPresent()) {
      return value.getAsInt();
    }
    String suffix = GgufNames.key(architecture(), name);
    if (suffix == null && derived(name) == null) {
      throw new JishiException.Unsupported(
          source
              + ": '"
              + architecture()
              + "' models need '"
              + name
              + "', for which no GGUF key is known; use the published checkpoint");
    }
    String absent =
        switch (name) {
          case "v_head_dim" -> "attention.value_length";
          case "qk_nope_head_dim" -> "attention.key_length";
          case "shared_intermediate_size" -> "feed_forward_length";
          default -> suffix == null ? "ssm.inner_size" : suffix;
        };
    return metadata.intValue(key(absent));
  }

  @Override
  public boolean bias(String name, boolean absent, TensorRole role) {
    return any(role, ".bias") || role == TensorRole.QUERY && any(TensorRole.QKV, ".bias");
  }

  @Override
  public boolean stored(TensorRole role) {
    return any(role, ".weight");
  }

  /** Whether some layer has such a tensor: not all have attention, or experts. */
  private boolean any(TensorRole role, String suffix) {
    for (int l = 0; l < Math.max(1, layers()); l++) {
      if (tensors.containsKey(role.gguf(l) + suffix)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Rope.Style ropeStyle(Rope.Style published) {
    return GgufLayout.of(architecture()).is(GgufLayout.Trait.PAIRED)
        ? Rope.Style.PAIRS
        : Rope.Style.HALVES;
  }

  /** Pairs of time, rows and columns, of models that see. */
  @Override
  public RopeSpec.Axes ropeAxes(String layers) {
    if (!(metadata.get(key("rope.dimension_sections")) instanceof int[] sizes)) {
      return null;
    }
    List<Integer> used = Arrays.stream(sizes).filter(size -> size != 0).boxed().toList();
    if (used.stream().anyMatch(size -> size < 0 || size > MAX_PAIRS)) {
      throw new JishiException.BadFile(
          source + ": '" + key("rope.dimension_sections") + "' must be numbers of rotary pairs");
    }
    return used.isEmpty() ? null : new RopeSpec.Sections(used, !architecture().equals("qwen2vl"));
  }

  private GgufRope rope() {
    return new GgufRope(source, architecture(), metadata, tensors);
  }

  @Override
  public double ropeBase(String layers, double absent) {
    return rope().base(layers, absent);
  }

  @Override
  public RopeSpec.Scaling ropeScaling(String layers) {
    return rope().scaling();
  }

  @Override
  public boolean tiedOutput(boolean absent) {
    return !tensors.containsKey(TensorRole.OUTPUT.gguf(0) + ".weight");
  }
}
