// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

import io.jishi.tensor.DType;
import io.jishi.tensor.Packing;
import io.jishi.tensor.Precision;
import java.util.HashMap;
import java.util.Map;

/** The kernels of one level, each emitted when it is first asked for. For all threads. */
public final class Kernels {
  private static final System.Logger LOG = System.getLogger("io.jishi.tensor");

  /** Tiles of four tokens past which weights stream; with more, panels are worth it. */
  private static final int STREAMED_TILES = 4;

  /** Tiles of floats: with more, tokens pass pieces of the columns. */
  private static final int STREAMED_FLOATS = 2;

  private final Level level;
  private final ProductKernel[][] products = new ProductKernel[DType.values().length][];
  private final ProductKernel[][] exact = new ProductKernel[DType.values().length][];
  private final ProductKernel[][] panels = new ProductKernel[DType.values().length][];
  private final boolean[] broken = new boolean[DType.values().length];
  private final ProductKernel[] expanders = new ProductKernel[DType.values().length];
  private final Kernel[] writers = new Kernel[LineKind.values().length];
  private final Kernel[] packers = new Kernel[DType.values().length];
  private Kernel rmsNorm;
  private final RowMaps maps;
  private final ScanSet scans;
  private Kernel add;
  private final Kernel[] productMeters = new Kernel[LineKind.values().length];
  private Kernel readMeter;
  private final Map<AttentionShape, AttentionKernels> attention = new HashMap<>();

  /** Kernels for a level that this processor has. */
  public Kernels(Level level) {
    if (level == Level.SCALAR || !Cpu.levels().contains(level)) {
      throw new IllegalArgumentException("no kernels for " + level);
    }
    this.level = level;
    maps = new RowMaps(level);
    scans = new ScanSet(level);
  }

  /** What they may use. */
  public Level level() {
    return level;
  }

  /** What activations become for weights of this type; null where there is no kernel. */
  public LineKind lineKind(DType type, Precision precision) {
    if (broken[type.ordinal()]) {
      return null;
    }
    boolean fast = precision == Precision.FAST;
    return switch (type) {
      case F32 -> LineKind.FLOATS;
      case F16, BF16 -> fast && level.bf16() ? LineKind.BFLOATS : LineKind.FLOATS;
      default -> fast && Quads.knows(type) ? LineKind.BYTES : null;
    };
  }

  /**
   * Whether tokens pass pieces of weights, integers decoded into panels, rather than weights that
   * stream past them. Wide vectors decode beside their products at no cost: from the first-level
   * cache both ways give 371 Gop/s for 12 tokens of Q4_0 (Zen 4), 300 and 311 for Q6_K; but a panel
   * is written and read again. Only digits of base three take longer (274 and 373). Four tokens
   * leave less to hide decoding behind (MXFP4: 152 and 253).
   *
   * @param tokens of the largest tile of them
   * @param tiles how many tiles
   */
  public boolean panels(DType type, LineKind kind, int tokens, int tiles) {
    if (kind != LineKind.BYTES) {
      return tiles > STREAMED_FLOATS;
    }
    if (level.tiles() && tokens >= AmxPanels.FEWEST) {
      return true;
    }
    boolean hidden = level.integerBytes() == 64 && type != DType.TQ1_0;
    return !hidden && tiles > STREAMED_TILES;
  }

  /** Most tokens of a kernel that takes these lines. */
  public int maxTokens(LineKind kind) {
    if (kind == LineKind.BYTES && level.tiles()) {
      return AmxPanels.TOKENS;
    }
    return kind == LineKind.BYTES
        ? level.integerBytes() == 64 ? IntegerProduct.WIDE_TOKENS : IntegerProduct.NARROW_TOKENS
        : level.bytes() == 64 ? FloatProduct.WIDE_TOKENS : FloatProduct.NARROW_TOKENS;
  }

  /** The product of packed weights with lines of {@code kind}. */
  public ProductKernel product(DType type, LineKind kind, int tokens) {
    boolean plainFloats = kind == LineKind.FLOATS;
    ProductKernel[][] table = plainFloats ? exact : products;
    ProductKernel[] row = table[type.ordinal()];
    ProductKernel kernel = row == null ? null : row[tokens];
    return kernel != null ? kernel : makeProduct(table, type, kind, tokens);
  }

  private synchronized ProductKernel makeProduct(
      ProductKernel[][] table, DType type, LineKind kind, int tokens) {
    if (table[type.ordinal()] == null) {
      table[type.ordinal()] = new ProductKernel[maxTokens(kind) + 1];
    }
    String name = type + " x " + kind + ", " + tokens + " tokens";
    byte[] code;
    ProductKernel kernel;
    if (kind == LineKind.BYTES) {
      IntegerProduct.Decoder decoder = (c, first, half) -> new StoredBlocks(c, type, first, half);
      code = IntegerProduct.make(level, decoder, tokens);
      kernel =
          new ProductKernel(
              load(name, code), tokens, 16 * Packing.blockBytes(type), type.blockSize() / 32);
    } else {
      code = FloatProduct.make(level, type, kind == LineKind.BFLOATS, tokens);
      int words = kind.columns() * type.blockBytes() / 4;
      kernel = new ProductKernel(load(name, code), tokens, 64 * words, 1);
    }
    return table[type.ordinal()][tokens] = tried(type, kind, kernel, null);
  }

