// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.Branch;
import io.jishi.model.DecoderSpec.HeadNorm;
import io.jishi.model.GgufLayout;
import io.jishi.model.GgufLayout.Trait;
import io.jishi.model.TensorRole;
import io.jishi.model.export.Moved.Change;
import io.jishi.model.export.Moved.Scale;
import java.util.List;
import java.util.function.LongUnaryOperator;

/** The ways of attention, and of recurrent mixers. */
final class MixerMoves {
  private final Moves moves;
  private final GgufLayout layout;
  private final long width;

  MixerMoves(Moves moves, GgufLayout layout, long width) {
    this.moves = moves;
    this.layout = layout;
    this.width = width;
  }

  private boolean folded() {
    return layout.is(Trait.FOLDED);
  }

  void grouped(int l, DecoderSpec.GroupedAttention a, Branch b) {
    int dim = a.headDim();
    long queries = (long) a.heads() * dim;
    long keys = (long) a.kvHeads() * dim;
    float in = folded() ? b.inScale() : 1;
    float key = folded() ? (float) (a.scores().scale() * Math.sqrt(dim)) : 1;
    boolean permuted = layout.is(Trait.PERMUTED);
    if (moves.has(TensorRole.QKV, l)) {
      packed(l, a, queries, keys, permuted);
    } else {
      long rows = a.outputGate() ? 2 * queries : queries;
      separate(TensorRole.QUERY, l, rows, a.inputBias(), permuted ? dim : 0, in);
      separate(TensorRole.KEY, l, keys, a.inputBias(), permuted ? dim : 0, in * key);
      separate(TensorRole.VALUE, l, keys, a.inputBias(), 0, in);
    }
    if (a.headNorm() != null) {
      headNorm(TensorRole.QUERY_NORM, l, a.heads(), dim, a.headNorm());
      headNorm(TensorRole.KEY_NORM, l, a.kvHeads(), dim, a.headNorm());
    }
    if (a.scores().sinks()) {
      moves.vector(TensorRole.SINKS, l, a.heads());
    }
    moves.linear(
        TensorRole.ATTENTION_OUTPUT,
        TensorRole.ATTENTION_OUTPUT,
        l,
        width,
        queries,
        a.outputBias(),
        folded() ? b.outScale() : 1);
  }

  /** Row i of a head whose pairs are neighbours, where they were half a head apart. */
  private static long apart(long row, int dim) {
    long inHead = row % dim;
    return row - inHead + inHead % 2 * (dim / 2) + inHead / 2;
  }

  private void separate(TensorRole role, int l, long rows, boolean bias, int dim, float by) {
    if (dim == 0) {
      moves.linear(role, role, l, rows, width, bias, by);
      return;
    }
    moves.rows(
        moves.matrix(role, l, rows, width),
        bias ? moves.from.bias(role, l) : null,
        role,
        l,
        rows,
        row -> apart(row, dim),
        null);
  }

  private void packed(
      int l, DecoderSpec.GroupedAttention a, long queries, long keys, boolean permuted) {
    long rows = queries + 2 * keys;
    Published whole = moves.matrix(TensorRole.QKV, l, rows, width);
    String bias = a.inputBias() ? moves.from.bias(TensorRole.QKV, l) : null;
    int[] blocks = moves.from.groupedQkv() ? Checkpoint.ungrouped(a) : null;
    LongUnaryOperator order = blocks == null ? null : row -> blocks[(int) row];
    if (!layout.is(Trait.SPLIT_QKV)) {
      moves.rows(whole, bias, TensorRole.QKV, l, rows, order, null);
      return;
    }
    LongUnaryOperator each = blocks == null ? row -> row : order;
    int dim = permuted ? a.headDim() : 1;
    moves.rows(whole, bias, TensorRole.QUERY, l, queries, turned(each, 0, dim), null);
    moves.rows(whole, bias, TensorRole.KEY, l, keys, turned(each, queries, dim), null);
    moves.rows(whole, bias, TensorRole.VALUE, l, keys, turned(each, queries + keys, 1), null);
  }

