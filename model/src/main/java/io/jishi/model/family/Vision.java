// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.BidirectionalAttention;
import io.jishi.model.DecoderSpec.Channel;
import io.jishi.model.DecoderSpec.Embedding;
import io.jishi.model.DecoderSpec.FeedForward;
import io.jishi.model.DecoderSpec.SharpFeedForward;
import io.jishi.model.ImageText;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.RopeSpec;
import io.jishi.model.TensorRole;
import io.jishi.model.TowerSpec;
import io.jishi.model.TowerSpec.Positions;
import io.jishi.model.TowerSpec.Projector;
import io.jishi.model.VisionSpec;
import io.jishi.tensor.Activation;
import io.jishi.tensor.Rope;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Language models that see: LLaVA, SmolVLM, Qwen2-VL, Qwen2.5-VL, MiniCPM-V 4.6. Longer than other
 * files: towers differ in data alone, side by side here.
 */
final class Vision {
  private static final float QUICK = 1.702f;
  private static final int MOST_PATCH = 256;

  /** What published files leave out, since the reference implementation fills it in. */
  private static final Map<String, Integer> LLAMA =
      Map.of(
          "hidden_size", 4096,
          "intermediate_size", 11_008,
          "num_hidden_layers", 32,
          "num_attention_heads", 32);

  private static final Map<String, Integer> SMOL_TOWER =
      Map.of(
          "hidden_size", 1152,
          "intermediate_size", 3072,
          "num_hidden_layers", 12,
          "num_attention_heads", 16);

  private Vision() {}

  /** LLaVA 1.5 (Liu et al. 2023) with a tower of CLIP or SigLIP. */
  static VisionSpec llava(ModelConfig config) {
    ModelConfig tower = tower(config);
    ModelConfig text = withAbsent(text(config), LLAMA);
    Blueprint b = new Blueprint(tower);
    boolean clip = tower.architecture().startsWith("clip");
    int layer = config.integer("vision_feature_layer").orElse(-2);
    int taken = layer < 0 ? b.layers + 1 + layer : layer;
    if (taken < 0 || taken > b.layers) {
      throw b.bad("'vision_feature_layer' " + layer + " of " + b.layers + " layers");
    }
    boolean dropped = config.text("vision_feature_select_strategy", "default").equals("default");
    if (dropped != clip) {
      throw b.unsupported(
          "only patches are taken: the first token of SigLIP, or none of CLIP, cannot be dropped");
    }
    String prefix = "vision_tower.";
    String projector = "multi_modal_projector.";
    Map<TensorRole, String> names = siglip(prefix);
    names.put(TensorRole.CLASS_TOKEN, prefix + "embeddings.class_embedding=");
    names.put(TensorRole.EMBEDDING_NORM, prefix + "pre_layrnorm");
    names.put(TensorRole.PROJECTOR_IN, projector + "linear_1");
    names.put(TensorRole.PROJECTOR_OUT, projector + "linear_2");
    int out = text.require("hidden_size");
    NormSpec norm = norm(tower, clip ? 1e-5 : 1e-6);
    Positions positions = new Positions(b.size("image_size") / patch(b), false);
    TowerSpec spec =
        new TowerSpec(
            patch(b),
            1,
            !clip,
            clip,
            positions,
            layers(b, taken, norm, clip ? norm : null, null, null),
            0,
            Set.of(),
            null,
            new Projector(
                1,
                null,
                null,
                out,
                out,
                config.flag("multimodal_projector_bias", true),
                b.activationNamed(config.text("projector_hidden_act", "gelu"))));
    return new VisionSpec(
        spec,
        Checkpoint.named(names),
        Map.of(
            prefix,
            prefix,
            "vision_tower.vision_model.",
            prefix,
            "model.vision_tower.",
            prefix,
            "model.vision_tower.vision_model.",
            prefix,
            projector,
            projector,
            "model.multi_modal_projector.",
            projector),
        text,
        Map.of("language_model.", "", "model.language_model.", "model."),
        imageToken(config),
        false,
        ImageText.BARE);
  }

