// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.base.JishiException;
import io.jishi.model.DecoderSpec;
import io.jishi.model.ModelConfig;
import io.jishi.model.RopeSpec;
import io.jishi.model.TensorRole;
import java.util.Collections;

/** Llama (Touvron et al. 2023) and the families that differ from it in biases and norms alone. */
final class LlamaLike {
  /** No published model is near these; a file beyond them is damaged or hostile. */
  private static final int MAX_LAYERS = 4096;

  private static final int MAX_WIDTH = 1 << 20;

  private LlamaLike() {}

  /** Llama 1 to 3 and what shares their configuration. */
  static DecoderSpec llama(ModelConfig config) {
    boolean input = config.bias("attention_bias", false, TensorRole.QUERY);
    boolean output = config.bias("attention_bias", false, TensorRole.ATTENTION_OUTPUT);
    return build(config, input, output, false);
  }

  /** Qwen 2 and 2.5: biases on queries, keys and values. */
  static DecoderSpec qwen2(ModelConfig config) {
    refuseWindow(config);
    return build(config, true, false, false);
  }

  /** Qwen 3: a norm over each query and key head. */
  static DecoderSpec qwen3(ModelConfig config) {
    refuseWindow(config);
    boolean input = config.bias("attention_bias", false, TensorRole.QUERY);
    boolean output = config.bias("attention_bias", false, TensorRole.ATTENTION_OUTPUT);
    return build(config, input, output, true);
  }

  private static DecoderSpec build(
      ModelConfig config, boolean inputBias, boolean outputBias, boolean headNorm) {
    if (config.integer("num_experts").orElse(0) > 0) {
      throw unsupported(config, "mixtures of experts are not supported yet");
    }
    String activation = config.text("hidden_act", "silu");
    if (!activation.equals("silu")) {
      throw unsupported(config, "the activation '" + activation + "' is not supported; silu is");
    }
    int width = size(config, "hidden_size", MAX_WIDTH);
    int heads = size(config, "num_attention_heads", MAX_WIDTH);
    int kvHeads = config.integer("num_key_value_heads").orElse(heads);
    if (kvHeads <= 0 || heads % kvHeads != 0) {
      throw bad(config, heads + " attention heads do not group over " + kvHeads);
    }
    int headDim = config.integer("head_dim").orElse(width / heads);
    if (headDim <= 0 || headDim % 2 != 0 || (long) headDim * heads > MAX_WIDTH) {
      throw bad(config, "a head of " + headDim + " values cannot be");
    }
    int rotary = config.integer("rotary_dim").orElse(headDim);
    if (rotary <= 0 || rotary > headDim || rotary % 2 != 0) {
      throw bad(config, rotary + " rotary values of a head of " + headDim + " cannot be");
    }
    RopeSpec.Scaling scaling = config.ropeScaling();
    if (scaling instanceof RopeSpec.Divisors d && d.divisors().length != rotary / 2) {
      throw bad(config, d.divisors().length + " rotary factors, but " + rotary / 2 + " are needed");
    }
    RopeSpec rope = new RopeSpec(config.ropeStyle(), rotary, ropeBase(config), scaling);
    DecoderSpec.Layer layer =
        new DecoderSpec.Layer(
            new DecoderSpec.GroupedAttention(
                heads, kvHeads, headDim, rope, inputBias, outputBias, headNorm),
            new DecoderSpec.GatedFeedForward(
                size(config, "intermediate_size", 16 * MAX_WIDTH),
                config.bias("mlp_bias", false, TensorRole.GATE)));
    return new DecoderSpec(
        config.architecture(),
        size(config, "vocab_size", 16 * MAX_WIDTH),
        width,
        config.integer("max_position_embeddings").orElse(2048),
        Collections.nCopies(size(config, "num_hidden_layers", MAX_LAYERS), layer),
        (float) config.number("rms_norm_eps").orElse(1e-6),
        config.tiedOutput(false));
  }

  private static double ropeBase(ModelConfig config) {
    double base = config.ropeBase();
    if (!(base > 1) || base > 1e15) {
      throw bad(config, "a rotary base of " + base + " cannot be");
    }
    return base;
  }

  private static void refuseWindow(ModelConfig config) {
    if (config.flag("use_sliding_window", false)) {
      throw unsupported(config, "sliding-window attention is not supported yet");
    }
  }

  private static int size(ModelConfig config, String name, int most) {
    int value = config.require(name);
    if (value <= 0 || value > most) {
      throw bad(config, "'" + name + "' must be 1 to " + most + ", found " + value);
    }
    return value;
  }

  private static JishiException bad(ModelConfig config, String what) {
    return new JishiException.BadFile(config.source() + ": " + what);
  }

  private static JishiException unsupported(ModelConfig config, String what) {
    return new JishiException.Unsupported(config.source() + ": " + what);
  }
}
