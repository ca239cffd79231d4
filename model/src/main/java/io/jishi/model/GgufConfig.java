// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.model.gguf.GgufFile;
import io.jishi.tensor.DType;
import io.jishi.tensor.Rope;
import java.lang.foreign.ValueLayout;
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
          Map.entry("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
          Map.entry("rotary_dim", "rope.dimension_count"),
          Map.entry("vocab_size", "vocab_size"),
          Map.entry("num_experts", "expert_count"),
          Map.entry("sliding_window", "attention.sliding_window"));

  /** Families whose query and key rows were reordered on conversion, so that pairs are adjacent. */
  private static final Set<String> PAIRED = Set.of("llama");

  @Override
  public String source() {
    return file.path().toString();
  }

  @Override
  public String architecture() {
    return file.metadata().string("general.architecture");
  }

  @Override
  public OptionalInt integer(String name) {
    String key = key(name);
    return file.metadata().has(key)
        ? OptionalInt.of(file.metadata().intValue(key))
        : OptionalInt.empty();
  }

  @Override
  public OptionalDouble number(String name) {
    String key = key(name);
    return file.metadata().has(key)
        ? OptionalDouble.of(file.metadata().floatValue(key))
        : OptionalDouble.empty();
  }

  @Override
  public boolean flag(String name, boolean absent) {
    return absent;
  }

  @Override
  public String text(String name, String absent) {
    return absent;
  }

  @Override
  public int require(String name) {
    if (name.equals("vocab_size") && !file.metadata().has(key(name))) {
      return file.metadata().get("tokenizer.ggml.tokens") instanceof String[] tokens
          ? tokens.length
          : file.metadata().intValue(key(name));
    }
    return file.metadata().intValue(key(name));
  }

  @Override
  public boolean bias(String name, boolean absent, TensorRole role) {
    return file.tensors().containsKey(role.gguf(0) + ".bias");
  }

  @Override
  public Rope.Style ropeStyle() {
    return PAIRED.contains(architecture()) ? Rope.Style.PAIRS : Rope.Style.HALVES;
  }

  @Override
  public double ropeBase() {
    return file.metadata().floatValue(architecture() + ".rope.freq_base", 10_000f);
  }

  @Override
  public RopeSpec.Scaling ropeScaling() {
    StoredTensor divisors = file.tensors().get("rope_freqs.weight");
    if (divisors != null) {
      return new RopeSpec.Divisors(floats(divisors));
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
      default ->
          throw new JishiException.Unsupported(
              source()
                  + ": rotary scaling '"
                  + type
                  + "' is not supported; supported are none and"
                  + " linear, and the factors of Llama 3");
    };
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
    String suffix = KEYS.get(name);
    if (suffix == null) {
      throw new IllegalArgumentException("no GGUF key for " + name);
    }
    return architecture() + "." + suffix;
  }
}