  /** SmolVLM and Idefics 3 (Marafioti et al. 2025): squares of patches in one product. */
  static VisionSpec smolVlm(ModelConfig config) {
    ModelConfig tower = withAbsent(tower(config), SMOL_TOWER);
    ModelConfig text = text(config);
    Blueprint b = new Blueprint(tower);
    NormSpec norm = norm(tower, 1e-6);
    String prefix = "model.vision_model.";
    Map<TensorRole, String> names = siglip(prefix);
    names.put(TensorRole.FINAL_NORM, prefix + "post_layernorm");
    names.put(TensorRole.PROJECTOR_IN, "model.connector.modality_projection.proj");
    TowerSpec spec =
        new TowerSpec(
            patch(b),
            1,
            true,
            false,
            new Positions(b.size("image_size") / patch(b), true),
            layers(b, b.layers, norm, null, norm, null),
            0,
            Set.of(),
            null,
            new Projector(
                config.integer("scale_factor").orElse(2),
                null,
                null,
                0,
                text.require("hidden_size"),
                false,
                null));
    return new VisionSpec(
        spec,
        Checkpoint.named(names),
        Map.of(prefix, prefix, "model.connector.", "model.connector."),
        text,
        Map.of("model.text_model.", "model."),
        imageToken(config),
        false,
        ImageText.ROWS_AND_COLUMNS);
  }

  /** Qwen2-VL (Wang et al. 2024): rotation by rows and columns, layer norms, QuickGELU. */
  static VisionSpec qwen2(ModelConfig config) {
    ModelConfig tower = tower(config);
    Blueprint b = new Blueprint(qwenNames(tower).with("hidden_size", tower.require("embed_dim")));
    NormSpec norm = NormSpec.layer(1e-6);
    double ratio = tower.number("mlp_ratio").orElse(4);
    Channel channel =
        channel(b, (int) Math.round(b.width * ratio), tower.text("hidden_act", "quick_gelu"));
    return qwen(config, b, norm, channel, tower.require("hidden_size"), 0, Set.of());
  }

  /** Qwen2.5-VL (Bai et al. 2025): windows, RMS norms, gates. */
  static VisionSpec qwen25(ModelConfig config) {
    ModelConfig tower = tower(config);
    Blueprint b = new Blueprint(qwenNames(tower));
    Channel channel =
        new FeedForward(
            b.size("intermediate_size"),
            true,
            b.activationNamed(tower.text("hidden_act", "silu")),
            true,
            1);
    Set<Integer> whole = new HashSet<>();
    tower.numbers("fullatt_block_indexes").forEach(n -> whole.add(n.intValue()));
    int window = b.size("window_size") / patch(b) / tower.integer("spatial_merge_size").orElse(2);
    return qwen(
        config, b, NormSpec.rms(1e-6), channel, tower.require("out_hidden_size"), window, whole);
  }

  private static ModelConfig qwenNames(ModelConfig tower) {
    return tower
        .with("num_hidden_layers", tower.require("depth"))
        .with("num_attention_heads", tower.require("num_heads"));
  }

