// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.model.DecoderSpec;
import io.jishi.model.GgufLayout;
import io.jishi.model.GgufLayout.Trait;
import io.jishi.model.TensorRole;
import io.jishi.model.export.Moved.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/** The ways of feed-forward layers and of experts, which are one tensor each in GGUF. */
final class ChannelMoves {
  private final Moves moves;
  private final GgufLayout layout;
  private final long width;

  ChannelMoves(Moves moves, GgufLayout layout, long width) {
    this.moves = moves;
    this.layout = layout;
    this.width = width;
  }

  void dense(int l, DecoderSpec.FeedForward f, DecoderSpec.Branch b) {
    boolean fold = layout.is(Trait.FOLDED);
    layer(
        l,
        f,
        List.of(TensorRole.GATE, TensorRole.UP, TensorRole.GATE_UP, TensorRole.DOWN),
        fold ? f.gateScale() : 1,
        fold ? b.outScale() : 1);
  }

  /**
   * A layer.
   *
   * @param roles gate, up, both in one, down
   */
  private void layer(
      int l, DecoderSpec.FeedForward f, List<TensorRole> roles, float gate, float down) {
    TensorRole both = roles.get(2);
    long inner = f.inner();
    if (!f.gated()) {
      moves.linear(roles.get(1), l, inner, width, f.bias());
    } else if (!moves.has(both, l)) {
      moves.linear(roles.get(0), roles.get(0), l, inner, width, f.bias(), gate);
      moves.linear(roles.get(1), l, inner, width, f.bias());
    } else if (layout.is(Trait.PACKED_GATE_UP)) {
      moves.linear(both, roles.get(1), l, 2 * inner, width, f.bias(), 1);
    } else {
      Published packed = moves.matrix(both, l, 2 * inner, width);
      String bias = f.bias() ? moves.from.bias(both, l) : null;
      moves.rows(packed, bias, roles.get(0), l, inner, row -> row, null);
      moves.rows(packed, bias, roles.get(1), l, inner, row -> row + inner, null);
    }
    moves.linear(roles.get(3), roles.get(3), l, width, inner, f.bias(), down);
  }

  void mixture(int l, DecoderSpec.Mixture m) {
    long experts = m.routing().experts();
    moves.linear(TensorRole.ROUTER, l, experts, width, m.routerBias());
    if (m.choiceBias()) {
      moves.vector(TensorRole.CHOICE_BIAS, l, experts);
    }
    experts(l, experts, m.expert());
    if (m.shared() != null) {
      layer(
          l,
          m.shared(),
          List.of(
              TensorRole.SHARED_GATE,
              TensorRole.SHARED_UP,
              TensorRole.SHARED_GATE_UP,
              TensorRole.SHARED_DOWN),
          1,
          1);
    }
    if (m.sharedGate()) {
      moves.values(
          TensorRole.SHARED_ROUTER, l, new Long[] {1L, width}, List.of(width), Change.NONE);
    }
  }

  private void experts(int l, long count, DecoderSpec.FeedForward f) {
    long inner = f.inner();
    if (moves.has(TensorRole.EXPERT_GATE_UP, l)) {
      boolean alternate = moves.from.interleavedGate();
      half(l, count, f, TensorRole.EXPERT_GATE, row -> place(row, inner, alternate, 0));
      half(l, count, f, TensorRole.EXPERT_UP, row -> place(row, inner, alternate, 1));
    } else {
      stack(TensorRole.EXPERT_GATE, l, count, inner, width, f.bias());
      stack(TensorRole.EXPERT_UP, l, count, inner, width, f.bias());
    }
    stack(TensorRole.EXPERT_DOWN, l, count, width, inner, f.bias());
  }

  /** Where a row of all gates, or ups, stands among the rows of both. */
  private static long place(long row, long inner, boolean alternate, int second) {
    long expert = row / inner * 2 * inner;
    return expert + (alternate ? 2 * (row % inner) + second : row % inner + second * inner);
  }

  private void half(
      int l, long count, DecoderSpec.FeedForward f, TensorRole role, LongUnaryOperator order) {
    long inner = f.inner();
    moves.add(
        moves.target(role, l),
        List.of(count, inner, width),
        List.of(moves.matrix(TensorRole.EXPERT_GATE_UP, l, 2 * inner, width, count)),
        order,
        0,
        Change.NONE,
        null);
    if (f.bias()) {
      String bias = moves.from.bias(TensorRole.EXPERT_GATE_UP, l);
      moves.add(
          moves.targetBias(role, l),
          List.of(count, inner),
          List.of(Published.values(bias, count, 2 * inner)),
          order,
          0,
          Change.NONE,
          null);
    }
  }

  /** All experts' matrices one above another. */
  private void stack(TensorRole role, int l, long count, long rows, long cols, boolean bias) {
    boolean listed = !moves.from.weight(role, l).equals(moves.from.expert(role, l, 0));
    List<Published> from = new ArrayList<>();
    if (listed) {
      for (int e = 0; e < count; e++) {
        from.add(Published.rows(moves.from.expert(role, l, e), rows, cols));
      }
    } else {
      from.add(moves.matrix(role, l, rows, cols, count));
    }
    moves.add(moves.target(role, l), List.of(count, rows, cols), from, null, 0, Change.NONE, null);
    if (bias) {
      moves.add(
          moves.targetBias(role, l),
          List.of(count, rows),
          List.of(Published.rows(moves.from.bias(role, l), count, rows)),
          null,
          0,
          Change.NONE,
          null);
    }
  }
}
