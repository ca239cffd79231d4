// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Activation;
import io.jishi.tensor.Attention;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.AttentionRunner;
import io.jishi.tensor.cpu.Products;
import io.jishi.tensor.cpu.RowOps;
import io.jishi.tensor.cpu.Team;
import java.lang.foreign.MemorySegment;

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
  private float[] row = new float[0];
  private byte[] stored = new byte[0];

  /**
   * Operations on a team.
   *
   * @param width threads of the team to use
   * @param products how to multiply; closed with this object
   * @param rows how to work on rows; closed with this object
   * @param attention how to attend; closed with this object
   */
  public ScalarOps(
      Team team, int width, Products products, RowOps rows, AttentionRunner attention) {
    this.team = team;
    this.width = width;
    this.products = products;
    this.rows = rows;
    this.attentionRunner = attention;
  }

  @Override
  public void begin(Batch batch) {
    workspace.begin(batch.size(), batch.outputCount());
    attentionRunner.begin();
  }

  @Override
  public void release(Tensor tensor) {
    workspace.release(tensor);
  }

  @Override
  public Tensor embed(Weight table, Batch batch) {
    Tensor out = workspace.take(batch.size(), table.cols());
    if (row.length < table.cols()) {
      row = new float[table.cols()];
    }
    int bytes = Math.toIntExact(table.type().rowBytes(table.cols()));
    if (stored.length < bytes) {
      stored = new byte[bytes];
    }
    for (int t = 0; t < batch.size(); t++) {
      table.row(batch.token(t), stored, row);
      out.write(t, 0, row, 0, table.cols());
    }
    return out;
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
    workspace.close();
  }
}
