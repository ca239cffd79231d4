// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import java.util.List;

/**
 * What varies between transformers, as data.
 *
 * @param architecture the family as its files name it
 * @param vocabulary token ids
 * @param width values of a hidden state
 * @param context positions that the model was made for
 * @param layers in order
 * @param eps of the RMSNorm before each mixer, each channel and the output
 * @param tiedOutput whether the output matrix is the embedding
 */
public record DecoderSpec(
    String architecture,
    int vocabulary,
    int width,
    int context,
    List<Layer> layers,
    float eps,
    boolean tiedOutput) {

  /** Copies the list. */
  public DecoderSpec {
    layers = List.copyOf(layers);
  }

  /**
   * One layer: {@code h = x + mixer(norm(x))}, {@code y = h + channel(norm(h))}.
   *
   * @param mixer mixes tokens
   * @param channel mixes the values of one token
   */
  public record Layer(Mixer mixer, Channel channel) {}

  /** How tokens are mixed. */
  public sealed interface Mixer permits GroupedAttention {}

  /**
   * Attention with grouped heads.
   *
   * @param heads query heads
   * @param kvHeads key and value heads
   * @param headDim values per head
   * @param rope position embedding
   * @param inputBias whether query, key and value projections have biases
   * @param outputBias whether the output projection has one
   * @param headNorm whether each query and key head passes an RMSNorm before rotation
   */
  public record GroupedAttention(
      int heads,
      int kvHeads,
      int headDim,
      RopeSpec rope,
      boolean inputBias,
      boolean outputBias,
      boolean headNorm)
      implements Mixer {}

  /** How the values of one token are mixed. */
  public sealed interface Channel permits GatedFeedForward {}

  /**
   * A gated feed-forward layer with SiLU.
   *
   * @param inner values between the projections
   * @param bias whether all three projections have biases
   */
  public record GatedFeedForward(int inner, boolean bias) implements Channel {}
}