  private static VisionSpec qwen(
      ModelConfig config,
      Blueprint b,
      NormSpec norm,
      Channel channel,
      int out,
      int window,
      Set<Integer> whole) {
    String prefix = "visual.";
    String layer = prefix + "blocks.%d.";
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    names.put(TensorRole.PATCHES, prefix + "patch_embed.proj");
    names.put(TensorRole.MIXER_NORM, layer + "norm1");
    names.put(TensorRole.QKV, layer + "attn.qkv");
    names.put(TensorRole.ATTENTION_OUTPUT, layer + "attn.proj");
    names.put(TensorRole.CHANNEL_NORM, layer + "norm2");
    boolean gated = channel instanceof FeedForward f && f.gated();
    names.put(TensorRole.UP, layer + (gated ? "mlp.up_proj" : "mlp.fc1"));
    names.put(TensorRole.GATE, layer + "mlp.gate_proj");
    names.put(TensorRole.DOWN, layer + (gated ? "mlp.down_proj" : "mlp.fc2"));
    names.put(TensorRole.PROJECTOR_NORM, prefix + "merger.ln_q");
    names.put(TensorRole.PROJECTOR_IN, prefix + "merger.mlp.0");
    names.put(TensorRole.PROJECTOR_OUT, prefix + "merger.mlp.2");
    int dim = b.headDim();
    RopeSpec rope =
        new RopeSpec(Rope.Style.HALVES, dim, 10_000, new RopeSpec.Plain(), new RopeSpec.Shares(2));
    int merge = b.config.integer("spatial_merge_size").orElse(2);
    TowerSpec spec =
        new TowerSpec(
            patch(b),
            b.config.integer("temporal_patch_size").orElse(2),
            false,
            false,
            null,
            layers(b, b.layers, norm, null, null, rope, channel),
            window,
            whole,
            null,
            new Projector(merge, norm, null, b.width * merge * merge, out, true, Activation.GELU));
    ModelConfig text = config.inner("text_config");
    return new VisionSpec(
        spec,
        Checkpoint.named(names),
        Map.of(prefix, prefix, "model.visual.", prefix),
        (text == null ? config : text).with("model_type", config.architecture() + "_text"),
        Map.of("model.language_model.", "model."),
        imageToken(config),
        true,
        ImageText.BARE);
  }

  /** MiniCPM-V 4.6: a SigLIP tower that merges squares twice, once between its layers. */
  static VisionSpec miniCpm(ModelConfig config) {
    ModelConfig tower = tower(config);
    ModelConfig text = text(config);
    Blueprint b = new Blueprint(tower);
    if (!config.text("downsample_mode", "16x").equals("16x")
        || config.integer("merger_times").orElse(1) != 1) {
      throw b.unsupported("a 'downsample_mode' other than 16x, or several mergers");
    }
    NormSpec norm = norm(tower, 1e-6);
    String prefix = "model.vision_tower.";
    Map<TensorRole, String> names = siglip(prefix);
    names.put(TensorRole.FINAL_NORM, prefix + "post_layernorm");
    names.put(TensorRole.PROJECTOR_NORM, "model.merger.mlp.0.pre_norm");
    names.put(TensorRole.PROJECTOR_IN, "model.merger.mlp.0.linear_1");
    names.put(TensorRole.PROJECTOR_OUT, "model.merger.mlp.0.linear_2");
    String inserted = prefix + "vit_merger.";
    Map<TensorRole, String> merger = new EnumMap<>(TensorRole.class);
    attention(merger, inserted);
    merger.put(TensorRole.MIXER_NORM, inserted + "layer_norm1");
    merger.put(TensorRole.CHANNEL_NORM, inserted + "pre_norm");
    merger.put(TensorRole.UP, inserted + "linear_1");
    merger.put(TensorRole.DOWN, inserted + "linear_2");
    TowerSpec spec =
        new TowerSpec(
            patch(b),
            1,
            true,
            false,
            new Positions(b.size("image_size") / patch(b), true),
            layers(b, b.layers, norm, null, norm, null),
            0,
            Set.of(),
            new TowerSpec.Inserted(
                config.integer("insert_layer_id").orElse(6),
                mixer(b, null),
                norm,
                4 * b.size("intermediate_size"),
                Checkpoint.named(merger)),
            new Projector(
                2,
                null,
                NormSpec.layer(1e-6),
                4 * b.width,
                text.require("hidden_size"),
                true,
                Activation.GELU));
    return new VisionSpec(
        spec,
        Checkpoint.named(names),
        Map.of(prefix, prefix, "model.merger.", "model.merger."),
        text,
        Map.of("model.language_model.", "model."),
        imageToken(config),
        false,
        ImageText.SLICES);
  }

