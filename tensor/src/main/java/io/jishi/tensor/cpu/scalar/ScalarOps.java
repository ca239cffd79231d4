// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.Convolution;
import io.jishi.tensor.DeltaRule;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.StateSpace;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.WeightedMean;
import io.jishi.tensor.cpu.AttentionRunner;
import io.jishi.tensor.cpu.LatentRunner;
import io.jishi.tensor.cpu.Products;
import io.jishi.tensor.cpu.RowOps;
import io.jishi.tensor.cpu.Team;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The waist in plain Java. */
public final class ScalarOps implements Ops {
  /** Rows of the packed tiles that run best here; tiles of any size run. */
  public static final int TILE = Lanes.COUNT;

  private final Team team;
  private final int width;
  private final Workspace workspace = new Workspace();
  private final Products products;
  private final RowOps rows;
  private final AttentionRunner attentionRunner;
  private final Elementwise elementwise = new Elementwise();
  private final LatentRunner latent;
  private final BidirectionalTask bidirectional;
  private final Experts experts = new Experts();
  private final Recurrences recurrences = new Recurrences();
  private float[] row = new float[0];
  private byte[] stored = new byte[0];

  /**
   * Operations on a team.
   *
   * @param width threads of the team to use
   * @param products how to multiply; closed with this object
   * @param rows how to work on rows; closed with this object
   * @param attention how to attend; closed with this object
   * @param latent how to attend to latent rows; closed with this object
   */
  public ScalarOps(
      Team team,
      int width,
      Products products,
      RowOps rows,
      AttentionRunner attention,
      LatentRunner latent) {
    this.team = team;
    this.width = width;
    this.products = products;
    this.rows = rows;
    this.attentionRunner = attention;
    this.latent = latent;
    bidirectional = new BidirectionalTask(team.size());
  }

  @Override
  public void begin(Batch batch) {
    workspace.begin(batch.size(), batch.outputCount());
    attentionRunner.begin();
    latent.begin();
    bidirectional.begin();
  }

  @Override
  public void release(Tensor tensor) {
    workspace.release(tensor);
  }

  @Override
  public Tensor embed(Weight table, Batch batch) {
    Tensor out = workspace.take(batch.size(), table.cols());
    float[] vector = null;
    for (int t = 0; t < batch.size(); t++) {
      if (batch.media()) {
        vector = vector == null ? new float[table.cols()] : vector;
        if (batch.vector(t, vector)) {
          out.write(t, 0, vector, 0, vector.length);
          continue;
        }
      }
      lookUp(table, batch.token(t), out, t);
    }
    return out;
  }

  @Override
  public Tensor embedPositions(Weight table, Batch batch) {
    Tensor out = workspace.take(batch.size(), table.cols());
    for (int t = 0; t < batch.size(); t++) {
      lookUp(table, batch.position(t), out, t);
    }
    return out;
  }

  private void lookUp(Weight table, int index, Tensor out, int t) {
    if (row.length < table.cols()) {
      row = new float[table.cols()];
    }
    int bytes = Math.toIntExact(table.type().rowBytes(table.cols()));
    if (stored.length < bytes) {
      stored = new byte[bytes];
    }
    table.row(index, stored, row);
    out.write(t, 0, row, 0, table.cols());
  }

  @Override
  public Tensor rmsNorm(Tensor x, Weight gain, float eps) {
    Tensor out = workspace.take(x.rows(), x.cols());
    rows.rmsNorm(team, width, x, gain, eps, out);
    return out;
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    if (x.cols() != linear.in()) {
      throw new IllegalArgumentException(
          linear.weights().getFirst() + " does not take " + x.cols() + " inputs");
    }
    Tensor out = workspace.take(x.rows(), linear.out());
    products.run(team, width, x, linear, precision, out);
    return out;
  }

  @Override
  public Tensor gate(Tensor x, Activation activation) {
    Tensor out = workspace.take(x.rows(), x.cols() / 2);
    rows.gate(team, width, x, activation, out);
    return out;
  }

  @Override
  public Tensor add(Tensor x, Tensor y) {
    if (x.rows() != y.rows() || x.cols() != y.cols()) {
      throw new IllegalArgumentException("shapes differ");
    }
    Tensor out = workspace.take(x.rows(), x.cols());
    rows.add(team, width, x, y, out);
    return out;
  }

  @Override
  public Tensor attention(Tensor qkv, Attention attention, int layer, Batch batch) {
    if (qkv.cols() != attention.inputWidth() || qkv.rows() != batch.size()) {
      throw new IllegalArgumentException("not the queries, keys and values of this batch");
    }
    Tensor out = workspace.take(batch.size(), attention.outputWidth());
    attentionRunner.run(team, width, qkv, attention, layer, batch, out);
    return out;
  }

  @Override
  public Tensor norm(Tensor x, Norm norm) {
    if (norm.plain()) {
      return rmsNorm(x, norm.gain(), norm.eps());
    }
    int given = norm.gain().cols();
    if (x.cols() % norm.groups() != 0 || given != x.cols() && given != x.cols() / norm.groups()) {
      throw new IllegalArgumentException(norm + " does not take " + x.cols() + " columns");
    }
    Tensor out = like(x);
    elementwise.norm(x, norm, out);
    return out;
  }

