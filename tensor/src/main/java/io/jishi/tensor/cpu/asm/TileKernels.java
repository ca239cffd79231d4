// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** The kernels of products of panels of one level and kind of factors. For all threads. */
public final class TileKernels {
  private final Level level;
  private final TileShape shape;
  private final PanelWriter.Words words;
  private final Kernel[] products = new Kernel[TileShape.VECTORS + 1];
  private final Side a;
  private final Side b;

  /**
   * How panels of one factor are written.
   *
   * @param width floats of a row of a panel
   * @param unit floats that {@code along} takes at a time
   */
  record Side(int width, int unit, Kernel along, Kernel across) {}

  /** Kernels for factors that are rounded to BF16 where {@code bf16}. */
  public TileKernels(Level level, boolean bf16) {
    this.level = level;
    shape = TileShape.of(level);
    words =
        !bf16
            ? PanelWriter.Words.FLOATS
            : level.bf16() ? PanelWriter.Words.PAIRS : PanelWriter.Words.ROUNDED;
    boolean pairs = words == PanelWriter.Words.PAIRS;
    for (int v = 1; v <= TileShape.VECTORS; v++) {
      products[v] = load("tile product " + words + ", " + v, TileProduct.make(level, pairs, v));
    }
    a = side(shape.rows());
    b = side(shape.cols());
  }

  private Side side(int width) {
    int unit = Math.min(width, PanelWriter.BLOCK);
    return new Side(
        width,
        unit,
        load("panels of " + width + " along", PanelWriter.along(level, words, unit)),
        load("panels of " + width + " across", PanelWriter.across(level, words, width)));
  }

  private static Kernel load(String name, byte[] code) {
    return Kernels.load(name, code);
  }

  /** What they may use. */
  public Level level() {
    return level;
  }

  /** The tile of a product. */
  public TileShape shape() {
    return shape;
  }

  /** Successive p that one word of a panel holds. */
  public int depth() {
    return words.depth();
  }

  /** Successive p that packing across takes at a time. */
  public int blockDepth() {
    return PanelWriter.BLOCK * words.depth();
  }

  /** Rows that packing across takes at a time. */
  public int group() {
    return PanelWriter.GROUP;
  }

  /** Floats of a panel's row that packing along takes at a time. */
  public int unit(boolean ofA) {
    return side(ofA).unit();
  }

  /** Bytes of a panel of {@code depth} p. */
  public long panelBytes(boolean ofA, int depth) {
    int blocks = Math.ceilDiv(depth, blockDepth());
    return 4L * side(ofA).width() * blocks * PanelWriter.BLOCK;
  }

  Side side(boolean ofA) {
    return ofA ? a : b;
  }

  Kernel product(int vectors) {
    return products[vectors];
  }
}
