// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.family;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.Channel;
import io.jishi.model.DecoderSpec.Embedding;
import io.jishi.model.DecoderSpec.FeedForward;
import io.jishi.model.DecoderSpec.GroupedAttention;
import io.jishi.model.DecoderSpec.Head;
import io.jishi.model.DecoderSpec.Layer;
import io.jishi.model.DecoderSpec.Masked;
import io.jishi.model.DecoderSpec.Mixer;
import io.jishi.model.DecoderSpec.Part;
import io.jishi.model.DecoderSpec.ScoreSpec;
import io.jishi.model.DecoderSpec.Summary;
import io.jishi.model.ModelConfig;
import io.jishi.model.NormSpec;
import io.jishi.model.RopeSpec;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Activation;
import io.jishi.tensor.Rope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * A spec in the making. It begins as a Llama of the configuration's sizes; a family says in what it
 * differs.
 */
final class Blueprint {
  /** No published model is near these; a file beyond them is damaged or hostile. */
  private static final int MAX_LAYERS = 4096;

  private static final int MAX_WIDTH = 1 << 20;
  private static final int MAX_INNER = 16 * MAX_WIDTH;

  private static final Map<String, Activation> ACTIVATIONS =
      Map.ofEntries(
          Map.entry("silu", Activation.SILU),
          Map.entry("swish", Activation.SILU),
          Map.entry("gelu", Activation.GELU),
          Map.entry("gelu_new", Activation.GELU_TANH),
          Map.entry("gelu_fast", Activation.GELU_TANH),
          Map.entry("gelu_pytorch_tanh", Activation.GELU_TANH),
          Map.entry("relu", Activation.RELU),
          Map.entry("relu2", Activation.RELU_SQUARED));

  /** How a layer is made of its parts. */
  @FunctionalInterface
  interface Arrangement {
    /** The layer. */
    Layer layer(Part mixer, Part channel);
  }

  final ModelConfig config;
  final int width;
  final int layers;
  final NormSpec rms;

  private NormSpec finalNorm;
  private IntFunction<Arrangement> arrangement;
  private IntFunction<Mixer> mixer = l -> attention();
  private IntFunction<Channel> channel = l -> feedForward();
  private Embedding embedding = Embedding.PLAIN;
  private Head head;
  private Summary summary;
  private Masked masked;
  private int positions;
  private Checkpoint checkpoint = Checkpoint.HUGGING_FACE;

  Blueprint(ModelConfig config) {
    this.config = config;
    width = size("hidden_size", MAX_WIDTH);
    layers = size("num_hidden_layers", MAX_LAYERS);
    rms = NormSpec.rms(config.number("norm_eps").orElse(1e-6));
    head = Head.plain(config.tiedOutput(false));
    norm(rms);
  }

  /** This norm before mixer, channel and head. */
  Blueprint norm(NormSpec norm) {
    finalNorm = norm;
    return arrange(Arrange.before(norm, 1));
  }

  Blueprint arrange(Arrangement all) {
    return arrange(l -> all);
  }

  Blueprint arrange(IntFunction<Arrangement> byLayer) {
    arrangement = byLayer;
    return this;
  }

  /**
   * Without a head: hidden states are the result.
   *
   * @param norm the last one, or null
   * @param made of whole sequences, or null
   */
  Blueprint encoder(NormSpec norm, Summary made) {
    finalNorm = norm;
    head = null;
    summary = made;
    return this;
  }

  /** Guesses masked tokens with that head, or with none (null). */
  Blueprint masked(Masked other) {
    masked = other;
    return this;
  }

  /** So many positions, whatever the configuration calls its context. */
  Blueprint positions(int count) {
    positions = count;
    return this;
  }

  Blueprint mixer(IntFunction<Mixer> byLayer) {
    mixer = byLayer;
    return this;
  }

  Blueprint mixer(Mixer all) {
    return mixer(l -> all);
  }

  Blueprint channel(IntFunction<Channel> byLayer) {
    channel = byLayer;
    return this;
  }

  Blueprint channel(Channel all) {
    return channel(l -> all);
  }

  Blueprint embedding(Embedding other) {
    embedding = other;
    return this;
  }

  Blueprint embeddingScale(double scale) {
    return embedding(new Embedding((float) scale, 0, null));
  }

  Blueprint head(Head other) {
    head = other;
    return this;
  }

  /** The output matrix is the embedding, unless the configuration says otherwise. */
  Blueprint tied() {
    return head(Head.plain(config.tiedOutput(true)));
  }

  Blueprint logitScale(double scale) {
    return head(new Head(head.tied(), head.bias(), head.unitRows(), (float) scale, head.softCap()));
  }

  Blueprint checkpoint(Checkpoint other) {
    checkpoint = other;
    return this;
  }

  Blueprint names(Map<TensorRole, String> names) {
    return checkpoint(Checkpoint.named(names));
  }

  /** The first layers alone, as a tower has them: no tokens, no head. */
  DecoderSpec tower(int taken) {
    return new DecoderSpec(
        config.architecture(),
        1,
        width,
        1,
        embedding,
        list(taken),
        finalNorm,
        null,
        null,
        null,
        checkpoint);
  }

  private List<Layer> list(int count) {
    List<Layer> list = new ArrayList<>();
    for (int l = 0; l < count; l++) {
      list.add(arrangement.apply(l).layer(mixer.apply(l), channel.apply(l)));
    }
    return list;
  }

  DecoderSpec build() {
    return new DecoderSpec(
        config.architecture(),
        size("vocab_size", MAX_INNER),
        width,
        positions > 0 ? positions : context(),
        embedding,
        list(layers),
        finalNorm,
        head,
        summary,
        masked,
        checkpoint);
  }

