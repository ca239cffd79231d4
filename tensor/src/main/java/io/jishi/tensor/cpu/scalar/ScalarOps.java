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
import io.jishi.tensor.Work;
import io.jishi.tensor.cpu.AttentionRunner;
import io.jishi.tensor.cpu.BidirectionalRunner;
import io.jishi.tensor.cpu.LatentRunner;
import io.jishi.tensor.cpu.Products;
import io.jishi.tensor.cpu.RecurrentRunner;
import io.jishi.tensor.cpu.RowOps;
import io.jishi.tensor.cpu.Team;
import io.jishi.tensor.cpu.WorkLog;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * The waist in plain Java. Longer than other files: it has one method for each operation, and each
 * only checks shapes, takes memory and calls whoever does the work.
 */
public final class ScalarOps implements Ops {
  /** Rows of the packed tiles that run best here; tiles of any size run. */
  public static final int TILE = Lanes.COUNT;

  /** Operations of a norm for each value, about. */
  private static final double NORM_COST = 4;

  /** Operations of an exponential and what surrounds it. */
  private static final double EXPONENTIAL_COST = 20;

  private final Team team;
  private final int width;
  private final Workspace workspace = new Workspace();
  private final Products products;
  private final RowOps rows;
  private final AttentionRunner attentionRunner;
  private final LatentRunner latent;
  private final BidirectionalRunner bidirectional;
  private final Experts experts = new Experts();
  private final RecurrentRunner recurrences;
  private final WorkLog log;
  private float[] row = new float[0];
  private byte[] stored = new byte[0];

  /**
   * Operations on a team.
   *
   * @param width threads of the team to use
   * @param products how to multiply; closed with this object
   * @param rows how to work on rows; closed with this object
   * @param attention how to attend; closed with this object
   * @param both how to attend in both directions; closed with this object
   * @param latent how to attend to latent rows; closed with this object
   * @param recurrences how to run recurrent operations; closed with this object
   * @param log in which fallbacks of these say so
   */
  public ScalarOps(
      Team team,
      int width,
      Products products,
      RowOps rows,
      AttentionRunner attention,
      BidirectionalRunner both,
      LatentRunner latent,
      RecurrentRunner recurrences,
      WorkLog log) {
    this.team = team;
    this.width = width;
    this.products = products;
    this.rows = rows;
    this.attentionRunner = attention;
    this.latent = latent;
    this.recurrences = recurrences;
    this.log = log;
    this.bidirectional = both;
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
    log.start();
    rows.rmsNorm(team, width, x, gain, eps, out);
    log.end(NORM_COST * values(out));
    return out;
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    if (x.cols() != linear.in()) {
      throw new IllegalArgumentException(
          linear.weights().getFirst() + " does not take " + x.cols() + " inputs");
    }
    Tensor out = workspace.take(x.rows(), linear.out());
    log.start();
    products.run(team, width, x, linear, precision, out);
    log.end(2.0 * x.rows() * linear.in() * linear.out());
    return out;
  }

  @Override
  public Tensor gate(Tensor x, Activation activation) {
    Tensor out = workspace.take(x.rows(), x.cols() / 2);
    log.start();
    rows.gate(team, width, x, activation, out);
    log.end(EXPONENTIAL_COST * values(out));
    return out;
  }

  @Override
  public Tensor add(Tensor x, Tensor y) {
    if (x.rows() != y.rows() || x.cols() != y.cols()) {
      throw new IllegalArgumentException("shapes differ");
    }
    Tensor out = workspace.take(x.rows(), x.cols());
    log.start();
    rows.add(team, width, x, y, out);
    log.end(values(out));
    return out;
  }

  @Override
  public Tensor attention(Tensor qkv, Attention attention, int layer, Batch batch) {
    if (qkv.cols() != attention.inputWidth() || qkv.rows() != batch.size()) {
      throw new IllegalArgumentException("not the queries, keys and values of this batch");
    }
    Tensor out = workspace.take(batch.size(), attention.outputWidth());
    log.start();
    attentionRunner.run(team, width, qkv, attention, layer, batch, out);
    log.end(4.0 * attention.outputWidth() * pastKeys(batch));
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
    log.start();
    rows.norm(team, width, x, norm, out);
    log.end(NORM_COST * values(out));
    return out;
  }

  @Override
  public Tensor scale(Tensor x, float factor) {
    Tensor out = like(x);
    log.start();
    rows.scale(team, width, x, factor, out);
    log.end(values(out));
    return out;
  }

  @Override
  public Tensor multiply(Tensor x, Tensor y) {
    if (x.rows() != y.rows() || x.cols() != y.cols() && y.cols() != 1) {
      throw new IllegalArgumentException("shapes differ");
    }
    Tensor out = like(x);
    log.start();
    rows.multiply(team, width, x, y, out);
    log.end(values(out));
    return out;
  }

  @Override
  public Tensor activate(Tensor x, Activation activation) {
    Tensor out = like(x);
    log.start();
    rows.activate(team, width, x, activation, out);
    log.end(EXPONENTIAL_COST * values(out));
    return out;
  }

  @Override
  public Tensor softCap(Tensor x, float cap) {
    Tensor out = like(x);
    log.start();
    rows.softCap(team, width, x, cap, out);
    log.end(EXPONENTIAL_COST * values(out));
    return out;
  }

