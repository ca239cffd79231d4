// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Attention;
import io.jishi.tensor.BidirectionalAttention;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Rope;
import io.jishi.tensor.Scores;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Weight;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Builds the attention of a layer over its tensors. */
final class MixerLoader {
  private final Tensors tensors;
  private final DecoderSpec spec;
  private final Linears linears;
  private final List<StateSpec.Layer> slots;
  private final Map<RopeSpec, Rope> ropes = new HashMap<>();

  /**
   * A loader.
   *
   * @param slots of the states; what is built adds its own
   */
  MixerLoader(Tensors tensors, DecoderSpec spec, Linears linears, List<StateSpec.Layer> slots) {
    this.tensors = tensors;
    this.spec = spec;
    this.linears = linears;
    this.slots = slots;
  }

  Mixer grouped(int l, DecoderSpec.GroupedAttention a) {
    int queries = a.heads() * a.headDim();
    int keys = a.kvHeads() * a.headDim();
    DecoderSpec.HeadNorm norm = a.headNorm();
    boolean each =
        norm != null
            && (norm.scope() == DecoderSpec.HeadNorm.Scope.HEAD
                || norm.scope() == DecoderSpec.HeadNorm.Scope.ROTATED_HEAD);
    DecoderSpec.ScoreSpec s = a.scores();
    Scores scores =
        new Scores(
            s.window(),
            s.softCap(),
            s.alibi() == 0 ? null : Alibi.slopes(a.heads(), s.alibi()),
            s.sinks() ? tensors.vector(TensorRole.SINKS, l, a.heads()) : null);
    Attention attention =
        new Attention(
            a.heads(),
            a.kvHeads(),
            a.headDim(),
            rope(a.rope()),
            each ? linears.gain(TensorRole.QUERY_NORM, l, a.headDim(), norm.norm()) : null,
            each ? linears.gain(TensorRole.KEY_NORM, l, a.headDim(), norm.norm()) : null,
            each ? norm.norm().eps() : 0,
            (float) s.scale(),
            each && norm.scope() == DecoderSpec.HeadNorm.Scope.ROTATED_HEAD,
            scores);
    boolean other = norm != null && !each;
    return new Mixer.Grouped(
        slot(Slots.rows(a)),
        input(l, a),
        other ? whole(TensorRole.QUERY_NORM, l, a.heads(), queries, norm) : null,
        other ? whole(TensorRole.KEY_NORM, l, a.kvHeads(), keys, norm) : null,
        attention,
        a.outputGate(),
        linears.linear(l, TensorRole.ATTENTION_OUTPUT, spec.width(), queries, a.outputBias()));
  }

  Mixer bidirectional(int l, DecoderSpec.BidirectionalAttention b) {
    DecoderSpec.GroupedAttention a = b.heads();
    int queries = a.heads() * a.headDim();
    return new Mixer.Bidirectional(
        input(l, a),
        new BidirectionalAttention(
            a.heads(),
            a.kvHeads(),
            a.headDim(),
            rope(a.rope()),
            (float) a.scores().scale(),
            b.reach()),
        linears.linear(l, TensorRole.ATTENTION_OUTPUT, spec.width(), queries, a.outputBias()));
  }

  /** Norms over all columns, whose gains may be stored as {@code [heads, headDim]}. */
  private Norm whole(TensorRole role, int l, int heads, int size, DecoderSpec.HeadNorm norm) {
    boolean own = norm.scope() == DecoderSpec.HeadNorm.Scope.OWN_HEAD;
    Weight gain =
        own ? tensors.flat(role, l, heads, size / heads) : linears.gain(role, l, size, norm.norm());
    return new Norm(norm.norm().kind(), own ? heads : 1, gain, null, norm.norm().eps());
  }

  private Linear input(int l, DecoderSpec.GroupedAttention a) {
    int dim = a.headDim();
    int[] sizes = {a.heads() * dim, a.kvHeads() * dim, a.kvHeads() * dim};
    if (tensors.has(TensorRole.QKV, l)) {
      return packed(l, a, sizes[0] + 2 * sizes[1]);
    }
    if (!a.outputGate()) {
      return linears.joined(
          l,
          spec.width(),
          a.inputBias(),
          List.of(TensorRole.QUERY, TensorRole.KEY, TensorRole.VALUE),
          sizes);
    }
    // Rows of each head's query are followed by those of its gate.
    Weight both = tensors.stored(TensorRole.QUERY, l, 2 * sizes[0], spec.width());
    int[] query = new int[sizes[0]];
    int[] gate = new int[sizes[0]];
    for (int i = 0; i < query.length; i++) {
      query[i] = i / dim * 2 * dim + i % dim;
      gate[i] = query[i] + dim;
    }
    List<Weight> weights = new ArrayList<>();
    weights.add(tensors.prepared(tensors.rows(both, both.name(), query)));
    weights.add(tensors.matrix(TensorRole.KEY, l, sizes[1], spec.width()));
    weights.add(tensors.matrix(TensorRole.VALUE, l, sizes[2], spec.width()));
    weights.add(tensors.prepared(tensors.rows(both, both.name(), gate)));
    return Linear.of(weights, Arrays.asList(null, null, null, null));
  }