  @Override
  public Tensor scale(Tensor x, float factor) {
    Tensor out = like(x);
    elementwise.scale(x, factor, out);
    return out;
  }

  @Override
  public Tensor multiply(Tensor x, Tensor y) {
    if (x.rows() != y.rows() || x.cols() != y.cols() && y.cols() != 1) {
      throw new IllegalArgumentException("shapes differ");
    }
    Tensor out = like(x);
    elementwise.multiply(x, y, out);
    return out;
  }

  @Override
  public Tensor activate(Tensor x, Activation activation) {
    Tensor out = like(x);
    elementwise.activate(x, activation, out);
    return out;
  }

  @Override
  public Tensor softCap(Tensor x, float cap) {
    Tensor out = like(x);
    elementwise.softCap(x, cap, out);
    return out;
  }

  @Override
  public Tensor columns(Tensor x, int from, int count) {
    Tensor out = workspace.take(x.rows(), count);
    elementwise.copy(x, from, count, out, 0);
    return out;
  }

  @Override
  public Tensor join(Tensor x, Tensor y) {
    if (x.rows() != y.rows()) {
      throw new IllegalArgumentException("shapes differ");
    }
    Tensor out = workspace.take(x.rows(), x.cols() + y.cols());
    elementwise.copy(x, 0, x.cols(), out, 0);
    elementwise.copy(y, 0, y.cols(), out, x.cols());
    return out;
  }

  @Override
  public Tensor headLinear(Tensor x, List<Linear> heads, Precision precision) {
    int in = heads.getFirst().in();
    int part = heads.getFirst().out();
    Tensor out = workspace.take(x.rows(), heads.size() * part);
    Tensor from = workspace.take(x.rows(), in);
    Tensor to = workspace.take(x.rows(), part);
    for (int h = 0; h < heads.size(); h++) {
      elementwise.copy(x, h * in, in, from, 0);
      products.run(team, width, from, heads.get(h), precision, to);
      elementwise.copy(to, 0, part, out, h * part);
    }
    workspace.release(from);
    workspace.release(to);
    return out;
  }

  @Override
  public Tensor latentAttention(
      Tensor queries, Tensor keys, LatentAttention spec, int layer, Batch batch) {
    if (queries.cols() != spec.queryWidth()
        || keys.cols() != spec.rowWidth()
        || queries.rows() != batch.size()) {
      throw new IllegalArgumentException("not the queries and rows of this batch");
    }
    Tensor out = workspace.take(batch.size(), spec.outputWidth());
    latent.run(team, width, queries, keys, spec, layer, batch, out);
    return out;
  }

  @Override
  public Tensor bidirectionalAttention(Tensor qkv, BidirectionalAttention attention, Batch batch) {
    if (qkv.cols() != attention.inputWidth() || qkv.rows() != batch.size()) {
      throw new IllegalArgumentException("not the queries, keys and values of this batch");
    }
    Tensor out = workspace.take(batch.size(), attention.outputWidth());
    Tensor turned = attention.rope() == null ? null : like(qkv);
    bidirectional.run(team, width, qkv, attention, batch, turned, out);
    if (turned != null) {
      workspace.release(turned);
    }
    return out;
  }

  @Override
  public Tensor mixture(Tensor x, Mixture mixture, Precision precision) {
    Tensor out = like(x);
    experts.run(this, x, mixture, precision, out);
    return out;
  }

  @Override
  public Tensor convolve(Tensor x, Convolution convolution, int layer, Batch batch) {
    Tensor out = like(x);
    recurrences.convolve(x, convolution, layer, batch, out);
    return out;
  }

  @Override
  public Tensor stateSpace(Tensor xbc, Tensor dt, StateSpace spec, int layer, Batch batch) {
    Tensor out = workspace.take(batch.size(), spec.outputWidth());
    recurrences.stateSpace(xbc, dt, spec, layer, batch, out);
    return out;
  }

  @Override
  public Tensor deltaRule(Tensor qkv, Tensor a, Tensor b, DeltaRule spec, int layer, Batch batch) {
    Tensor out = workspace.take(batch.size(), spec.outputWidth());
    recurrences.deltaRule(qkv, a, b, spec, layer, batch, out);
    return out;
  }

  @Override
  public Tensor weightedMean(
      Tensor keys, Tensor values, WeightedMean spec, int layer, Batch batch) {
    Tensor out = like(keys);
    recurrences.weightedMean(keys, values, spec, layer, batch, out);
    return out;
  }

  private Tensor like(Tensor x) {
    return workspace.take(x.rows(), x.cols());
  }

  @Override
  public Tensor outputs(Tensor x, Batch batch) {
    Tensor out = workspace.take(batch.outputCount(), x.cols());
    long bytes = Tensor.bytes(1, x.cols());
    for (int i = 0; i < batch.outputCount(); i++) {
      MemorySegment.copy(x.data(), batch.output(i) * bytes, out.data(), i * bytes, bytes);
    }
    return out;
  }

  @Override
  public long workspaceBytes() {
    return workspace.bytes();
  }

  @Override
  public void close() {
    products.close();
    rows.close();
    attentionRunner.close();
    latent.close();
    experts.close();
    workspace.close();
  }
}
