// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import java.util.function.IntFunction;

/**
 * The kernels of {@link io.jishi.tensor.TileProducts} of one level and kind of factors. For all
 * threads.
 */
public final class FactorKernels {
  private final TileKernels panels;
  private final Kernel[] straight;
  private final Kernel[] turned;
  final Kernel words;
  final Kernel softmax;
  final Kernel gradients;
  final Kernel scale;
  final Kernel scaleAdding;

  /**
   * Kernels for factors that are rounded to BF16 where {@code bf16}. Tile registers are not used:
   * such small products would be packed for longer than they take. Processors that have them
   * multiply pairs of BF16 at half the rate of floats (170 and 345 Gop/s), so words are rounded
   * floats there.
   */
  public FactorKernels(Level level, boolean bf16) {
    PanelWriter.Words own = TileKernels.words(level, bf16);
    PanelWriter.Words kind = own == PanelWriter.Words.TILES ? PanelWriter.Words.ROUNDED : own;
    TileShape shape = TileShape.narrow(level);
    panels = new TileKernels(level, kind, shape);
    straight =
        products(kind, shape, v -> TileProduct.make(level, kind, TileProduct.Left.ROWS, shape, v));
    turned =
        products(
            kind, shape, v -> TileProduct.make(level, kind, TileProduct.Left.TURNED, shape, v));
    words = Kernels.load("words of rows", StepTiles.words(level, kind));
    softmax = Kernels.load("softmax of a tile, " + kind, StepTiles.softmax(level, kind));
    gradients = Kernels.load("gradients of a tile, " + kind, StepTiles.gradients(level, kind));
    scale = Kernels.load("scaled rows", StepUpdates.scaleRows(level, false));
    scaleAdding = Kernels.load("scaled rows added", StepUpdates.scaleRows(level, true));
  }

  private static Kernel[] products(
      PanelWriter.Words kind, TileShape shape, IntFunction<byte[]> code) {
    Kernel[] all = new Kernel[shape.vectors() + 1];
    for (int v = 1; v <= shape.vectors(); v++) {
      all[v] = Kernels.load("product of a factor, " + kind + ", " + v, code.apply(v));
    }
    return all;
  }

  /** How right factors are packed. */
  public TileKernels panels() {
    return panels;
  }

  Kernel product(boolean isTurned, int vectors) {
    return isTurned ? turned[vectors] : straight[vectors];
  }
}