  /** The names that CLIP and SigLIP share. */
  private static Map<TensorRole, String> siglip(String prefix) {
    Map<TensorRole, String> names = new EnumMap<>(TensorRole.class);
    String layer = prefix + "encoder.layers.%d.";
    names.put(TensorRole.PATCHES, prefix + "embeddings.patch_embedding");
    names.put(TensorRole.POSITIONS, prefix + "embeddings.position_embedding");
    attention(names, layer);
    names.put(TensorRole.MIXER_NORM, layer + "layer_norm1");
    names.put(TensorRole.CHANNEL_NORM, layer + "layer_norm2");
    names.put(TensorRole.UP, layer + "mlp.fc1");
    names.put(TensorRole.DOWN, layer + "mlp.fc2");
    return names;
  }

  private static void attention(Map<TensorRole, String> names, String layer) {
    names.put(TensorRole.QUERY, layer + "self_attn.q_proj");
    names.put(TensorRole.KEY, layer + "self_attn.k_proj");
    names.put(TensorRole.VALUE, layer + "self_attn.v_proj");
    names.put(TensorRole.ATTENTION_OUTPUT, layer + "self_attn.out_proj");
  }

  private static DecoderSpec layers(
      Blueprint b, int taken, NormSpec norm, NormSpec first, NormSpec last, RopeSpec rope) {
    boolean clip = b.config.architecture().startsWith("clip");
    String usual = clip ? "quick_gelu" : "gelu_pytorch_tanh";
    Channel channel = channel(b, b.size("intermediate_size"), b.config.text("hidden_act", usual));
    return layers(b, taken, norm, first, last, rope, channel);
  }

  private static DecoderSpec layers(
      Blueprint b,
      int taken,
      NormSpec norm,
      NormSpec first,
      NormSpec last,
      RopeSpec rope,
      Channel channel) {
    return b.arrange(Arrange.before(norm, 1))
        .mixer(mixer(b, rope))
        .channel(channel)
        .embedding(new Embedding(1, 0, first))
        .encoder(last, null)
        .tower(taken);
  }

  private static BidirectionalAttention mixer(Blueprint b, RopeSpec rope) {
    return new BidirectionalAttention(
        b.attention(b.heads(), b.heads(), b.headDim(), rope).withBiases(true, true), 0);
  }

  private static Channel channel(Blueprint b, int inner, String activation) {
    return activation.equals("quick_gelu")
        ? new SharpFeedForward(inner, Activation.SILU, QUICK, true)
        : new FeedForward(inner, false, b.activationNamed(activation), true, 1);
  }

  private static NormSpec norm(ModelConfig tower, double absent) {
    return NormSpec.layer(tower.number("norm_eps").orElse(absent));
  }

  private static int patch(Blueprint b) {
    int patch = b.size("patch_size");
    if (patch > MOST_PATCH) {
      throw b.bad("a patch of " + patch + " pixels cannot be");
    }
    return patch;
  }

  private static int imageToken(ModelConfig config) {
    return config.integer("image_token_id").orElseGet(() -> config.require("image_token_index"));
  }

  private static ModelConfig withAbsent(ModelConfig config, Map<String, Integer> values) {
    ModelConfig filled = config;
    for (Map.Entry<String, Integer> value : values.entrySet()) {
      if (filled.integer(value.getKey()).isEmpty()) {
        filled = filled.with(value.getKey(), value.getValue());
      }
    }
    return filled;
  }

  /** The language model; whether its output is tied, some files say for the whole. */
  private static ModelConfig text(ModelConfig config) {
    ModelConfig text = inner(config, "text_config");
    String tied = "tie_word_embeddings";
    return text.has(tied) || !config.has(tied) ? text : text.with(tied, config.flag(tied, false));
  }

  private static ModelConfig tower(ModelConfig config) {
    ModelConfig tower = inner(config, "vision_config");
    return tower.has("model_type") ? tower : tower.with("model_type", "vision");
  }

  private static ModelConfig inner(ModelConfig config, String name) {
    ModelConfig inner = config.inner(name);
    if (inner == null) {
      throw new io.jishi.base.JishiException.BadFile(
          config.source() + ": '" + name + "' is missing");
    }
    return inner;
  }
}
