// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.model.vision.PatchGrid;
import io.jishi.tensor.Batch;
import io.jishi.tensor.FeedForward;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Media;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.util.Arrays;
import java.util.List;

/**
 * A vision tower with its weights: patches of an image become vectors that stand among a language
 * model's embeddings. Immutable; safe for several threads, each with its own {@link Ops}.
 */
public final class Tower {
  private final TowerSpec spec;
  private final Parts parts;

  /**
   * Weights.
   *
   * @param blank a table of one row of zeros, as wide as a patch
   * @param patches the patch matrix
   * @param positions a table, its first row with the class token's vector where there is one; null
   *     without
   * @param embeddingNorm or null
   * @param layers the blocks of each layer
   * @param norm or null
   * @param each norm of a patch, or null
   * @param all norm of a square, or null
   * @param first product
   * @param second product, or null
   */
  record Parts(
      Weight blank,
      Linear patches,
      Weight positions,
      Norm embeddingNorm,
      List<List<Decoder.Block>> layers,
      Inserted inserted,
      Norm norm,
      Norm each,
      Norm all,
      Linear first,
      Linear second) {}

  /** The merger between layers, with its weights. */
  record Inserted(Norm before, Mixer attention, Norm merged, FeedForward layer) {}

  Tower(TowerSpec spec, Parts parts) {
    this.spec = spec;
    this.parts = parts;
  }

  /** What it is. */
  public TowerSpec spec() {
    return spec;
  }

  /** Tokens that a grid of patches becomes. */
  public int tokens(PatchGrid grid) {
    return grid.rows() / spec.unit() * (grid.columns() / spec.unit());
  }

  /**
   * Vectors of one image or tile, {@code [tokens, out]} row by row.
   *
   * @throws JishiException.BadRequest where the image has no whole number of tokens
   */
  public float[][] encode(Ops ops, PatchGrid grid, Precision precision) {
    Encoding encoding = encoding(ops, grid, precision);
    float[][] vectors = encoding.next();
    while (vectors == null) {
      vectors = encoding.next();
    }
    return vectors;
  }

  /**
   * The same part by part, so that others can compute in between, with other operations than these.
   *
   * @throws JishiException.BadRequest where the image has no whole number of tokens
   */
  public Encoding encoding(Ops ops, PatchGrid grid, Precision precision) {
    if (grid.rows() % spec.unit() != 0 || grid.columns() % spec.unit() != 0) {
      throw new JishiException.BadRequest(
          "image",
          "an image of "
              + grid.columns()
              + " x "
              + grid.rows()
              + " patches does not divide into tokens of "
              + spec.unit()
              + " x "
              + spec.unit()
              + " patches");
    }
    return new Encoding(ops, grid, precision);
  }

  /** An image on its way through the tower. For one thread at a time. */
  public final class Encoding {
    private final Ops ops;
    private final Precision precision;
    private final PatchOrder order;
    private Batch whole;
    private Batch windows;
    private Tensor x;
    private int layer;

    private Encoding(Ops ops, PatchGrid grid, Precision precision) {
      this.ops = ops;
      this.precision = precision;
      this.order = PatchOrder.of(grid.rows(), grid.columns(), spec.merges(), spec.window());
      this.whole = batch(grid, order, new int[] {order.rows().length});
      this.windows = spec.window() == 0 ? whole : batch(grid, order, order.windows());
    }

    /**
     * Computes a layer; the first one with what stands before it, the last one with the projector.
     *
     * @return null where there is more to compute, else the vectors, {@code [tokens, out]}
     */
    public float[][] next() {
      if (x == null) {
        ops.begin(whole);
        x = embed(ops, whole, precision);
      }
      if (layer < parts.layers.size()) {
        compute();
        layer++;
      }
      if (layer < parts.layers.size()) {
        return null;
      }
      Tensor out = Part.then(ops, x, ops.outputs(x, whole)); // without the class token
      return rows(project(ops, out, precision), order);
    }

    private void compute() {
      boolean all = spec.window() == 0 || spec.whole().contains(layer);
      for (Decoder.Block block : parts.layers.get(layer)) {
        x = Decoder.run(ops, x, block, all ? whole : windows, precision);
      }
      if (spec.inserted() != null && spec.inserted().after() == layer) {
        x = merged(ops, x, precision);
        whole = plain(new int[] {x.rows()});
        windows = whole;
      }
    }
  }

  /** The patches as tokens: their ids are their positions, their vectors their pixels. */
  private Batch batch(PatchGrid grid, PatchOrder order, int[] spans) {
    int extra = spec.classToken() ? 1 : 0;
    int count = order.rows().length + extra;
    int[] ids = new int[count];
    for (int i = extra; i < count; i++) {
      ids[i] = extra + position(grid, order.rows()[i - extra], order.columns()[i - extra]);
    }
    Batch batch = new Batch();
    int from = 0;
    for (int span : spans) {
      int length = span + (from == 0 ? extra : 0);
      batch.addSpan(ids, from, length, span, new Patches(grid, order, from - extra));
      from += length;
    }
    return batch;
  }

