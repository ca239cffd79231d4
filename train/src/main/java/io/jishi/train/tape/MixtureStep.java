// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Mixture;
import io.jishi.tensor.Routing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A mixture of experts: rows of tokens sorted by expert, so that each expert is a few products. All
 * tokens make {@code tokens · chosen} such rows, whatever the choice, so that memory can be planned
 * before it. A token's results are added in ascending order of experts.
 */
final class MixtureStep implements Step {
  private final Value x;
  private final Value out;

  /** The router's products {@code [tokens, experts]}. */
  private final Value products;

  /** First products of the experts {@code [tokens · chosen, …]}, and what is between. */
  private final Value up;

  private final Value inner;
  private final Mixture mixture;
  private final List<Experts.Part> router;

  /** Of the choice: no loss has a gradient there, loads move it; null where it stays. */
  private final Trainable choiceBias;

  private final Experts experts;
  private final int chosen;

  /** Of each token's choices: the expert, and what it counts. */
  private final int[] ids;

  private final float[] weights;

  /** Rows sorted by expert: which choice each is, and where each expert's begin. */
  private final int[] sorted;

  private final int[] starts;

  /** What the load-balancing loss counts in the gradient; 0 without. */
  private double balance;

  MixtureStep(
      Value x,
      Value out,
      Mixture mixture,
      Experts experts,
      List<Experts.Part> router,
      Trainable choiceBias) {
    this.x = x;
    this.out = out;
    this.mixture = mixture;
    this.experts = experts;
    this.router = router;
    this.choiceBias = choiceBias;
    chosen = mixture.routing().chosen();
    int rows = Math.multiplyExact(x.rows, chosen);
    products = new Value(x.rows, mixture.routing().experts());
    up = new Value(rows, experts.upWidth());
    inner = new Value(rows, experts.inner());
    ids = new int[rows];
    weights = new float[rows];
    sorted = new int[rows];
    starts = new int[mixture.routing().experts() + 1];
  }

  /** Sets what the load-balancing loss counts. */
  void balance(double factor) {
    balance = factor;
  }

  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public List<Value> outputs() {
    return List.of(out, products, up, inner);
  }

  @Override
  public List<Value> kept() {
    return List.of(x, products, up, inner);
  }

  @Override
  public boolean learns() {
    return router.getFirst().learns() || experts.learns();
  }

  private long decodeBytes() {
    long own = WeightProducts.scratchBytes(mixture.router().weights().getFirst());
    return Math.max(own, experts.scratchBytes());
  }

  /** At most all tokens choose one expert: so many rows it works on at a time. */
  @Override
  public long scratchBytes() {
    return decodeBytes()
        + 2 * x.bytes()
        + 4L * x.rows * ((long) inner.cols + up.cols)
        + products.bytes()
        + Rows.spareBytes(x)
        + 2 * 4L * x.rows * Math.max(experts.rank(), router.getFirst().rank());
  }

  /** Where scratch for adapters begins. */
  private long low() {
    return afterUp() + products.bytes() + Rows.spareBytes(x);
  }

  private MemorySegment rowsOfX(Machine m) {
    return m.scratch(decodeBytes(), x.bytes());
  }

  private MemorySegment rowsOfY(Machine m) {
    return m.scratch(decodeBytes() + x.bytes(), x.bytes());
  }

  private MemorySegment dInner(Machine m) {
    return m.scratch(decodeBytes() + 2 * x.bytes(), 4L * x.rows * inner.cols);
  }

  private MemorySegment dUp(Machine m) {
    long at = decodeBytes() + 2 * x.bytes() + 4L * x.rows * inner.cols;
    return m.scratch(at, 4L * x.rows * up.cols);
  }

  private long afterUp() {
    return decodeBytes() + 2 * x.bytes() + 4L * x.rows * ((long) inner.cols + up.cols);
  }