  /** Tries a kernel; a type that has one that fails goes to plain Java from then on. */
  private ProductKernel tried(
      DType type, LineKind kind, ProductKernel kernel, ProductKernel expander) {
    if (!SelfTest.passes(type, kind, lineWriter(kind), kernel, expander)) {
      broken[type.ordinal()] = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "the kernel {0} of {1} fails its self-test: {2} weights run in plain Java",
          kernel.code().name(),
          level.label(),
          type);
    }
    return kernel;
  }

  /** The product of panels that {@link #expand} made. */
  public ProductKernel panelProduct(DType type, int tokens) {
    ProductKernel[] row = panels[type.ordinal()];
    ProductKernel kernel = row == null ? null : row[tokens];
    return kernel != null ? kernel : makePanelProduct(type, tokens);
  }

  private synchronized ProductKernel makePanelProduct(DType type, int tokens) {
    if (panels[type.ordinal()] == null) {
      panels[type.ordinal()] = new ProductKernel[maxTokens(LineKind.BYTES) + 1];
    }
    IntegerProduct.Decoder decoder = (c, first, half) -> new PanelBlocks(c, type, first, half);
    byte[] code =
        level.tiles() && tokens >= AmxPanels.FEWEST
            ? AmxPanels.make(level, tokens, Quads.parts(type), Quads.hasMin(type))
            : IntegerProduct.make(level, decoder, tokens);
    String name = "panel of " + type + ", " + tokens + " tokens";
    ProductKernel kernel = new ProductKernel(load(name, code), tokens, groupBytes(type), 1);
    return panels[type.ordinal()][tokens] = tried(type, LineKind.BYTES, kernel, expand(type));
  }

  /** Decodes packed blocks into panels. */
  public ProductKernel expand(DType type) {
    ProductKernel kernel = expanders[type.ordinal()];
    return kernel != null ? kernel : makeExpand(type);
  }

  private synchronized ProductKernel makeExpand(DType type) {
    return expanders[type.ordinal()] =
        new ProductKernel(
            load("expand " + type, Expand.make(level, type)),
            0,
            16 * Packing.blockBytes(type),
            type.blockSize() / 32);
  }

  /** Packs whole tiles; null where plain Java has to. */
  public Kernel packer(DType type) {
    Kernel kernel = packers[type.ordinal()];
    return kernel != null || !Pack.knows(level, type) ? kernel : makePacker(type);
  }

  private synchronized Kernel makePacker(DType type) {
    return packers[type.ordinal()] = load("pack " + type, Pack.make(level, type));
  }

  /** Bytes of a panel's group of 32 values of 16 rows. */
  public int groupBytes(DType type) {
    return PanelBlocks.groupBytes(Quads.parts(type), Quads.hasMin(type));
  }

  /** Makes lines of one token. */
  public Kernel lineWriter(LineKind kind) {
    Kernel kernel = writers[kind.ordinal()];
    return kernel != null ? kernel : makeLineWriter(kind);
  }

  private synchronized Kernel makeLineWriter(LineKind kind) {
    byte[] code =
        switch (kind) {
          case BYTES -> LineWriter.bytes(level);
          case FLOATS -> LineWriter.floats(level);
          case BFLOATS -> LineWriter.bfloats(level);
        };
    return writers[kind.ordinal()] = load("lines of " + kind, code);
  }

  /** {@link RowKernels#rmsNorm}. */
  public synchronized Kernel rmsNorm() {
    return rmsNorm = rmsNorm != null ? rmsNorm : load("rmsNorm", RowKernels.rmsNorm(level));
  }

  /** What changes rows value by value, and norms of parts of rows. */
  public RowMaps maps() {
    return maps;
  }

  /** Recurrent operations. */
  public ScanSet scans() {
    return scans;
  }

  /** {@link RowKernels#add}. */
  public synchronized Kernel add() {
    return add = add != null ? add : load("add", RowKernels.add(level));
  }

  /** {@link Meters#products}. */
  Kernel productMeter(LineKind kind) {
    Kernel kernel = productMeters[kind.ordinal()];
    return kernel != null ? kernel : makeProductMeter(kind);
  }

  private synchronized Kernel makeProductMeter(LineKind kind) {
    return productMeters[kind.ordinal()] = load("products", Meters.products(level, kind));
  }

  /** {@link Meters#read}. */
  synchronized Kernel readMeter() {
    return readMeter = readMeter != null ? readMeter : load("read", Meters.read(level));
  }

  /** The kernels of attention of that shape, the same for all who ask. */
  public synchronized AttentionKernels attention(AttentionShape shape) {
    return attention.computeIfAbsent(shape, s -> new AttentionKernels(level, s));
  }

  static Kernel load(String name, byte[] code) {
    try {
      return Kernel.of(name, code);
    } catch (NativeFailure e) {
      throw new IllegalStateException(name + ": " + e.getMessage(), e);
    }
  }
}
