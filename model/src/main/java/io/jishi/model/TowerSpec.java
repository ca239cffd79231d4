// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.model.DecoderSpec.BidirectionalAttention;
import io.jishi.tensor.Activation;
import java.util.List;
import java.util.Set;

/**
 * A vision tower as data: {@code tokens = projector(norm(layers(patches · W + positions)))}.
 *
 * @param patch side of a patch in pixels
 * @param frames of the patch matrix: an image stands in each of them (Qwen2-VL)
 * @param patchBias whether the patch matrix has a bias
 * @param classToken whether a token of its own stands before the patches, and is dropped at the end
 * @param positions of patches, or null where rotation says them
 * @param layers what a decoder of such layers would be; its norm is the one behind them, or null;
 *     its embedding has the norm before them, or null
 * @param window how many merged patches a window has to a side in layers that see windows, 0 where
 *     all see the whole image
 * @param whole the layers that see the whole image though others see windows
 * @param inserted a merger between layers, or null
 * @param projector to the width of the language model
 */
public record TowerSpec(
    int patch,
    int frames,
    boolean patchBias,
    boolean classToken,
    Positions positions,
    DecoderSpec layers,
    int window,
    Set<Integer> whole,
    Inserted inserted,
    Projector projector) {

  /** What checkpoints carry for uses other than this one. */
  private static final List<String> UNUSED =
      List.of("post_layernorm.weight", "post_layernorm.bias", "position_ids", "inv_freq");

  /** What stands before the number of a layer. */
  private static final Set<String> LAYERS = Set.of("layers", "blocks", "blk");

  /** Copies the set. */
  public TowerSpec {
    whole = Set.copyOf(whole);
  }

  /**
   * A table of positions of a square image.
   *
   * @param side positions to a side
   * @param stretched whether smaller images spread over the whole table; else patch i has row i
   */
  public record Positions(int side, boolean stretched) {}

  /**
   * Between two layers (MiniCPM-V): attention within squares of 2 × 2, which then become one token:
   * their mean, and a feed-forward layer of all four.
   *
   * @param after the layer before it
   * @param attention within squares
   * @param norm of both
   * @param inner values of the layer
   * @param checkpoint names
   */
  public record Inserted(
      int after,
      BidirectionalAttention attention,
      NormSpec norm,
      int inner,
      Checkpoint checkpoint) {}

  /**
   * Squares of patches become tokens.
   *
   * @param merge patches to a side of a square
   * @param each norm of a patch, or null
   * @param all norm of a square, or null
   * @param inner values between its two products, 0 where there is one alone
   * @param out width of the language model
   * @param bias whether products have biases
   * @param activation between them
   */
  public record Projector(
      int merge,
      NormSpec each,
      NormSpec all,
      int inner,
      int out,
      boolean bias,
      Activation activation) {}

  /** The same with other names for the merger between layers, where there is one. */
  TowerSpec withInsertedNames(Checkpoint names) {
    return inserted == null
        ? this
        : new TowerSpec(
            patch,
            frames,
            patchBias,
            classToken,
            positions,
            layers,
            window,
            whole,
            new Inserted(inserted.after, inserted.attention, inserted.norm, inserted.inner, names),
            projector);
  }

  /**
   * Whether files may have a tensor that is not read: of another use, or of a layer behind the one
   * whose result is taken.
   */
  public boolean leaves(String name) {
    if (UNUSED.stream().anyMatch(name::endsWith)) {
      return true;
    }
    String[] words = name.split("\\.");
    for (int i = 1; i < words.length; i++) {
      if (LAYERS.contains(words[i - 1]) && words[i].matches("\\d{1,6}")) {
        return Integer.parseInt(words[i]) >= layers.layers().size();
      }
    }
    return false;
  }

  /** Patches to a side of what becomes one token. */
  public int unit() {
    return projector.merge * (inserted == null ? 1 : 2);
  }

  /** The sides of squares that merge, the first merge first. */
  List<Integer> merges() {
    return inserted == null ? List.of(projector.merge) : List.of(2, projector.merge);
  }
}