  @Override
  public void forward(Machine m) {
    Experts.forward(m, router, x.rows, x.data(), products.data(), products.cols, low());
    choose();
    out.data().fill((byte) 0);
    for (int e = 0; e < experts.list().size(); e++) {
      int first = starts[e];
      int n = starts[e + 1] - first;
      if (n == 0) {
        continue;
      }
      Experts.Expert expert = experts.list().get(e);
      MemorySegment in = rowsOfX(m);
      gather(m, x.data(), first, n, in);
      MemorySegment upRows = WeightProducts.from(up.data(), (long) first * up.cols);
      Experts.forward(m, expert.up(), n, in, upRows, up.cols, low());
      MemorySegment innerRows = WeightProducts.from(inner.data(), (long) first * inner.cols);
      experts.activate(m, n, upRows, innerRows);
      MemorySegment y = rowsOfY(m);
      Experts.forward(m, expert.down(), n, innerRows, y, out.cols, low());
      scatter(m, y, first, n, out.data(), true);
    }
  }

  private void choose() {
    Choice choice = new Choice(mixture.routing());
    int n = products.cols;
    float[] row = new float[n];
    int[] counts = new int[n];
    for (int t = 0; t < x.rows; t++) {
      Rows.read(products.data(), (long) t * n, row, n);
      choice.choose(row, 0);
      System.arraycopy(choice.ids, 0, ids, t * chosen, chosen);
      System.arraycopy(choice.weights, 0, weights, t * chosen, chosen);
      for (int id : choice.ids) {
        counts[id]++;
      }
    }
    for (int e = 0; e < n; e++) {
      starts[e + 1] = starts[e] + counts[e];
    }
    int[] next = starts.clone();
    for (int i = 0; i < ids.length; i++) {
      sorted[next[ids[i]]++] = i;
    }
  }

  private void gather(Machine m, MemorySegment from, int first, int n, MemorySegment to) {
    int cols = x.cols;
    Rows.each(
        m,
        n,
        (begin, end, lane) -> {
          for (int r = begin; r < end; r++) {
            long token = sorted[first + r] / chosen;
            MemorySegment.copy(from, 4 * token * cols, to, 4L * r * cols, 4L * cols);
          }
        });
  }

  /** Adds rows to those of their tokens; an expert has a token once at most. */
  private void scatter(
      Machine m, MemorySegment from, int first, int n, MemorySegment to, boolean weighted) {
    int cols = x.cols;
    Rows.each(
        m,
        n,
        (begin, end, lane) -> {
          lane.room(cols, 0);
          for (int r = begin; r < end; r++) {
            int choice = sorted[first + r];
            float factor = weighted ? weights[choice] : 1;
            Rows.read(from, (long) r * cols, lane.a, cols);
            for (int i = 0; i < cols; i++) {
              lane.a[i] *= factor;
            }
            Rows.put(lane, to, (long) (choice / chosen) * cols, cols, true);
          }
        });
  }

  @Override
  public void backward(Machine m) {
    MemorySegment dx = Rows.sums(m, x, afterUp() + products.bytes());
    float[] dWeights = new float[weights.length];
    for (int e = 0; e < experts.list().size(); e++) {
      int first = starts[e];
      int n = starts[e + 1] - first;
      if (n > 0) {
        backward(m, experts.list().get(e), first, n, dx, dWeights);
      }
    }
    route(m, dWeights, dx);
  }

  private void backward(
      Machine m, Experts.Expert expert, int first, int n, MemorySegment dx, float[] dWeights) {
    MemorySegment dy = rowsOfY(m);
    MemorySegment dInner = dInner(m);
    MemorySegment innerRows = WeightProducts.from(inner.data(), (long) first * inner.cols);
    gather(m, out.gradient(), first, n, dy);
    Experts.input(m, expert.down(), n, dy, out.cols, dInner, low());
    weigh(m, expert.down().getFirst(), first, n, dWeights);
    Experts.weights(m, expert.down(), n, dy, out.cols, innerRows, low());
    MemorySegment upRows = WeightProducts.from(up.data(), (long) first * up.cols);
    MemorySegment dUp = dUp(m);
    experts.deactivate(m, n, upRows, dInner, dUp);
    MemorySegment in = rowsOfX(m);
    gather(m, x.data(), first, n, in);
    Experts.weights(m, expert.up(), n, dUp, up.cols, in, low());
    if (x.learns) {
      Experts.input(m, expert.up(), n, dUp, up.cols, dy, low());
      scatter(m, dy, first, n, dx, false);
    }
  }

