// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.tensor.Rope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A {@code config.json}, in the dialect of published checkpoints ({@code rope_theta}, {@code
 * rope_scaling}) or of Transformers 5 ({@code rope_parameters}).
 */
record HuggingFaceConfig(JsonObject json) implements ModelConfig {
  /** One name for what families call differently. */
  private static final Map<String, List<String>> OTHER_NAMES =
      Map.ofEntries(
          Map.entry("hidden_size", List.of("n_embd", "d_model")),
          Map.entry("intermediate_size", List.of("n_inner", "ffn_hidden_size")),
          Map.entry("num_hidden_layers", List.of("n_layer", "num_layers")),
          Map.entry("num_attention_heads", List.of("n_head")),
          Map.entry(
              "num_key_value_heads", List.of("multi_query_group_num", "num_kv_heads", "n_head_kv")),
          Map.entry("head_dim", List.of("kv_channels")),
          Map.entry("vocab_size", List.of("padded_vocab_size")),
          Map.entry(
              "max_position_embeddings",
              List.of("n_positions", "seq_length", "context_length", "model_max_length")),
          Map.entry(
              "norm_eps",
              List.of(
                  "rms_norm_eps",
                  "layernorm_epsilon",
                  "layer_norm_epsilon",
                  "layer_norm_eps",
                  "norm_epsilon")),
          Map.entry("hidden_act", List.of("hidden_activation", "activation_function")),
          Map.entry("partial_rotary_factor", List.of("rotary_pct")),
          Map.entry("rope_theta", List.of("rotary_emb_base")),
          Map.entry(
              "num_experts", List.of("num_local_experts", "n_routed_experts", "moe_num_experts")),
          Map.entry(
              "num_experts_per_tok",
              List.of("num_experts_per_token", "moe_topk", "moe_k", "experts_per_token")),
          Map.entry(
              "n_shared_experts",
              List.of("num_shared_experts", "num_shared_expert", "moe_num_shared_experts")),
          Map.entry("first_k_dense_replace", List.of("moe_layer_start_index")),
          Map.entry("n_group", List.of("num_expert_group")),
          Map.entry("norm_topk_prob", List.of("moe_renormalize")));

  @Override
  public String source() {
    return json.source();
  }

  @Override
  public String architecture() {
    return json.text("model_type").orElseThrow(() -> json.missing("model_type"));
  }

  @Override
  public boolean gguf() {
    return false;
  }

  @Override
  public boolean has(String name) {
    return json.has(name);
  }

  /** The name under which the file has it. */
  private String found(String name) {
    return Stream.concat(Stream.of(name), OTHER_NAMES.getOrDefault(name, List.of()).stream())
        .filter(json::has)
        .findFirst()
        .orElse(name);
  }

  @Override
  public OptionalInt integer(String name) {
    return json.integer(found(name));
  }

  @Override
  public OptionalDouble number(String name) {
    // Where both say something, the newer object is what Transformers goes by.
    OptionalDouble inner =
        json.object("rope_parameters").map(r -> r.number(name)).orElse(OptionalDouble.empty());
    return inner.isPresent() ? inner : json.number(found(name));
  }

  @Override
  public boolean flag(String name, boolean absent) {
    return json.bool(found(name)).orElse(absent);
  }

  @Override
  public String text(String name, String absent) {
    return json.text(found(name)).orElse(absent);
  }

  @Override
  public List<Double> numbers(String name) {
    return json.array(name).orElse(List.of()).stream().map(v -> number(name, v)).toList();
  }

  private double number(String name, Object value) {
    return switch (value) {
      case Number n -> n.doubleValue();
      case Boolean b -> b ? 1.0 : 0.0;
      case null, default -> throw json.wrong(name, "a list of numbers");
    };
  }

  @Override
  public List<String> texts(String name) {
    return json.array(name).orElse(List.of()).stream().map(v -> text(name, v)).toList();
  }

  private String text(String name, Object value) {
    if (value instanceof String s) {
      return s;
    }
    throw json.wrong(name, "a list of texts");
  }

  @Override
  public ModelConfig with(String name, Object value) {
    Map<String, Object> fields = new LinkedHashMap<>(json.fields());
    fields.put(name, value instanceof Integer i ? Long.valueOf(i) : value); // as JSON is read
    return new HuggingFaceConfig(new JsonObject(json.source(), fields));
  }

  @Override
  public RopeSpec.Axes ropeAxes(String layers) {
    JsonObject rope = rope(layers).orElse(null);
    if (rope == null || !rope.has("mrope_section")) {
      return null;
    }
    List<Integer> sizes = new ArrayList<>();
    for (Object size : rope.array("mrope_section").orElseThrow()) {
      if (!(size instanceof Number n) || n.intValue() <= 0 || n.intValue() > 1 << 16) {
        throw rope.wrong("mrope_section", "a list of whole numbers");
      }
      sizes.add(n.intValue());
    }
    return new RopeSpec.Sections(sizes, rope.bool("mrope_interleaved").orElse(false));
  }

  @Override
  public ModelConfig inner(String name) {
    return json.object(name).map(HuggingFaceConfig::new).orElse(null);
  }

  @Override
  public int require(String name) {
    return json.requireInt(found(name));
  }

  @Override
  public boolean bias(String name, boolean absent, TensorRole role) {
    return flag(name, absent);
  }

  @Override
  public boolean stored(TensorRole role) {
    return false;
  }

  @Override
  public Rope.Style ropeStyle(Rope.Style published) {
    return published;
  }

  @Override
  public double ropeBase(String layers, double absent) {
    Optional<JsonObject> object = rope(layers);
    OptionalDouble inner =
        object.isPresent() ? object.get().number("rope_theta") : OptionalDouble.empty();
    double base = inner.isPresent() ? inner.getAsDouble() : number("rope_theta").orElse(absent);
    if (!(base > 1) || base > 1e15) {
      throw new JishiException.BadFile(source() + ": a rotary base of " + base + " cannot be");
    }
    return base;
  }

  @Override
  public RopeSpec.Scaling ropeScaling(String layers) {
    return rope(layers).map(rope -> RopeReader.read(rope, this)).orElse(new RopeSpec.Plain());
  }

  /** The object about a kind of layers, or about all. */
  private Optional<JsonObject> rope(String layers) {
    return json.object("rope_scaling")
        .or(() -> json.object("rope_parameters"))
        .map(rope -> rope.object(layers).orElse(rope));
  }

  @Override
  public boolean tiedOutput(boolean absent) {
    return flag("tie_word_embeddings", absent);
  }
}
