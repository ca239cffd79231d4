// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.Attention;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Scores;

/**
 * What kernels of attention are made for.
 *
 * @param keyDim values of a query and of a key
 * @param valueDim values of a value: those of a key, or the latent part of it
 * @param latent whether values are the first part of the keys
 * @param style of the rotary embedding, or null
 * @param rotated values of a head that are turned; 0 without rotary embedding
 * @param normLast whether heads are rotated first and then normed
 * @param capped whether scores have a soft cap
 * @param sloped whether scores have slopes
 */
public record AttentionShape(
    int keyDim,
    int valueDim,
    boolean latent,
    Rope.Style style,
    int rotated,
    boolean normLast,
    boolean capped,
    boolean sloped) {
  /** Kernels take whole vectors. */
  private static final int UNIT = 16;

  /** The shape of a layer's attention. */
  public static AttentionShape of(Attention attention) {
    Rope rope = attention.rope();
    Scores scores = attention.scores();
    return new AttentionShape(
        attention.headDim(),
        attention.headDim(),
        false,
        rope == null ? null : rope.style(),
        rope == null ? 0 : rope.dims(),
        attention.normLast(),
        scores.softCap() != 0,
        scores.slopes() != null);
  }

  /** The shape of a layer's latent attention, whose queries and rows come rotated. */
  public static AttentionShape of(LatentAttention attention) {
    return new AttentionShape(
        attention.rowWidth(), attention.rank(), true, null, 0, false, false, false);
  }

  /** Whether this is the shape of a layer's attention; allocates nothing. */
  public boolean fits(Attention attention) {
    Rope rope = attention.rope();
    return !latent
        && keyDim == attention.headDim()
        && (rope == null ? style == null : style == rope.style() && rotated == rope.dims())
        && normLast == attention.normLast()
        && capped == (attention.scores().softCap() != 0)
        && sloped == (attention.scores().slopes() != null);
  }

  /** Whether this is the shape of a layer's latent attention. */
  public boolean fits(LatentAttention attention) {
    return latent && keyDim == attention.rowWidth() && valueDim == attention.rank();
  }

  /** Whether there are kernels: values of at least four, latent ones a multiple of four. */
  public boolean supported() {
    return latent ? valueDim % CacheReader.LEAST == 0 : valueDim >= CacheReader.LEAST;
  }

  /**
   * Whether kernels make heads ready and write them to the cache; plain Java does where heads or
   * their turned part are no multiples of 16 values.
   */
  public boolean wholeHeads() {
    return !latent && keyDim % UNIT == 0 && rotated % UNIT == 0 && rotated <= keyDim;
  }

  /** Floats of a row of values as kernels take it: whole vectors. */
  public int valueWidth() {
    return (valueDim + UNIT - 1) / UNIT * UNIT;
  }

  /** Whether values are turned into floats of another width before kernels take them. */
  boolean reshaped() {
    return latent || valueWidth() != valueDim;
  }

  /** Floats of one token's cosines, and as many of its sines. */
  public int angles() {
    return style == Rope.Style.PAIRS ? rotated : rotated / 2;
  }
}
