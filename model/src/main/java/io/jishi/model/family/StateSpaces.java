// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.Block;
import io.jishi.model.DecoderSpec.Branch;
import io.jishi.model.DecoderSpec.FeedForward;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.Layer;
import io.jishi.model.DecoderSpec.Mamba;
import io.jishi.model.DecoderSpec.Mamba2;
import io.jishi.model.DecoderSpec.Place;
import io.jishi.model.DecoderSpec.ScoreSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.TensorRole;
import java.util.List;
import java.util.Map;

/** Mamba 1 and 2 (Gu and Dao 2023, 2024) and Falcon H1, which has attention beside Mamba 2. */
final class StateSpaces {
  private static final Map<TensorRole, String> NAMES =
      Map.ofEntries(
          Map.entry(TensorRole.EMBEDDING, "backbone.embeddings"),
          Map.entry(TensorRole.FINAL_NORM, "backbone.norm_f"),
          Map.entry(TensorRole.MIXER_NORM, "backbone.layers.%d.norm"),
          Map.entry(TensorRole.RECURRENT_IN, "backbone.layers.%d.mixer.in_proj"),
          Map.entry(TensorRole.CONVOLUTION, "backbone.layers.%d.mixer.conv1d"),
          Map.entry(TensorRole.STEP_IN, "backbone.layers.%d.mixer.x_proj"),
          Map.entry(TensorRole.STEP, "backbone.layers.%d.mixer.dt_proj"),
          Map.entry(TensorRole.STEP_BIAS, "backbone.layers.%d.mixer.dt_bias="),
          Map.entry(TensorRole.DECAY, "backbone.layers.%d.mixer.A_log="),
          Map.entry(TensorRole.SKIP, "backbone.layers.%d.mixer.D="),
          Map.entry(TensorRole.RECURRENT_NORM, "backbone.layers.%d.mixer.norm"),
          Map.entry(TensorRole.RECURRENT_OUT, "backbone.layers.%d.mixer.out_proj"));

  private StateSpaces() {}

  static DecoderSpec mamba(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    int inner = config.integer("intermediate_size").orElse(b.width * b.size("expand", 2, 64));
    int rank = config.integer("time_step_rank").orElse(Math.ceilDiv(b.width, 16));
    Mamba mixer =
        new Mamba(
            inner,
            b.size("state_size"),
            b.size("conv_kernel"),
            rank,
            config.flag("use_bias", false),
            config.flag("use_conv_bias", true));
    return alone(b, mixer);
  }

  static DecoderSpec mamba2(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    int heads = b.size("num_heads");
    Mamba2 mixer =
        new Mamba2(
            heads,
            b.size("head_dim"),
            b.size("state_size"),
            b.size("n_groups"),
            b.size("conv_kernel"),
            config.flag("use_bias", false),
            config.flag("use_conv_bias", true),
            b.rms,
            null);
    return alone(b, mixer);
  }

  private static DecoderSpec alone(Blueprint b, DecoderSpec.Mixer mixer) {
    return b.arrange(Arrange.mixerAlone(b.rms))
        .mixer(mixer)
        .channel(l -> null)
        .tied()
        .names(NAMES)
        .build();
  }

  /** A mixer under the names that hybrids use. */
  static Mamba2 mamba2(Blueprint b, NormSpec norm) {
    return new Mamba2(
        b.size("mamba_n_heads"),
        b.size("mamba_d_head"),
        b.size("mamba_d_state"),
        b.size("mamba_n_groups"),
        b.size("mamba_d_conv"),
        b.config.flag("mamba_proj_bias", false),
        b.config.flag("mamba_conv_bias", true),
        norm,
        null);
  }

  /** Falcon H1 (TII 2025): attention and state space side by side, multipliers everywhere. */
  static DecoderSpec falconH1(ModelConfig config) {
    Blueprint b = new Blueprint(config);
    if (config.flag("mamba_rms_norm", false)) {
      throw b.unsupported("'mamba_rms_norm' is not supported for this family");
    }
    Mamba2 m = mamba2(b, null);
    List<Float> scales =
        config.numbers("ssm_multipliers").stream().map(Double::floatValue).toList();
    Mamba2 space =
        new Mamba2(
            m.heads(),
            m.headDim(),
            m.state(),
            m.groups(),
            m.kernel(),
            m.bias(),
            m.convolutionBias(),
            null,
            scales.size() == 5 ? scales : null);
    GroupedAttention a = b.attention();
    double keys = config.number("key_multiplier").orElse(1);
    GroupedAttention attention = a.withScores(ScoreSpec.scaled(a.scores().scale() * keys));
    List<Double> mlp = config.numbers("mlp_multipliers");
    float gate = mlp.isEmpty() ? 1 : mlp.getFirst().floatValue();
    float down = mlp.isEmpty() ? 1 : mlp.getLast().floatValue();
    FeedForward f = b.feedForward();
    FeedForward scaled = new FeedForward(f.inner(), true, f.activation(), f.bias(), gate);
    Place before = new Place(TensorRole.MIXER_NORM, b.rms);
    Place second = new Place(TensorRole.CHANNEL_NORM, b.rms);
    Branch spaces = new Branch(before, factor(b, "ssm_in"), space, factor(b, "ssm_out"), null);
    Branch heads =
        new Branch(before, factor(b, "attention_in"), attention, factor(b, "attention_out"), null);
    Branch last = new Branch(second, 1, scaled, down, null);
    return b.arrange(
            (mixer, channel) ->
                new Layer(
                    List.of(new Block(1, List.of(spaces, heads)), new Block(1, List.of(last)))))
        .embeddingScale(factor(b, "embedding"))
        .logitScale(factor(b, "lm_head"))
        .names(
            Map.of(
                TensorRole.FINAL_NORM, "model.final_layernorm",
                TensorRole.CHANNEL_NORM, "model.layers.%d.pre_ff_layernorm",
                TensorRole.GATE, "model.layers.%d.feed_forward.gate_proj",
                TensorRole.UP, "model.layers.%d.feed_forward.up_proj",
                TensorRole.DOWN, "model.layers.%d.feed_forward.down_proj"))
        .build();
  }

  private static float factor(Blueprint b, String name) {
    return (float) b.config.number(name + "_multiplier").orElse(1);
  }
}
