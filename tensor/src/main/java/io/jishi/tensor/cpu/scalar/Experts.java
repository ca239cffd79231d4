// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Mixture;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Routing;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.cpu.RowOps;
import io.jishi.tensor.cpu.Team;
import io.jishi.tensor.cpu.WorkLog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Mixtures of experts: tokens are sorted by expert, each expert runs once over its tokens, and what
 * comes out is added in ascending order of ids.
 */
final class Experts implements AutoCloseable {
  /** Operations of the choice for each expert and token, about. */
  private static final double CHOICE_COST = 20;

  private final Router router = new Router();
  private Arena arena = Arena.ofShared();
  private MemorySegment memory = MemorySegment.NULL;
  private Tensor[] views = new Tensor[0];
  private int viewCols;
  private int[] ids = new int[0];
  private float[] weights = new float[0];
  private int[] group = new int[0];
  private float[] groupWeights = new float[0];
  private float[] products = new float[0];

  void run(
      Ops ops,
      Team team,
      int width,
      RowOps rows,
      WorkLog log,
      Tensor x,
      Mixture mixture,
      Precision precision,
      Tensor out) {
    choose(x, mixture, ops, precision);
    log.start();
    log.inJava(); // few numbers and many branches: the choice stays on the host
    log.end((double) x.rows() * mixture.routing().experts() * CHOICE_COST);
    out.data().fill((byte) 0);
    int chosen = mixture.routing().chosen();
    for (int e = 0; e < mixture.experts().size(); e++) {
      int count = group(e, x.rows(), chosen);
      if (count > 0) {
        Tensor y = ops.feedForward(gather(x, count), mixture.experts().get(e), precision);
        log.start();
        rows.addScaled(team, width, y, count, group, groupWeights, out);
        log.end(2.0 * count * out.cols());
        ops.release(y);
      }
    }
  }

  private void choose(Tensor x, Mixture mixture, Ops ops, Precision precision) {
    Routing routing = mixture.routing();
    int k = routing.chosen();
    if (ids.length < x.rows() * k) {
      ids = new int[x.rows() * k];
      weights = new float[x.rows() * k];
      group = new int[x.rows()];
      groupWeights = new float[x.rows()];
    }
    if (products.length < routing.experts()) {
      products = new float[routing.experts()];
    }
    Tensor all = ops.linear(x, mixture.router(), precision);
    router.begin(routing);
    for (int t = 0; t < x.rows(); t++) {
      all.read(t, 0, products, 0, routing.experts());
      router.choose(products);
      System.arraycopy(router.ids, 0, ids, t * k, k);
      System.arraycopy(router.weights, 0, weights, t * k, k);
    }
    ops.release(all);
  }

  /** The tokens that chose an expert, and how many. */
  private int group(int expert, int tokens, int chosen) {
    int count = 0;
    for (int i = 0; i < tokens * chosen; i++) {
      if (ids[i] == expert) {
        group[count] = i / chosen;
        groupWeights[count++] = weights[i];
      }
    }
    return count;
  }

  private Tensor gather(Tensor x, int count) {
    Tensor rows = view(count, x.rows(), x.cols());
    long bytes = Tensor.bytes(1, x.cols());
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(x.data(), group[i] * bytes, rows.data(), i * bytes, bytes);
    }
    return rows;
  }

  /** A tensor over this object's own memory, made once for each number of rows. */
  private Tensor view(int rows, int most, int cols) {
    long bytes = Tensor.bytes(most, cols);
    if (memory.byteSize() < bytes) {
      arena.close();
      arena = Arena.ofShared();
      memory = arena.allocate(bytes, 64);
      Arrays.fill(views, null);
    }
    if (views.length <= rows || viewCols != cols) {
      views = viewCols == cols ? Arrays.copyOf(views, most + 1) : new Tensor[most + 1];
      viewCols = cols;
    }
    if (views[rows] == null) {
      views[rows] = new Tensor(memory.asSlice(0, Tensor.bytes(rows, cols)), rows, cols);
    }
    return views[rows];
  }

  @Override
  public void close() {
    arena.close();
  }
}
