// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu;

import io.jishi.tensor.DType;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import io.jishi.tensor.cpu.asm.Kernels;
import io.jishi.tensor.cpu.asm.LineKind;
import java.util.List;

/**
 * One small product for each part of the columns, by emitted kernels: a head is a chunk of work
 * with its activations and its weights, so that a hundred heads meet once and not two hundred
 * times.
 */
final class HeadProducts implements Team.Task {
  private final Kernels kernels;
  private final AsmWorker[] workers;
  private final PaddedCopies biases;
  private final LineBuffer[][] lines;
  private List<Linear> heads;
  private LineKind kind;
  private Tensor x;
  private Tensor out;

  HeadProducts(Kernels kernels, AsmWorker[] workers, PaddedCopies biases) {
    this.kernels = kernels;
    this.workers = workers;
    this.biases = biases;
    LineKind[] kinds = LineKind.values();
    lines = new LineBuffer[kinds.length][workers.length];
    for (LineKind k : kinds) {
      for (int i = 0; i < workers.length; i++) {
        lines[k.ordinal()][i] = new LineBuffer(k, kernels.maxTokens(k));
      }
    }
  }

  /** Multiplies; false where a head has no kernel. */
  boolean run(Team team, int width, Tensor in, List<Linear> parts, Precision how, Tensor to) {
    if (in.rows() == 0 || !ready(in.rows(), parts, how)) {
      return false;
    }
    heads = parts;
    x = in;
    out = to;
    for (int h = 0; h < parts.size(); h++) {
      Weight bias = parts.get(h).biases().getFirst();
      if (bias != null) {
        biases.of(bias); // here, since workers must not make copies
      }
    }
    team.run(parts.size(), width, this);
    return true;
  }

  /** Whether all heads are one weight of one type that has kernels, which are made then. */
  private boolean ready(int tokens, List<Linear> parts, Precision how) {
    DType type = parts.getFirst().weights().getFirst().type();
    kind = kernels.lineKind(type, how);
    if (kind == null) {
      return false;
    }
    for (int h = 0; h < parts.size(); h++) {
      Linear head = parts.get(h);
      Weight weight = head.weights().getFirst();
      boolean foreign =
          weight.layout() == Weight.Layout.PACKED && weight.tile() != AsmProducts.TILE;
      if (head.weights().size() != 1 || weight.type() != type || foreign) {
        return false;
      }
    }
    LineBuffer buffer = lines[kind.ordinal()][0];
    buffer.resize(tokens, parts.getFirst().in());
    for (int tile = 0; tile < buffer.tiles(); tile += Math.max(1, buffer.tiles() - 1)) {
      AsmWorker.kernel(kernels, type, kind, buffer, tile);
    }
    kernels.lineWriter(kind);
    return kernels.lineKind(type, how) == kind;
  }

  @Override
  public void run(int head, int worker) {
    Linear linear = heads.get(head);
    Weight weight = linear.weights().getFirst();
    Weight bias = linear.biases().getFirst();
    LineBuffer buffer = lines[kind.ordinal()][worker];
    buffer.resize(x.rows(), linear.in());
    for (int t = 0; t < x.rows(); t++) {
      long from = 4L * ((long) t * x.cols() + (long) head * linear.in());
      buffer.write(workers[worker], kernels.lineWriter(kind), x.data(), from, linear.in(), t);
    }
    workers[worker].run(
        weight,
        kind,
        buffer,
        0,
        AsmProducts.tiles(weight),
        bias == null ? null : biases.of(bias),
        out,
        head * linear.out());
  }

  void close() {
    for (LineBuffer[] row : lines) {
      for (LineBuffer buffer : row) {
        buffer.close();
      }
    }
  }
}
