// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.DType;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.LineKind;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;

/**
 * Products by emitted kernels. A chunk of work is a run of tiles of 16 rows of one weight. Weights
 * are decoded in registers while they stream past, a few tiles of them past all tiles of tokens
 * before the next ones. Where that would cost more ({@link Kernels#panels}), a piece of the columns
 * is decoded into a panel that the second-level cache keeps, then all tokens pass it; the sums are
 * stored and taken up again, so the order of additions stays the same.
 *
 * <p>What has no kernel (integer formats under {@link Precision#EXACT}, codebooks) goes to the
 * scalar products.
 */
final class AsmProducts implements Products, Team.Task {
  /** Rows of a tile. */
  static final int TILE = 16;

  /** Bytes of weights of a chunk while they stream past: for one token about a microsecond. */
  private static final int STREAM_BYTES = 32 << 10;

  /** Tiles of a chunk that many tokens pass. */
  private static final int PANEL_TILES = 8;

  /** Tokens that one thread turns into lines at a time. */
  private static final int LINE_TOKENS = 8;

  private static final LineKind[] KINDS = LineKind.values();

  private final Kernels kernels;
  private final Products scalar;
  private final Arena arena = Arena.ofShared();
  private final LineBuffer[] lines = new LineBuffer[KINDS.length];
  private final AsmWorker[] workers;
  private final PaddedCopies biases = new PaddedCopies(arena);
  private final HeadProducts heads;
  private final Team.Task lineTask = this::writeLines;
  private LineKind lineKind;
  private Tensor x;
  private Tensor y;
  private Linear linear;
  private Precision precision;

  /** Products for teams of up to {@code threads} threads. */
  AsmProducts(Kernels kernels, Products scalar, int threads) {
    this.kernels = kernels;
    this.scalar = scalar;
    for (LineKind kind : KINDS) {
      lines[kind.ordinal()] = new LineBuffer(kind, kernels.maxTokens(kind));
    }
    workers = new AsmWorker[threads];
    Arrays.setAll(workers, i -> new AsmWorker(kernels));
    heads = new HeadProducts(kernels, workers, biases);
  }

  @Override
  public void run(Team team, int width, Tensor in, Linear weights, Precision how, Tensor out) {
    x = in;
    y = out;
    linear = weights;
    precision = how;
    int kinds = kinds();
    for (LineKind kind : KINDS) {
      if (kinds > 0 && (kinds >> kind.ordinal() & 1) == 1) {
        prepareLines(team, width, kind);
      }
    }
    if (kinds < 0 || !kernelsReady()) {
      scalar.run(team, width, in, weights, how, out);
      return;
    }
    int chunks = 0;
    for (int k = 0; k < weights.weights().size(); k++) {
      chunks += chunks(weights.weights().get(k));
      prepareBias(weights.biases().get(k));
    }
    team.run(chunks, width, this);
  }

  /** A bit for each kind of lines that the weights take; −1 where one of them has no kernel. */
  private int kinds() {
    int kinds = 0;
    for (int k = 0; k < linear.weights().size(); k++) {
      Weight weight = linear.weights().get(k);
      LineKind kind = kernels.lineKind(weight.type(), precision);
      boolean foreign = weight.layout() == Weight.Layout.PACKED && weight.tile() != TILE;
      if (kind == null || foreign) {
        return -1;
      }
      kinds |= 1 << kind.ordinal();
    }
    return kinds;
  }

  /** Makes and tries the kernels that the chunks will ask for; false where one of them fails. */
  private boolean kernelsReady() {
    for (int k = 0; k < linear.weights().size(); k++) {
      DType type = linear.weights().get(k).type();
      LineKind kind = kernels.lineKind(type, precision);
      LineBuffer buffer = lines[kind.ordinal()];
      for (int tile = 0; tile < buffer.tiles(); tile += Math.max(1, buffer.tiles() - 1)) {
        AsmWorker.kernel(kernels, type, kind, buffer, tile);
      }
      if (kernels.lineKind(type, precision) == null) {
        return false;
      }
    }
    return true;
  }

  private void prepareBias(Weight bias) {
    if (bias != null) {
      biases.of(bias); // here, since workers must not make copies
    }
  }

  private void prepareLines(Team team, int width, LineKind kind) {
    lineKind = kind;
    lines[kind.ordinal()].resize(x.rows(), x.cols());
    team.run((x.rows() + LINE_TOKENS - 1) / LINE_TOKENS, width, lineTask);
  }

  private void writeLines(int chunk, int worker) {
    LineBuffer buffer = lines[lineKind.ordinal()];
    AsmWorker w = workers[worker];
    int end = Math.min(x.rows(), (chunk + 1) * LINE_TOKENS);
    for (int t = chunk * LINE_TOKENS; t < end; t++) {
      buffer.write(w, kernels.lineWriter(lineKind), x, t);
    }
  }

  private int tilesPerChunk(Weight weight) {
    long bytes = Math.max(1, weight.bytes() / weight.rows() * TILE);
    return streams(weight) ? (int) Math.max(1, STREAM_BYTES / bytes) : PANEL_TILES;
  }

  /** Whether a weight streams past the tokens. */
  private boolean streams(Weight weight) {
    LineKind kind = kernels.lineKind(weight.type(), precision);
    return !AsmWorker.many(kernels, weight.type(), kind, lines[kind.ordinal()]);
  }

  static int tiles(Weight weight) {
    return (weight.rows() + TILE - 1) / TILE;
  }

  private int chunks(Weight weight) {
    int size = tilesPerChunk(weight);
    return (tiles(weight) + size - 1) / size;
  }

  @Override
  public void run(int chunk, int worker) {
    run(chunk, chunk + 1, worker);
  }

  @Override
  public void run(int from, int to, int worker) {
    int column = 0;
    int before = 0;
    for (int part = 0; part < linear.weights().size(); part++) {
      Weight weight = linear.weights().get(part);
      int chunks = chunks(weight);
      int first = Math.max(0, from - before);
      int last = Math.min(chunks, to - before);
      int most = streams(weight) ? chunks : 1; // one panel at a time
      for (int chunk = first; chunk < last; chunk += most) {
        multiply(part, column, chunk, Math.min(last, chunk + most), worker);
      }
      column += weight.rows();
      before += chunks;
    }
  }

  private void multiply(int part, int column, int from, int to, int worker) {
    Weight weight = linear.weights().get(part);
    int size = tilesPerChunk(weight);
    int first = from * size;
    LineKind kind = kernels.lineKind(weight.type(), precision);
    Weight bias = linear.biases().get(part);
    workers[worker].run(
        weight,
        kind,
        lines[kind.ordinal()],
        first,
        Math.min(to * size, tiles(weight)) - first,
        bias == null ? null : biases.of(bias),
        y,
        column);
  }

  @Override
  public boolean heads(
      Team team, int width, Tensor in, List<Linear> parts, Precision how, Tensor out) {
    return heads.run(team, width, in, parts, how, out);
  }

  @Override
  public void close() {
    heads.close();
    for (AsmWorker worker : workers) {
      worker.close();
    }
    for (LineBuffer buffer : lines) {
      buffer.close();
    }
    arena.close();
    scalar.close();
  }
}
