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
import io.jishi.tensor.cpu.Team;
import java.lang.foreign.MemorySegment;

/** The waist in plain Java. */
public final class ScalarOps implements Ops {
  private final Team team;
  private final int width;
  private final Workspace workspace = new Workspace();
  private final Products products;
  private final AttentionRunner attentionRunner;
  private float[] a = new float[0];
  private float[] b = new float[0];
  private byte[] stored = new byte[0];

  /**
   * Operations on a team.
   *
   * @param width threads of the team to use
   * @param products how to multiply; closed with this object
   * @param attention how to attend; closed with this object
   */
  public ScalarOps(Team team, int width, Products products, AttentionRunner attention) {
    this.team = team;
    this.width = width;
    this.products = products;
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
    float[] row = first(table.cols());
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
    int cols = x.cols();
    Tensor out = workspace.take(x.rows(), cols);
    float[] row = first(cols);
    float[] factors = second(cols);
    gain.vector(factors);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, row, 0, cols);
      Norm.rms(row, 0, cols, factors, eps, row, 0);
      out.write(t, 0, row, 0, cols);
    }
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
    int n = x.cols() / 2;
    Tensor out = workspace.take(x.rows(), n);
    float[] gate = first(n);
    float[] up = second(n);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, gate, 0, n);
      x.read(t, n, up, 0, n);
      for (int i = 0; i < n; i++) {
        gate[i] =
            up[i]
                * switch (activation) {
                  case SILU -> Maths.silu(gate[i]);
                };
      }
      out.write(t, 0, gate, 0, n);
    }
    return out;
  }

  @Override
  public Tensor add(Tensor x, Tensor y) {
    if (x.rows() != y.rows() || x.cols() != y.cols()) {
      throw new IllegalArgumentException("shapes differ");
    }
    int cols = x.cols();
    Tensor out = workspace.take(x.rows(), cols);
    float[] left = first(cols);
    float[] right = second(cols);
    for (int t = 0; t < x.rows(); t++) {
      x.read(t, 0, left, 0, cols);
      y.read(t, 0, right, 0, cols);
      for (int i = 0; i < cols; i++) {
        left[i] += right[i];
      }
      out.write(t, 0, left, 0, cols);
    }
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
    attentionRunner.close();
    workspace.close();
  }

  private float[] first(int n) {
    return a = a.length < n ? new float[n] : a;
  }

  private float[] second(int n) {
    return b = b.length < n ? new float[n] : b;
  }
}