  private static LongUnaryOperator turned(LongUnaryOperator each, long first, int dim) {
    return row -> each.applyAsLong(first + (dim == 1 ? row : apart(row, dim)));
  }

  private void headNorm(TensorRole role, int l, long heads, long dim, HeadNorm norm) {
    switch (norm.scope()) {
      case HEAD, ROTATED_HEAD -> moves.norm(role, l, dim, norm.norm());
      case WHOLE -> moves.norm(role, l, heads * dim, norm.norm());
      case OWN_HEAD ->
          moves.values(role, l, new Long[] {heads, dim}, List.of(heads, dim), Change.NONE);
    }
  }

  void latent(int l, DecoderSpec.LatentAttention a) {
    long queries = (long) a.heads() * (a.keyDim() + a.rotary());
    if (a.queryRank() > 0) {
      moves.linear(TensorRole.QUERY_A, l, a.queryRank(), width, false);
      moves.norm(TensorRole.QUERY_A_NORM, l, a.queryRank(), a.norm());
      moves.linear(TensorRole.QUERY_B, l, queries, a.queryRank(), false);
    } else {
      moves.linear(TensorRole.QUERY, l, queries, width, false);
    }
    moves.linear(TensorRole.KV_A, l, a.rank() + a.rotary(), width, false);
    moves.norm(TensorRole.KV_A_NORM, l, a.rank(), a.norm());
    long head = a.keyDim() + a.valueDim();
    if (layout.is(Trait.SPLIT_LATENT)) {
      keysAndValues(l, a, head);
    } else {
      moves.linear(TensorRole.KV_B, l, a.heads() * head, a.rank(), false);
    }
    moves.linear(TensorRole.ATTENTION_OUTPUT, l, width, (long) a.heads() * a.valueDim(), false);
  }

  /** Each head's key rows, turned, and its value rows. */
  private void keysAndValues(int l, DecoderSpec.LatentAttention a, long head) {
    long heads = a.heads();
    long rank = a.rank();
    Published both = moves.matrix(TensorRole.KV_B, l, heads * head, rank);
    long key = a.keyDim();
    long value = a.valueDim();
    moves.add(
        moves.target(TensorRole.KEY_B, l),
        List.of(heads, rank, key),
        List.of(both),
        row -> row / key * head + row % key,
        a.keyDim(),
        Change.NONE,
        null);
    moves.add(
        moves.target(TensorRole.VALUE_B, l),
        List.of(heads, value, rank),
        List.of(both),
        row -> row / value * head + key + row % value,
        0,
        Change.NONE,
        null);
  }

  void mamba(int l, DecoderSpec.Mamba m) {
    long inner = m.inner();
    long state = m.state();
    moves.linear(TensorRole.RECURRENT_IN, l, 2 * inner, width, m.bias());
    moves.convolution(TensorRole.CONVOLUTION, l, inner, m.kernel(), m.convolutionBias());
    moves.linear(TensorRole.STEP_IN, l, m.stepRank() + 2 * state, inner, false);
    moves.linear(TensorRole.STEP, l, inner, m.stepRank(), true);
    moves.values(
        TensorRole.DECAY, l, new Long[] {inner, state}, List.of(inner, state), Change.MINUS_EXP);
    moves.vector(TensorRole.SKIP, l, inner);
    moves.linear(TensorRole.RECURRENT_OUT, l, width, inner, m.bias());
  }

