// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.tensor.ForwardingOps;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
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
   * @param pairs by the names of matrices: see {@link Adapter#forModel}
   */
  public Loaded load(Adapter adapter, Map<String, Adapter.Pair> pairs) {
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
    if (!any) {
      return y;
    }
    boolean all = x.rows() == tokens;
    if (!all && x.rows() != outputs) {
      throw new IllegalStateException(
          x.rows() + " rows are neither the " + tokens + " tokens nor the " + outputs + " outputs");
    }
    int from = 0;
    for (Run run : runs) {
      int count = all ? run.tokens : run.outputs;
      Additions.Addition addition = run.adapter == null ? null : run.adapter.additions.of(linear);
      if (addition != null && count > 0) {
        add(x, y, from, count, addition, run.scale, precision);
      }
      from += count;
    }
    return y;
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
    Tensor target = rows(y, from, count);
    Tensor sum = ops.add(target, high);
    MemorySegment.copy(sum.data(), 0, target.data(), 0, sum.data().byteSize());
    ops.release(high);
    ops.release(sum);
  }

  private static Tensor rows(Tensor x, int from, int count) {
    long row = Tensor.bytes(1, x.cols());
    return new Tensor(x.data().asSlice(from * row, count * row), count, x.cols());
  }

  @Override
  public Tensor headLinear(Tensor x, List<Linear> heads, Precision precision) {
    return ops.headLinear(x, heads, precision); // no adapter adds to these
  }

  @Override
  public void close() {
    ops.close();
    List.copyOf(loaded).forEach(Loaded::close);
  }
}
