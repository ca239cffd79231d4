// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.Attention;
import io.jishi.tensor.Rope;

/**
 * What kernels of attention are made for.
 *
 * @param headDim values of a head
 * @param style of the rotary embedding, or null
 * @param rotated values of a head that are turned; 0 without rotary embedding
 */
public record AttentionShape(int headDim, Rope.Style style, int rotated) {
  /** Kernels take whole vectors. */
  private static final int UNIT = 16;

  /** The shape of a layer's attention. */
  public static AttentionShape of(Attention attention) {
    Rope rope = attention.rope();
    return rope == null
        ? new AttentionShape(attention.headDim(), null, 0)
        : new AttentionShape(attention.headDim(), rope.style(), rope.dims());
  }

  /** Whether this is the shape of a layer's attention. */
  public boolean fits(Attention attention) {
    Rope rope = attention.rope();
    return headDim == attention.headDim()
        && (rope == null ? style == null : style == rope.style() && rotated == rope.dims());
  }

  /** Whether there are kernels: heads and their turned part are multiples of 16 values. */
  public boolean supported() {
    return headDim % UNIT == 0 && rotated % UNIT == 0 && rotated <= headDim;
  }

  /** Floats of one token's cosines, and as many of its sines. */
  public int angles() {
    return style == Rope.Style.PAIRS ? rotated : rotated / 2;
  }
}