  void mamba2(int l, DecoderSpec.Mamba2 m, Branch b) {
    long inner = m.inner();
    long heads = m.heads();
    float in = folded() ? b.inScale() : 1;
    Scale scale = folded() ? segments(m, in) : null;
    long rows = inner + m.mixed() + heads;
    moves.rows(
        moves.matrix(TensorRole.RECURRENT_IN, l, rows, width),
        m.bias() ? moves.from.bias(TensorRole.RECURRENT_IN, l) : null,
        TensorRole.RECURRENT_IN,
        l,
        rows,
        null,
        scale);
    moves.convolution(TensorRole.CONVOLUTION, l, m.mixed(), m.kernel(), m.convolutionBias());
    one(TensorRole.DECAY, l, heads, Change.MINUS_EXP);
    one(TensorRole.SKIP, l, heads, Change.NONE);
    moves.vector(TensorRole.STEP_BIAS, l, heads);
    if (m.norm() != null) {
      List<Long> groups = List.of((long) m.groups(), inner / m.groups());
      moves.values(TensorRole.RECURRENT_NORM, l, new Long[] {inner}, groups, Change.NONE);
    }
    moves.linear(
        TensorRole.RECURRENT_OUT,
        TensorRole.RECURRENT_OUT,
        l,
        width,
        inner,
        m.bias(),
        folded() ? b.outScale() : 1);
  }

  /** The multipliers of gate, x, B, C and step, each over its rows. */
  private static Scale segments(DecoderSpec.Mamba2 m, float in) {
    if (m.scales() == null) {
      return _ -> in;
    }
    long inner = m.inner();
    long states = (long) m.groups() * m.state();
    long[] ends = {inner, 2 * inner, 2 * inner + states, 2 * inner + 2 * states, Long.MAX_VALUE};
    return row -> {
      int part = 0;
      while (row >= ends[part]) {
        part++;
      }
      return in * m.scales().get(part);
    };
  }

  /** A vector that GGUF files have as a matrix of one column. */
  private void one(TensorRole role, int l, long size, Change change) {
    moves.values(role, l, new Long[] {size}, List.of(size, 1L), change);
  }

  void gatedDelta(int l, DecoderSpec.GatedDelta d) {
    if (!d.packed()) {
      dealtDelta(l, d);
      return;
    }
    int keyHeads = d.keyHeads();
    int part = d.valueHeads() / keyHeads * d.valueDim();
    int[] sizes = {d.keyDim(), d.keyDim(), part, part};
    int stride = 2 * d.keyDim() + 2 * part;
    long keys = (long) keyHeads * d.keyDim();
    long values = (long) keyHeads * part;
    Published whole = moves.matrix(TensorRole.RECURRENT_IN, l, 2 * keys + 2 * values, width);
    moves.rows(
        whole,
        null,
        TensorRole.RECURRENT_IN,
        l,
        2 * keys + values,
        row -> {
          int p = row < keys ? 0 : row < 2 * keys ? 1 : 2;
          return gathered(row - p * keys, sizes, p, stride);
        },
        null);
    moves.rows(
        whole,
        null,
        TensorRole.RECURRENT_GATE,
        l,
        values,
        row -> gathered(row, sizes, 3, stride),
        null);
    moves.linear(TensorRole.RECURRENT_RATES, l, 2L * d.valueHeads(), width, false);
    moves.convolution(TensorRole.CONVOLUTION, l, 2 * keys + values, d.kernel(), false);
    moves.vector(TensorRole.STEP_BIAS, l, d.valueHeads());
    long heads = d.valueHeads();
    moves.values(TensorRole.DECAY, l, new Long[] {heads}, List.of(heads), Change.MINUS_EXP);
    moves.norm(TensorRole.RECURRENT_NORM, l, d.valueDim(), d.norm());
    moves.linear(TensorRole.RECURRENT_OUT, l, width, values, false);
  }

  /** The published row, or value, of one of value heads that are dealt out to key heads. */
  private static long dealt(long row, DecoderSpec.GatedDelta d, int size) {
    long head = row / size;
    int keys = d.keyHeads();
    int each = d.valueHeads() / keys;
    return (head % keys * each + head / keys) * size + row % size;
  }

