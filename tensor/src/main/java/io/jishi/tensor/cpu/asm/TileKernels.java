// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** The kernels of products of panels of one level and kind of factors. For all threads. */
public final class TileKernels {
  private final Level level;
  private final PanelWriter.Words words;
  private final TileShape shape;
  private final Kernel[] products;
  private final Side a;
  private final Side b;

  /**
   * How panels of one factor are written.
   *
   * @param width floats of a row of a panel
   * @param unit floats of it that {@code along} takes at a time
   * @param unitBytes from one unit's words to the next one's within a panel
   * @param run words of successive p that lie together for each row; {@code along} takes as many
   * @param acrossWords words of p that {@code across} takes at a time
   * @param groupBytes from one group's words of {@code across} to the next one's
   */
  record Side(
      int width,
      int unit,
      long unitBytes,
      int run,
      int acrossWords,
      long groupBytes,
      Kernel along,
      Kernel across) {
    /** Bytes from one run of all rows to the next one. */
    long runBytes() {
      return 4L * width * run;
    }
  }

  /** Kernels for factors that are rounded to BF16 where {@code bf16}. */
  public TileKernels(Level level, boolean bf16) {
    this.level = level;
    words = words(level, bf16);
    shape = TileShape.of(level, words);
    products = new Kernel[shape.vectors() + 1];
    for (int v = 1; v <= shape.vectors(); v++) {
      products[v] = load("tile product " + words + ", " + v, TileProduct.make(level, words, v));
    }
    a = words == PanelWriter.Words.TILES ? lines(shape.rows()) : side(shape.rows());
    b = side(shape.cols());
  }

  /** Panels of B alone, of other tiles; products are somebody else's. */
  TileKernels(Level level, PanelWriter.Words words, TileShape shape) {
    this.level = level;
    this.words = words;
    this.shape = shape;
    products = new Kernel[0];
    a = null;
    b = side(shape.cols());
  }

  static PanelWriter.Words words(Level level, boolean bf16) {
    if (!bf16) {
      return PanelWriter.Words.FLOATS;
    }
    return level.tiles()
        ? PanelWriter.Words.TILES
        : level.bf16() ? PanelWriter.Words.PAIRS : PanelWriter.Words.ROUNDED;
  }

  private Side side(int width) {
    int unit = Math.min(width, PanelWriter.BLOCK);
    return new Side(
        width,
        unit,
        4L * unit,
        1,
        PanelWriter.BLOCK,
        4L * PanelWriter.GROUP,
        load("panels of " + width + " along", PanelWriter.along(level, words, unit)),
        load("panels of " + width + " across", PanelWriter.across(level, words, width)));
  }

  private Side lines(int width) {
    long line = 4L * AmxProduct.BLOCK;
    return new Side(
        width,
        TileWriter.UNIT,
        line * TileWriter.UNIT,
        AmxProduct.BLOCK,
        AmxProduct.BLOCK,
        line * PanelWriter.GROUP,
        load("lines of " + width + " along", TileWriter.along(level)),
        load("lines of " + width + " across", TileWriter.across(level, width)));
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
    return words.block() * words.depth();
  }

  /** Successive p that packing along takes at a time. */
  public int stepDepth() {
    return words == PanelWriter.Words.TILES ? blockDepth() : depth();
  }

  /** Rows that packing across takes at a time. */
  public int group() {
    return PanelWriter.GROUP;
  }

  /** Floats of a panel's row that packing along takes at a time. */
  public int unit(boolean ofA) {
    return side(ofA).unit();
  }

  /** Bytes from one such unit to the next one within a panel. */
  public long unitBytes(boolean ofA) {
    return side(ofA).unitBytes();
  }

  /** Bytes of a panel of {@code depth} p. */
  public long panelBytes(boolean ofA, int depth) {
    int blocks = Math.ceilDiv(depth, blockDepth());
    return 4L * side(ofA).width() * blocks * words.block();
  }

  Side side(boolean ofA) {
    return ofA ? a : b;
  }

  /** Words that a product of {@code depth} p reads: what is behind the last p is 0. */
  int words(int depth) {
    return Math.ceilDiv(depth, stepDepth()) * stepDepth() / depth();
  }

  /** Words of a round of a product's loop. */
  int round() {
    return words == PanelWriter.Words.TILES ? AmxProduct.BLOCK : TileProduct.UNROLLED;
  }

  Kernel product(int vectors) {
    return products[vectors];
  }
}
