// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.tensor.ForwardingOps;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Mixture;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs a model with other adapters for other sequences of the same batch. Rows without an adapter
 * get the very results that they would get alone; so do rows with one, since each row's products
 * depend on that row only. The model's weights are read as they are.
 */
public final class BatchAdapters extends ForwardingOps {
  private final List<Loaded> loaded = new ArrayList<>();
  private final List<Run> runs = new ArrayList<>();
  private int tokens;
  private int outputs;
  private boolean any;

  /** An adapter whose small matrices are in memory. */
  public static final class Loaded implements AutoCloseable {
    private final BatchAdapters owner;
    private final Additions additions;

    private Loaded(BatchAdapters owner, Additions additions) {
      this.owner = owner;
      this.additions = additions;
    }

    /** Gives the matrices back; no batch may use them any more. */
    @Override
    public void close() {
      if (owner.loaded.remove(this)) {
        additions.close();
      }
    }
  }

  /** Neighbouring rows with the same adapter; null is none. */
  private record Run(Loaded adapter, float scale, int tokens, int outputs) {}

  /** Wraps operations; {@link #close} closes them too. */
  public BatchAdapters(Ops ops) {
    super(ops);
  }

  /**
   * Takes an adapter up.
   *
   * @param pairs by weights: see {@link Adapter#forModel}
   */
  public Loaded load(Adapter adapter, Map<Weight, Adapter.Pair> pairs) {
    Loaded added = new Loaded(this, new Additions(adapter, pairs));
    loaded.add(added);
    return added;
  }

  /** Forgets who uses which adapter. */
  public void clear() {
    runs.clear();
    tokens = 0;
    outputs = 0;
    any = false;
  }

  /**
   * Says which adapter the next sequence of the batch uses, in the order of the batch.
   *
   * @param adapter or null
   * @param scale what the adapter adds is multiplied by this
   * @param count tokens of the sequence in the batch
   * @param logits how many of them ask for logits
   */
  public void add(Loaded adapter, float scale, int count, int logits) {
    tokens += count;
    outputs += logits;
    any |= adapter != null;
    Run last = runs.isEmpty() ? null : runs.getLast();
    if (last != null && last.adapter == adapter && last.scale == scale) {
      runs.removeLast();
      runs.add(new Run(adapter, scale, last.tokens + count, last.outputs + logits));
    } else {
      runs.add(new Run(adapter, scale, count, logits));
    }
  }

  @Override
  public Tensor linear(Tensor x, Linear linear, Precision precision) {
    Tensor y = ops.linear(x, linear, precision);
    eachRun(
        x,
        (run, from, count) -> {
          Additions.Addition addition = run.adapter.additions.of(linear);
          if (addition != null) {
            add(x, y, from, count, addition, run.scale, precision);
          }
        });
    return y;
  }

  /** What is done with neighbouring rows that have an adapter. */
  private interface OfRun {
    void rows(Run run, int from, int count);
  }

  private void eachRun(Tensor x, OfRun each) {
    if (!any) {
      return;
    }
    boolean all = x.rows() == tokens;
    if (!all && x.rows() != outputs) {
      throw new IllegalStateException(
          x.rows() + " rows are neither the " + tokens + " tokens nor the " + outputs + " outputs");
    }
    int from = 0;
    for (Run run : runs) {
      int count = all ? run.tokens : run.outputs;
      if (run.adapter != null && count > 0) {
        each.rows(run, from, count);
      }
      from += count;
    }
  }

  private AdaptedOps adapted(Run run) {
    return new AdaptedOps(ops, run.adapter.additions, run.scale);
  }

  /** Adds to some rows of a result that nobody has seen yet. */
  private void add(
      Tensor x,
      Tensor y,
      int from,
      int count,
      Additions.Addition addition,
      float scale,
      Precision precision) {
    Tensor high = addition.apply(ops, rows(x, from, count), scale, precision);
    Tensor sum = ops.add(rows(y, from, count), high);
    replace(y, from, sum);
    ops.release(high);
  }

  /** Writes other rows over those of a result that nobody has seen yet. */
  private void replace(Tensor y, int from, Tensor rows) {
    MemorySegment to = rows(y, from, rows.rows()).data();
    MemorySegment.copy(rows.data(), 0, to, 0, to.byteSize());
    ops.release(rows);
  }

  private static Tensor rows(Tensor x, int from, int count) {
    long row = Tensor.bytes(1, x.cols());
    return new Tensor(x.data().asSlice(from * row, count * row), count, x.cols());
  }

  @Override
  public Tensor headLinear(Tensor x, List<Linear> heads, Precision precision) {
    Tensor y = ops.headLinear(x, heads, precision);
    eachRun(
        x,
        (run, from, count) -> {
          if (heads.stream().anyMatch(head -> run.adapter.additions.of(head) != null)) {
            Tensor own = adapted(run).headLinear(rows(x, from, count), heads, precision);
            replace(y, from, own);
          }
        });
    return y;
  }

  @Override
  public Tensor mixture(Tensor x, Mixture mixture, Precision precision) {
    Tensor y = ops.mixture(x, mixture, precision);
    eachRun(
        x,
        (run, from, count) -> {
          if (run.adapter.additions.in(mixture)) {
            replace(y, from, adapted(run).mixture(rows(x, from, count), mixture, precision));
          }
        });
    return y;
  }

  @Override
  public void close() {
    ops.close();
    List.copyOf(loaded).forEach(Loaded::close);
  }
}