  private Linear packed(int l, DecoderSpec.GroupedAttention a, int rows) {
    Weight weight = tensors.stored(TensorRole.QKV, l, rows, spec.width());
    Weight bias = a.inputBias() ? tensors.bias(TensorRole.QKV, l, rows) : null;
    if (tensors.checkpoint().groupedQkv()) {
      int[] order = Checkpoint.ungrouped(a);
      weight = tensors.rows(weight, weight.name(), order);
      bias = bias == null ? null : tensors.values(bias, order);
    }
    return Linear.of(List.of(tensors.prepared(weight)), Arrays.asList(bias));
  }

  Mixer latent(int l, DecoderSpec.LatentAttention a) {
    int dim = a.keyDim() + a.rotary();
    int queries = a.heads() * dim;
    boolean low = a.queryRank() > 0;
    int in = low ? a.queryRank() : spec.width();
    TensorRole queryRole = low ? TensorRole.QUERY_B : TensorRole.QUERY;
    LatentAttention attention =
        new LatentAttention(a.heads(), a.rank(), a.rotary(), rope(a.rope()), (float) a.scale());
    List<Linear> absorb = new ArrayList<>();
    List<Linear> values = new ArrayList<>();
    latentHeads(l, a, absorb, values);
    return new Mixer.Latent(
        slot(Slots.rows(a)),
        low ? linears.linear(l, TensorRole.QUERY_A, a.queryRank(), spec.width(), false) : null,
        low ? linears.norm(TensorRole.QUERY_A_NORM, l, a.queryRank(), a.norm()) : null,
        linears.linear(l, queryRole, queries, in, false),
        linears.linear(l, TensorRole.KV_A, attention.rowWidth(), spec.width(), false),
        linears.norm(TensorRole.KV_A_NORM, l, a.rank(), a.norm()),
        absorb,
        attention,
        values,
        linears.linear(
            l, TensorRole.ATTENTION_OUTPUT, spec.width(), a.heads() * a.valueDim(), false));
  }

  private void latentHeads(
      int l, DecoderSpec.LatentAttention a, List<Linear> absorb, List<Linear> values) {
    boolean split = tensors.has(TensorRole.KEY_B, l);
    Weight[] keys =
        split ? tensors.experts(TensorRole.KEY_B, l, a.heads(), a.rank(), a.keyDim()) : null;
    Weight[] outs =
        split ? tensors.experts(TensorRole.VALUE_B, l, a.heads(), a.valueDim(), a.rank()) : null;
    int head = a.keyDim() + a.valueDim();
    Weight both = split ? null : tensors.stored(TensorRole.KV_B, l, a.heads() * head, a.rank());
    for (int h = 0; h < a.heads(); h++) {
      Weight key = split ? keys[h] : turned(both, h * head, a.keyDim());
      Weight out = split ? outs[h] : part(both, h * head + a.keyDim(), a.valueDim());
      absorb.add(Linear.of(tensors.prepared(widened(key, a))));
      values.add(Linear.of(tensors.prepared(out)));
    }
  }

  private Weight part(Weight both, int from, int count) {
    int[] order = new int[count];
    Arrays.setAll(order, i -> from + i);
    return tensors.rows(both, both.name(), order);
  }

  private Weight turned(Weight both, int from, int count) {
    return tensors.transposed(part(both, from, count));
  }

  /** {@code [rank, keyDim]} with ones for the rotary values, which pass through. */
  private Weight widened(Weight key, DecoderSpec.LatentAttention a) {
    int cols = a.keyDim() + a.rotary();
    Weight wide = tensors.changed(key, Origin.Change.NONE, a.rank() + a.rotary(), cols);
    for (int i = 0; i < a.rotary(); i++) {
      long at = (long) (a.rank() + i) * cols + a.keyDim() + i;
      wide.data().setAtIndex(ValueLayout.JAVA_FLOAT, at, 1);
    }
    return wide;
  }

  private Rope rope(RopeSpec rope) {
    return rope == null ? null : ropes.computeIfAbsent(rope, r -> r.rope(spec.context()));
  }

  /** The rotations that were made, by identity, and what from. */
  Map<Rope, RopeSpec> ropes() {
    Map<Rope, RopeSpec> made = new IdentityHashMap<>();
    ropes.forEach((spec, rope) -> made.put(rope, spec));
    return made;
  }

  private int slot(StateSpec.Layer layer) {
    slots.add(layer);
    return slots.size() - 1;
  }
}