  /** The gradients of what choices count; then gradients of results count as much. */
  private void weigh(Machine m, Experts.Part down, int first, int n, float[] dWeights) {
    MemorySegment dy = rowsOfY(m);
    MemorySegment dInner = dInner(m);
    int wide = inner.cols;
    float[] bias = new float[down.bias() == null ? 0 : x.cols];
    if (bias.length > 0) {
      down.bias().vector(bias);
    }
    Rows.each(
        m,
        n,
        (begin, end, lane) -> {
          lane.room(Math.max(wide, x.cols), 0);
          for (int r = begin; r < end; r++) {
            int choice = sorted[first + r];
            Rows.read(dInner, (long) r * wide, lane.a, wide);
            Rows.read(inner.data(), (long) (first + r) * wide, lane.b, wide);
            float sum = dot(lane.a, lane.b, wide);
            times(lane.a, wide, weights[choice]);
            Rows.write(lane.a, dInner, (long) r * wide, wide);
            Rows.read(dy, (long) r * x.cols, lane.a, x.cols);
            dWeights[choice] = sum + dot(lane.a, bias, bias.length);
            times(lane.a, x.cols, weights[choice]);
            Rows.write(lane.a, dy, (long) r * x.cols, x.cols);
          }
        });
  }

  private static float dot(float[] a, float[] b, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) {
      sum = Math.fma(a[i], b[i], sum);
    }
    return sum;
  }

  private static void times(float[] a, int n, float factor) {
    for (int i = 0; i < n; i++) {
      a[i] *= factor;
    }
  }

  /** From what choices count, and the balance, to the router. */
  private void route(Machine m, float[] dWeights, MemorySegment dx) {
    int n = products.cols;
    Routing routing = mixture.routing();
    Choice choice = new Choice(routing);
    double[] shares = Balance.shares(ids, n);
    MemorySegment dProducts = m.scratch(afterUp(), products.bytes());
    float[] row = new float[n];
    for (int t = 0; t < x.rows; t++) {
      float[] gradient = new float[n];
      Rows.read(products.data(), (long) t * n, row, n);
      choice.choose(row, 0);
      choice.backward(dWeights, t * chosen, gradient, 0);
      if (balance != 0) {
        Balance.token(routing, shares, row, 0, balance / x.rows, gradient);
      }
      Rows.write(gradient, dProducts, (long) t * n, n);
    }
    Experts.weights(m, router, x.rows, dProducts, n, x.data(), low());
    if (x.learns) {
      WeightProducts.input(
          m, x.rows, dProducts, n, mixture.router().weights().getFirst(), dx, true);
      LowRank adapter = router.getFirst().adapter();
      if (adapter != null) {
        new LowRankRows(m, adapter, x.rows, low()).input(dProducts, n, dx);
      }
    }
  }

  /** The bias of the choice, or null. */
  Trainable choiceBias() {
    return choiceBias;
  }

  /** Adds the choices of the last forward pass that each expert got beyond its share. */
  void overload() {
    if (choiceBias == null) {
      return;
    }
    MemorySegment sums = choiceBias.summed();
    float share = (float) ids.length / products.cols;
    for (int e = 0; e < products.cols; e++) {
      float beyond = starts[e + 1] - starts[e] - share;
      float before = sums.getAtIndex(ValueLayout.JAVA_FLOAT, e);
      sums.setAtIndex(ValueLayout.JAVA_FLOAT, e, before + beyond);
    }
  }

  /** The load-balancing loss of the last forward pass, 1 where all experts are used alike. */
  double imbalance() {
    double[] shares = Balance.shares(ids, products.cols);
    float[] row = new float[products.cols];
    double sum = 0;
    for (int t = 0; t < x.rows; t++) {
      Rows.read(products.data(), (long) t * row.length, row, row.length);
      sum += Balance.token(mixture.routing(), shares, row, 0, 0, null);
    }
    return sum / x.rows;
  }
}