  @Override
  public Tensor columns(Tensor x, int from, int count) {
    Tensor out = workspace.take(x.rows(), count);
    copy(x, from, count, out, 0);
    return out;
  }

  @Override
  public Tensor join(Tensor x, Tensor y) {
    if (x.rows() != y.rows()) {
      throw new IllegalArgumentException("shapes differ");
    }
    Tensor out = workspace.take(x.rows(), x.cols() + y.cols());
    copy(x, 0, x.cols(), out, 0);
    copy(y, 0, y.cols(), out, x.cols());
    return out;
  }

  @Override
  public Tensor headLinear(Tensor x, List<Linear> heads, Precision precision) {
    Linear first = heads.getFirst();
    Tensor out = workspace.take(x.rows(), heads.size() * first.out());
    log.start();
    if (!products.heads(team, width, x, heads, precision, out)) {
      headByHead(x, heads, precision, out);
    }
    log.end(2.0 * x.rows() * heads.size() * first.in() * first.out());
    return out;
  }

  private void headByHead(Tensor x, List<Linear> heads, Precision precision, Tensor out) {
    int in = heads.getFirst().in();
    int part = heads.getFirst().out();
    Tensor from = workspace.take(x.rows(), in);
    Tensor to = workspace.take(x.rows(), part);
    for (int h = 0; h < heads.size(); h++) {
      copy(x, h * in, in, from, 0);
      products.run(team, width, from, heads.get(h), precision, to);
      copy(to, 0, part, out, h * part);
    }
    workspace.release(from);
    workspace.release(to);
  }

  /** Columns {@code from … } of {@code x} to columns {@code to … } of {@code out}. */
  private static void copy(Tensor x, int from, int count, Tensor out, int to) {
    Objects.checkFromIndexSize(from, count, x.cols());
    Objects.checkFromIndexSize(to, count, out.cols());
    for (long t = 0; t < x.rows(); t++) {
      MemorySegment.copy(
          x.data(), 4 * (t * x.cols() + from), out.data(), 4 * (t * out.cols() + to), 4L * count);
    }
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
    log.start();
    latent.run(team, width, queries, keys, spec, layer, batch, out);
    log.end(2.0 * (spec.queryWidth() + spec.outputWidth()) * pastKeys(batch));
    return out;
  }

  @Override
  public Tensor bidirectionalAttention(Tensor qkv, BidirectionalAttention attention, Batch batch) {
    if (qkv.cols() != attention.inputWidth() || qkv.rows() != batch.size()) {
      throw new IllegalArgumentException("not the queries, keys and values of this batch");
    }
    Tensor out = workspace.take(batch.size(), attention.outputWidth());
    log.start();
    bidirectional.run(team, width, qkv, attention, batch, out);
    log.end(2.0 * 2 * attention.outputWidth() * pairs(batch, attention.reach()));
    return out;
  }

  @Override
  public Tensor mixture(Tensor x, Mixture mixture, Precision precision, Ops products) {
    Tensor out = like(x);
    experts.run(products, team, width, rows, log, x, mixture, precision, out);
    return out;
  }

  @Override
  public Tensor convolve(Tensor x, Convolution convolution, int layer, Batch batch) {
    Tensor out = like(x);
    log.start();
    recurrences.convolve(team, width, x, convolution, layer, batch, out);
    log.end(2.0 * convolution.kernel() * values(out));
    return out;
  }

  @Override
  public Tensor stateSpace(Tensor xbc, Tensor dt, StateSpace spec, int layer, Batch batch) {
    Tensor out = workspace.take(batch.size(), spec.outputWidth());
    log.start();
    recurrences.stateSpace(team, width, xbc, dt, spec, layer, batch, out);
    log.end(5.0 * spec.state() * values(out));
    return out;
  }

  @Override
  public Tensor deltaRule(Tensor qkv, Tensor a, Tensor b, DeltaRule spec, int layer, Batch batch) {
    Tensor out = workspace.take(batch.size(), spec.outputWidth());
    log.start();
    recurrences.deltaRule(team, width, qkv, a, b, spec, layer, batch, out);
    log.end(7.0 * spec.keyDim() * values(out));
    return out;
  }

  @Override
  public Tensor weightedMean(
      Tensor keys, Tensor values, WeightedMean spec, int layer, Batch batch) {
    Tensor out = like(keys);
    log.start();
    recurrences.weightedMean(team, width, keys, values, spec, layer, batch, out);
    log.end(4 * EXPONENTIAL_COST * values(out));
    return out;
  }

  private static double values(Tensor x) {
    return (double) x.rows() * x.cols();
  }

  /** Pairs of tokens that see each other. */
  private static double pairs(Batch batch, int reach) {
    double pairs = 0;
    for (int s = 0; s < batch.spans(); s++) {
      double count = batch.spanEnd(s) - batch.spanStart(s);
      pairs += count * (reach == 0 ? count : Math.min(count, 2.0 * reach + 1));
    }
    return pairs;
  }

  /** Keys that the tokens of a batch see, where nothing limits them. */
  private static double pastKeys(Batch batch) {
    double sum = 0;
    for (int t = 0; t < batch.size(); t++) {
      sum += batch.position(t) + 1;
    }
    return sum;
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
  public Work work() {
    return log.read();
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
    bidirectional.close();
    latent.close();
    recurrences.close();
    experts.close();
    workspace.close();
  }
}