  /** A base that grows with the length makes more positions than the model was trained on. */
  private int context() {
    int context = config.integer("max_position_embeddings").orElse(2048);
    return config.ropeScaling("full_attention") instanceof RopeSpec.DynamicBase d
        ? (int) Math.min(Integer.MAX_VALUE, context * Math.max(1, d.factor()))
        : context;
  }

  /** Attention with rotation of whole heads. */
  GroupedAttention attention() {
    return attention(rope(Rope.Style.HALVES));
  }

  GroupedAttention attention(RopeSpec rope) {
    int heads = heads();
    int kvHeads = config.integer("num_key_value_heads").orElse(heads);
    return attention(heads, kvHeads, headDim(), rope);
  }

  GroupedAttention attention(int heads, int kvHeads, int headDim, RopeSpec rope) {
    if (kvHeads <= 0 || heads % kvHeads != 0) {
      throw bad(heads + " attention heads do not group over " + kvHeads);
    }
    return new GroupedAttention(
        heads,
        kvHeads,
        headDim,
        rope,
        config.bias("attention_bias", false, TensorRole.QUERY),
        config.bias("attention_bias", false, TensorRole.ATTENTION_OUTPUT),
        null,
        false,
        ScoreSpec.scaled(1 / Math.sqrt(headDim)));
  }

  int heads() {
    return size("num_attention_heads", MAX_WIDTH);
  }

  int headDim() {
    int heads = heads();
    int dim = config.integer("head_dim").orElse(width / heads);
    if (dim <= 0 || (long) dim * heads > MAX_WIDTH) {
      throw bad("a head of " + dim + " values cannot be");
    }
    return dim;
  }

  /** The configured part of a head is rotated. */
  RopeSpec rope(Rope.Style published) {
    return rope(published, 10_000, "full_attention");
  }

  RopeSpec rope(Rope.Style published, double absentBase, String layerKind) {
    int dim = headDim();
    double part = config.number("partial_rotary_factor").orElse(1);
    int rotary = config.integer("rotary_dim").orElse((int) (dim * part));
    return rope(
        published, rotary, config.ropeBase(layerKind, absentBase), config.ropeScaling(layerKind));
  }

  RopeSpec rope(Rope.Style published, int rotary, double base, RopeSpec.Scaling scaling) {
    if (rotary <= 0 || rotary > MAX_WIDTH || rotary % 2 != 0) {
      throw bad(rotary + " rotary values of a head cannot be");
    }
    int factors =
        switch (scaling) {
          case RopeSpec.Divisors d -> d.divisors().length;
          case RopeSpec.LongFactors f when f.shortFactors().length == f.longFactors().length ->
              f.shortFactors().length;
          case RopeSpec.LongFactors f -> -1;
          default -> rotary / 2;
        };
    if (factors != rotary / 2) {
      throw bad("the rotary factors do not fit: " + rotary / 2 + " are needed in each list");
    }
    RopeSpec.Axes axes = config.ropeAxes("full_attention");
    if (axes instanceof RopeSpec.Sections s
        && s.sizes().stream().mapToInt(Integer::intValue).sum() != rotary / 2) {
      throw bad("'mrope_section' " + s.sizes() + " does not share " + rotary / 2 + " pairs");
    }
    return new RopeSpec(config.ropeStyle(published), rotary, base, scaling, axes);
  }

  /** A gated layer with the configured activation. */
  FeedForward feedForward() {
    return feedForward(size("intermediate_size", MAX_INNER), true);
  }

  FeedForward feedForward(int inner, boolean gated) {
    boolean bias = config.bias("mlp_bias", false, gated ? TensorRole.GATE : TensorRole.UP);
    return new FeedForward(inner, gated, activation("silu"), bias, 1);
  }

  Activation activation(String absent) {
    return activationNamed(config.text("hidden_act", absent));
  }

  Activation activationNamed(String name) {
    Activation activation = ACTIVATIONS.get(name);
    if (activation == null) {
      throw unsupported("the activation '" + name + "' is not supported; " + ACTIVATIONS.keySet());
    }
    return activation;
  }

  /** The window of a layer that {@code layer_types} calls sliding, else 0. */
  int listedWindow(int layer) {
    List<String> kinds = config.texts("layer_types");
    if (kinds.isEmpty()) {
      return 0;
    }
    if (kinds.size() != layers) {
      throw bad("'layer_types' lists " + kinds.size() + " of " + layers + " layers");
    }
    return switch (kinds.get(layer)) {
      case "sliding_attention" -> window();
      case "full_attention", "attention" -> 0;
      default -> throw unsupported("the layer type '" + kinds.get(layer) + "' is not supported");
    };
  }

  /** The configured window, 0 for none. */
  int window() {
    int window = config.integer("sliding_window").orElse(0);
    if (window < 0) {
      throw bad("a window of " + window + " tokens cannot be");
    }
    return window;
  }

  int size(String name) {
    return size(name, MAX_INNER);
  }

  private int size(String name, int most) {
    int value = config.require(name);
    if (value <= 0 || value > most) {
      throw bad("'" + name + "' must be 1 to " + most + ", found " + value);
    }
    return value;
  }

  /** A size that may be absent. */
  int size(String name, int absent, int most) {
    int value = config.integer(name).orElse(absent);
    if (value < 0 || value > most) {
      throw bad("'" + name + "' must be at most " + most + ", found " + value);
    }
    return value;
  }

  JishiException bad(String what) {
    return new JishiException.BadFile(config.source() + ": " + what);
  }

  JishiException unsupported(String what) {
    return new JishiException.Unsupported(config.source() + ": " + what);
  }
}
