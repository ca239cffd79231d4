// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.List;

/**
 * What varies between decoders, as data: {@code logits = head(norm(layers(embedding(tokens))))}.
 * Encoders are described by the same record: they have no head, and attend in both directions.
 * Longer than other files: all that may vary stands on one page.
 *
 * @param architecture the family as its files name it
 * @param vocabulary token ids
 * @param width values of a hidden state
 * @param context positions that the model was made for
 * @param embedding of tokens and positions
 * @param layers in order
 * @param norm before the head, or null
 * @param head to the logits; null where hidden states are the result
 * @param summary what is made of a whole sequence, or null
 * @param masked what an encoder guesses masked tokens with, or null
 * @param checkpoint how published files store the tensors
 */
public record DecoderSpec(
    String architecture,
    int vocabulary,
    int width,
    int context,
    Embedding embedding,
    List<Layer> layers,
    NormSpec norm,
    Head head,
    Summary summary,
    Masked masked,
    Checkpoint checkpoint) {

  /** Copies the list. */
  public DecoderSpec {
    layers = List.copyOf(layers);
  }

  /** Whether the output matrix is the embedding. */
  public boolean tiedOutput() {
    return head != null && head.tied();
  }

  /** The same with rotary pairs of grouped attention made of other values. */
  public DecoderSpec withRopeStyle(io.jishi.tensor.Rope.Style style) {
    List<Layer> turned = layers.stream().map(layer -> layer.withRopeStyle(style)).toList();
    return new DecoderSpec(
        architecture,
        vocabulary,
        width,
        context,
        embedding,
        turned,
        norm,
        head,
        summary,
        masked,
        checkpoint);
  }

  /** Whether whole sequences are scored, as by a cross-encoder. */
  public boolean scores() {
    return summary != null && !summary.optional();
  }

  /** Whether a sequence has to be seen whole: some mixer attends in both directions. */
  public boolean bidirectional() {
    return layers.stream()
        .flatMap(layer -> layer.parts().stream())
        .anyMatch(BidirectionalAttention.class::isInstance);
  }

  /**
   * How tokens become hidden states.
   *
   * @param scale by which embeddings are multiplied
   * @param positions rows of a learned table that is added, 0 for none
   * @param skipped rows of that table in published files before the one of the first position
   * @param types rows of a table of token types that is added, 0 for none
   * @param norm of the embeddings, or null
   */
  public record Embedding(float scale, int positions, int skipped, int types, NormSpec norm) {
    /** A table and nothing else. */
    public static final Embedding PLAIN = new Embedding(1, 0, null);

    /** Without token types. */
    public Embedding(float scale, int positions, NormSpec norm) {
      this(scale, positions, 0, 0, norm);
    }
  }

  /**
   * How hidden states become logits.
   *
   * @param tied whether the matrix is the embedding
   * @param bias whether it has one
   * @param unitRows whether its rows are divided by their lengths (Baichuan 2)
   * @param scale of the logits
   * @param softCap {@code softCap · tanh(logit / softCap)}, 0 for none
   */
  public record Head(boolean tied, boolean bias, boolean unitRows, float scale, float softCap) {
    /** A matrix and nothing else. */
    public static Head plain(boolean tied) {
      return new Head(tied, false, false, 1, 0);
    }
  }

  /**
   * What is made of a whole sequence: its pooled hidden state goes through small layers, as a
   * cross-encoder's score does.
   *
   * @param pooling which hidden state they take
   * @param optional whether files may lack them, as many lack BERT's pooler
   * @param steps in order
   */
  public record Summary(Pooling pooling, boolean optional, List<Step> steps) {
    /** Copies the list. */
    public Summary {
      steps = List.copyOf(steps);
    }
  }

  /**
   * The head that guesses masked tokens (Devlin et al. 2018): small layers over each hidden state,
   * then a product to logits. Files may lack it, since other uses of an encoder do.
   *
   * @param steps in order
   * @param tied whether the product's matrix is the embedding; files may have it twice then
   * @param bias whether it has a bias
   */
  public record Masked(List<Step> steps, boolean tied, boolean bias) {
    /** Copies the list. */
    public Masked {
      steps = List.copyOf(steps);
    }
  }

  /** A layer of a summary, or of the head for masked tokens. */
  public sealed interface Step permits Dense, Normed, Tanh {}

  /** The hyperbolic tangent, value by value. */
  public record Tanh() implements Step {}

  /**
   * A product.
   *
   * @param role of its matrix
   * @param out rows of the matrix, 0 for as many as the file has
   * @param bias whether it has one
   * @param activation of the result, or null
   */
  public record Dense(TensorRole role, int out, boolean bias, io.jishi.tensor.Activation activation)
      implements Step {}

  /** A norm. */
  public record Normed(Place place) implements Step {}

  /** One layer: its blocks, one after another. */
  public record Layer(List<Block> blocks) {
    /** Copies the list. */
    public Layer {
      blocks = List.copyOf(blocks);
    }

    private Layer withRopeStyle(io.jishi.tensor.Rope.Style style) {
      return new Layer(
          blocks.stream()
              .map(
                  block ->
                      new Block(
                          block.multiplier,
                          block.branches.stream().map(b -> b.withRopeStyle(style)).toList(),
                          block.post))
              .toList());
    }

    /** All parts in order. */
    public List<Part> parts() {
      return blocks.stream().flatMap(b -> b.branches().stream()).map(Branch::part).toList();
    }
  }

  /**
   * {@code y = post(x + multiplier · Σ branch(x))}.
   *
   * @param multiplier of what is added
   * @param branches side by side
   * @param post norm of the sum (BERT), or null
   */
  public record Block(float multiplier, List<Branch> branches, Place post) {
    /** Copies the list. */
    public Block {
      branches = List.copyOf(branches);
    }

    /** A sum that is not normed. */
    public Block(float multiplier, List<Branch> branches) {
      this(multiplier, branches, null);
    }
  }

  /**
   * {@code outScale · post(part(inScale · pre(x)))}. Branches of a block that name the same norm
   * share it.
   *
   * @param pre norm before, or null
   * @param inScale multiplier of what goes in
   * @param part what is computed
   * @param outScale multiplier of what comes out
   * @param post norm after, or null
   */
  public record Branch(Place pre, float inScale, Part part, float outScale, Place post) {
    private Branch withRopeStyle(io.jishi.tensor.Rope.Style style) {
      return part instanceof GroupedAttention a && a.rope != null
          ? new Branch(pre, inScale, a.withRope(a.rope.withStyle(style)), outScale, post)
          : this;
    }

    /** A part between two norms, either of which may be null. */
    public Branch(Place pre, Part part, Place post) {
      this(pre, 1, part, 1, post);
    }
  }

  /** A norm and the role of its weights. */
  public record Place(TensorRole role, NormSpec norm) {}

  /** What a branch computes. */
  public sealed interface Part permits Mixer, Channel {}

  /** How tokens are mixed. */
  public sealed interface Mixer extends Part
      permits GroupedAttention,
          BidirectionalAttention,
          LatentAttention,
          Mamba,
          Mamba2,
          GatedDelta,
          ChannelDelta,
          ShortConvolution,
          TimeMix {}

  /**
   * Attention with grouped heads.
   *
   * @param heads query heads
   * @param kvHeads key and value heads
   * @param headDim values per head
   * @param rope rotary embedding, or null
   * @param inputBias whether query, key and value projections have biases
   * @param outputBias whether the output projection has one
   * @param headNorm of queries and keys, or null
   * @param outputGate whether the query projection also makes a gate, by whose logistic function
   *     the result is multiplied
   * @param scores what happens to scores
   */
  public record GroupedAttention(
      int heads,
      int kvHeads,
      int headDim,
      RopeSpec rope,
      boolean inputBias,
      boolean outputBias,
      HeadNorm headNorm,
      boolean outputGate,
      ScoreSpec scores)
      implements Mixer {
    /** The same with another rotation, or none (null). */
    public GroupedAttention withRope(RopeSpec other) {
      return new GroupedAttention(
          heads, kvHeads, headDim, other, inputBias, outputBias, headNorm, outputGate, scores);
    }

    /** The same with biases. */
    public GroupedAttention withBiases(boolean input, boolean output) {
      return new GroupedAttention(
          heads, kvHeads, headDim, rope, input, output, headNorm, outputGate, scores);
    }

    /** The same with a norm of heads. */
    public GroupedAttention withHeadNorm(HeadNorm norm) {
      return new GroupedAttention(
          heads, kvHeads, headDim, rope, inputBias, outputBias, norm, outputGate, scores);
    }

    /** The same with a gate. */
    public GroupedAttention withOutputGate() {
      return new GroupedAttention(
          heads, kvHeads, headDim, rope, inputBias, outputBias, headNorm, true, scores);
    }

    /** The same with other scores. */
    public GroupedAttention withScores(ScoreSpec other) {
      return new GroupedAttention(
          heads, kvHeads, headDim, rope, inputBias, outputBias, headNorm, outputGate, other);
    }
  }

  /**
   * Attention in both directions within a sequence.
   *
   * @param heads its heads, projections, rotation and scale; it has no norms, gates or other scores
   * @param reach how far a token sees to either side, 0 for its whole sequence
   */
  public record BidirectionalAttention(GroupedAttention heads, int reach) implements Mixer {
    /** Refuses what the operation does not have. */
    public BidirectionalAttention {
      if (heads.headNorm() != null
          || heads.outputGate()
          || !heads.scores().equals(ScoreSpec.scaled(heads.scores().scale()))) {
        throw new IllegalArgumentException("attention in both directions has no " + heads);
      }
    }
  }

  /** A norm of query and key heads. */
  public record HeadNorm(Scope scope, NormSpec norm) {
    /** What is normed together. */
    public enum Scope {
      /** Each head, before rotation, by one gain for all heads. */
      HEAD,
      /** The same after rotation. */
      ROTATED_HEAD,
      /** Each head, before rotation, by a gain of its own. */
      OWN_HEAD,
      /** All queries of a token, and all keys. */
      WHOLE
    }
  }

  /**
   * What happens to scores; see {@code io.jishi.tensor.Scores}.
   *
   * @param scale of the product of query and key
   * @param window newest keys that are seen, 0 for all
   * @param softCap 0 for none
   * @param alibi multiplier of ALiBi's slopes, 0 for none
   * @param sinks whether each head has one
   */
  public record ScoreSpec(double scale, int window, float softCap, float alibi, boolean sinks) {
    /** Scaled and nothing else. */
    public static ScoreSpec scaled(double scale) {
      return new ScoreSpec(scale, 0, 0, 0, false);
    }

    /** The same with a window, 0 for none. */
    public ScoreSpec withWindow(int keys) {
      return new ScoreSpec(scale, keys, softCap, alibi, sinks);
    }
  }

  /**
   * Multi-head latent attention.
   *
   * @param heads heads
   * @param queryRank values between the two query projections, 0 where there is one alone
   * @param rank values of the latent vector
   * @param keyDim values of a key head that are not rotated
   * @param rotary values that are
   * @param valueDim values of a value head
   * @param rope rotation, or null
   * @param scale of scores
   * @param norm of the latent vector and of the values between the query projections
   */
  public record LatentAttention(
      int heads,
      int queryRank,
      int rank,
      int keyDim,
      int rotary,
      int valueDim,
      RopeSpec rope,
      double scale,
      NormSpec norm)
      implements Mixer {
    /** The same with another rotation, or none (null). */
    public LatentAttention withRope(RopeSpec other) {
      return new LatentAttention(
          heads, queryRank, rank, keyDim, rotary, valueDim, other, scale, norm);
    }
  }

  /**
   * A selective state space of the first kind.
   *
   * @param inner channels
   * @param state values of the state of a channel
   * @param kernel of the convolution
   * @param stepRank values that the step is made from
   * @param bias whether projections have biases
   * @param convolutionBias whether the convolution has one
   */
  public record Mamba(
      int inner, int state, int kernel, int stepRank, boolean bias, boolean convolutionBias)
      implements Mixer {}

  /**
   * A selective state space of the second kind.
   *
   * @param heads heads
   * @param headDim values of a head
   * @param state values of the state for each of them
   * @param groups of heads that share inputs and outputs of the state
   * @param kernel of the convolution
   * @param bias whether projections have biases
   * @param convolutionBias whether the convolution has one
   * @param norm of the gated result, or null
   * @param scales multipliers of the gate, x, B, C and the step, or null
   */
  public record Mamba2(
      int heads,
      int headDim,
      int state,
      int groups,
      int kernel,
      boolean bias,
      boolean convolutionBias,
      NormSpec norm,
      List<Float> scales)
      implements Mixer {
    /** Channels. */
    public int inner() {
      return heads * headDim;
    }

    /** Channels of the convolution: x, B, C. */
    public int mixed() {
      return inner() + 2 * groups * state;
    }
  }

  /**
   * The gated delta rule with one decay a head (Qwen 3 Next).
   *
   * @param keyHeads query and key heads
   * @param valueHeads value heads
   * @param keyDim values of a key head
   * @param valueDim values of a value head
   * @param kernel of the convolution
   * @param packed whether checkpoints pack the projections by key head
   * @param norm of each head of the result, before its gate
   */
  public record GatedDelta(
      int keyHeads,
      int valueHeads,
      int keyDim,
      int valueDim,
      int kernel,
      boolean packed,
      NormSpec norm)
      implements Mixer {}

  /**
   * The gated delta rule with a decay for each channel (Kimi Linear).
   *
   * @param heads heads
   * @param headDim values of a head
   * @param kernel of the convolutions
   * @param norm of each head of the result, before its gate
   */
  public record ChannelDelta(int heads, int headDim, int kernel, NormSpec norm) implements Mixer {}

  /**
   * A gated short convolution (LFM 2).
   *
   * @param kernel of the convolution
   * @param bias whether projections and convolution have biases
   */
  public record ShortConvolution(int kernel, boolean bias) implements Mixer {}

  /** The weighted mean of RWKV 4. */
  public record TimeMix(int inner) implements Mixer {}

  /** How the values of one token are mixed. */
  public sealed interface Channel extends Part
      permits FeedForward, SharpFeedForward, Mixture, ChannelMix {}

  /**
   * A feed-forward layer.
   *
   * @param inner values between the projections
   * @param gated whether there is a gate
   * @param activation of the gate, or of the inner values
   * @param bias whether projections have biases
   * @param gateScale multiplier of the gate before its activation
   */
  public record FeedForward(
      int inner,
      boolean gated,
      io.jishi.tensor.Activation activation,
      boolean bias,
      float gateScale)
      implements Channel {
    /** The same of another size. */
    public FeedForward withInner(int other) {
      return new FeedForward(other, gated, activation, bias, gateScale);
    }
  }

  /**
   * {@code down(act(sharpness · up(x)) / sharpness)}: QuickGELU is SiLU at a sharpness of 1.702.
   *
   * @param inner values between the projections
   * @param activation of the inner values
   * @param sharpness by which they are multiplied before, and divided after it
   * @param bias whether projections have biases
   */
  public record SharpFeedForward(
      int inner, io.jishi.tensor.Activation activation, float sharpness, boolean bias)
      implements Channel {}

  /**
   * A mixture of experts, and perhaps a layer that every token passes.
   *
   * @param routing the choice, without its bias
   * @param choiceBias whether scores get a bias for the choice
   * @param routerBias whether the router's products have one
   * @param expert one of them
   * @param shared the layer for all, or null
   * @param sharedGate whether the latter is multiplied by the logistic function of a product
   */
  public record Mixture(
      io.jishi.tensor.Routing routing,
      boolean choiceBias,
      boolean routerBias,
      FeedForward expert,
      FeedForward shared,
      boolean sharedGate)
      implements Channel {}

  /** The channel mix of RWKV 4. */
  public record ChannelMix(int inner) implements Channel {}
}