  private static Batch plain(int[] spans) {
    Batch batch = new Batch();
    for (int span : spans) {
      batch.addSpan(new int[span], 0, span, span);
    }
    return batch;
  }

  /** The row of a patch in the table of positions. */
  private int position(PatchGrid grid, int row, int column) {
    TowerSpec.Positions p = spec.positions();
    if (p == null) {
      return 0;
    }
    int[] place = {row, column};
    int[] sides = {grid.rows(), grid.columns()};
    for (int i = 0; i < 2 && p.stretched(); i++) {
      // Where the patch begins as a share of the side, and in which of the table's parts that is.
      double share = (double) place[i] / sides[i];
      place[i] = Math.min(p.side() - 1, (int) Math.floor(share * p.side() + 1e-6));
    }
    if (place[0] >= p.side() || place[1] >= p.side()) {
      throw new JishiException.BadRequest(
          "image", "an image of more patches than the tower's " + p.side() + " x " + p.side());
    }
    return place[0] * p.side() + place[1];
  }

  private Tensor embed(Ops ops, Batch batch, Precision precision) {
    Tensor pixels = ops.embed(parts.blank, batch);
    Tensor x = Part.then(ops, pixels, ops.linear(pixels, parts.patches, precision));
    if (parts.positions != null) {
      Tensor places = ops.embed(parts.positions, idsOf(batch));
      Tensor sum = ops.add(x, places);
      ops.release(x);
      ops.release(places);
      x = sum;
    }
    return parts.embeddingNorm == null ? x : Part.then(ops, x, ops.norm(x, parts.embeddingNorm));
  }

  /** The same tokens without their vectors. */
  private static Batch idsOf(Batch batch) {
    int[] ids = new int[batch.size()];
    Arrays.setAll(ids, batch::token);
    Batch plain = new Batch();
    plain.addSpan(ids, 0, ids.length, 0);
    return plain;
  }

  /** The merger between layers. */
  private Tensor merged(Ops ops, Tensor x, Precision precision) {
    Inserted m = parts.inserted;
    int[] squares = new int[x.rows() / 4];
    Arrays.fill(squares, 4);
    Tensor normed = ops.norm(x, m.before);
    Tensor mixed =
        Part.then(ops, normed, m.attention.apply(ops, normed, plain(squares), precision));
    Tensor sum = ops.add(x, mixed);
    ops.release(x);
    ops.release(mixed);
    Tensor square = joined(sum, 4);
    Tensor mean = null;
    for (int i = 0; i < 4; i++) {
      Tensor part = ops.columns(square, i * sum.cols(), sum.cols());
      if (mean == null) {
        mean = part;
      } else {
        Tensor more = ops.add(mean, part);
        ops.release(mean);
        ops.release(part);
        mean = more;
      }
    }
    mean = Part.then(ops, mean, ops.scale(mean, 0.25f));
    Tensor all = ops.norm(square, m.merged);
    ops.release(sum);
    Tensor y = Part.then(ops, all, ops.feedForward(all, m.layer, precision));
    Tensor out = ops.add(mean, y);
    ops.release(mean);
    ops.release(y);
    return out;
  }

  private Tensor project(Ops ops, Tensor tokens, Precision precision) {
    Tensor x = tokens;
    if (parts.norm != null) {
      x = Part.then(ops, x, ops.norm(x, parts.norm));
    }
    if (parts.each != null) {
      x = Part.then(ops, x, ops.norm(x, parts.each));
    }
    int square = spec.projector().merge() * spec.projector().merge();
    Tensor in = joined(x, square);
    Tensor normed = parts.all == null ? in : ops.norm(in, parts.all);
    Tensor y = ops.linear(normed, parts.first, precision);
    ops.release(x);
    if (normed != in) {
      ops.release(normed);
    }
    if (parts.second == null) {
      return y;
    }
    y = Part.then(ops, y, ops.activate(y, spec.projector().activation()));
    return Part.then(ops, y, ops.linear(y, parts.second, precision));
  }

  /** Rows that stand together as one. */
  private static Tensor joined(Tensor x, int count) {
    return count == 1 ? x : new Tensor(x.data(), x.rows() / count, x.cols() * count);
  }

  private static float[][] rows(Tensor x, PatchOrder order) {
    float[][] out = new float[x.rows()][];
    for (int i = 0; i < out.length; i++) {
      out[i] = x.row(order.merged()[i]);
    }
    return out;
  }

  /** Pixels and places of the patches of one span. */
  private record Patches(PatchGrid grid, PatchOrder order, int from) implements Media {
    @Override
    public int place(int position, int axis) {
      int i = from + position;
      return i < 0 ? 0 : axis == 0 ? order.rows()[i] : order.columns()[i];
    }

    @Override
    public boolean vector(int position, float[] out) {
      int i = from + position;
      if (i < 0) { // the class token's pixels are the row of zeros
        return false;
      }
      int patch = order.rows()[i] * grid.columns() + order.columns()[i];
      System.arraycopy(grid.values(), patch * out.length, out, 0, out.length);
      return true;
    }
  }
}