  /** Projections that were published apart, of value heads in another order. */
  private void dealtDelta(int l, DecoderSpec.GatedDelta d) {
    int dim = d.valueDim();
    long keys = 2L * d.keyHeads() * d.keyDim();
    long heads = d.valueHeads();
    long values = heads * dim;
    LongUnaryOperator inputs = row -> row < keys ? row : keys + dealt(row - keys, d, dim);
    LongUnaryOperator single = row -> dealt(row, d, 1);
    ordered(TensorRole.RECURRENT_IN, l, keys + values, inputs);
    ordered(TensorRole.RECURRENT_GATE, l, values, row -> dealt(row, d, dim));
    ordered(TensorRole.RECURRENT_BETA, l, heads, single);
    ordered(TensorRole.RECURRENT_ALPHA, l, heads, single);
    long kernel = d.kernel();
    String taps = moves.from.weight(TensorRole.CONVOLUTION, l);
    moves.add(
        moves.target(TensorRole.CONVOLUTION, l),
        List.of(keys + values, kernel),
        List.of(Published.rows(taps, keys + values, 1L, kernel)),
        inputs,
        0,
        Change.NONE,
        null);
    vector(TensorRole.STEP_BIAS, l, heads, single, Change.NONE);
    vector(TensorRole.DECAY, l, heads, single, Change.MINUS_EXP);
    moves.norm(TensorRole.RECURRENT_NORM, l, dim, d.norm());
    // Columns move as rows of the turned matrix.
    String out = moves.from.weight(TensorRole.RECURRENT_OUT, l);
    moves.add(
        moves.target(TensorRole.RECURRENT_OUT, l),
        List.of(width, values),
        List.of(new Published(out, List.of(width, values), Math.toIntExact(width), true)),
        row -> dealt(row, d, dim),
        Math.toIntExact(values),
        Change.NONE,
        null);
  }

  private void ordered(TensorRole role, int l, long rows, LongUnaryOperator order) {
    moves.rows(moves.matrix(role, l, rows, width), null, role, l, rows, order, null);
  }

  private void vector(TensorRole role, int l, long size, LongUnaryOperator order, Change change) {
    moves.add(
        moves.target(role, l),
        List.of(size),
        List.of(Published.values(moves.from.weight(role, l), size)),
        order,
        0,
        change,
        null);
  }

  /** Where a row of part {@code p} of all heads stands if each head has all parts together. */
  private static long gathered(long row, int[] sizes, int p, int stride) {
    int before = 0;
    for (int i = 0; i < p; i++) {
      before += sizes[i];
    }
    return row / sizes[p] * stride + before + row % sizes[p];
  }

  void channelDelta(int l, DecoderSpec.ChannelDelta d) {
    long inner = (long) d.heads() * d.headDim();
    long dim = d.headDim();
    long heads = d.heads();
    for (TensorRole role : List.of(TensorRole.QUERY, TensorRole.KEY, TensorRole.VALUE)) {
      moves.linear(role, l, inner, width, false);
    }
    for (TensorRole role :
        List.of(
            TensorRole.QUERY_CONVOLUTION,
            TensorRole.KEY_CONVOLUTION,
            TensorRole.VALUE_CONVOLUTION)) {
      moves.convolution(role, l, inner, d.kernel(), false, inner, 1L, (long) d.kernel());
    }
    moves.linear(TensorRole.DECAY_A, l, dim, width, false);
    moves.linear(TensorRole.DECAY_B, l, inner, dim, false);
    moves.linear(TensorRole.RECURRENT_BETA, l, heads, width, false);
    moves.linear(TensorRole.GATE_A, l, dim, width, false);
    moves.linear(TensorRole.GATE_B, l, inner, dim, false);
    moves.values(
        TensorRole.DECAY, l, new Long[] {1L, 1L, heads, 1L}, List.of(heads, 1L), Change.MINUS_EXP);
    moves.vector(TensorRole.STEP_BIAS, l, inner);
    moves.norm(TensorRole.RECURRENT_NORM, l, dim, d.norm());
    moves.linear(TensorRole.ATTENTION_OUTPUT, l, width, inner, false);
  }

  void shortConvolution(int l, DecoderSpec.ShortConvolution c) {
    moves.linear(TensorRole.RECURRENT_IN, l, 3 * width, width, c.bias());
    moves.convolution(TensorRole.CONVOLUTION, l, width, c.kernel(), c.bias());
    moves.linear(TensorRole.RECURRENT_OUT, l, width, width, c.bias());
  }
}
