// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.base.JishiException;
import io.jishi.model.Checkpoint;
import io.jishi.model.DecoderSpec;
import io.jishi.model.DecoderSpec.Branch;
import io.jishi.model.GgufLayout;
import io.jishi.model.GgufLayout.Trait;
import io.jishi.model.TensorRole;
import io.jishi.model.export.Moved.Change;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The ways of all tensors of a model between published files and GGUF, by its spec. */
final class TensorMoves {
  private final DecoderSpec spec;
  private final GgufLayout layout;
  private final Moves moves;
  private final MixerMoves mixers;
  private final ChannelMoves channels;

  private TensorMoves(
      DecoderSpec spec, GgufLayout layout, Checkpoint from, Function<String, List<Long>> shapes) {
    this.spec = spec;
    this.layout = layout;
    this.moves = new Moves(from, layout.checkpoint(spec), shapes);
    this.mixers = new MixerMoves(moves, layout, spec.width());
    this.channels = new ChannelMoves(moves, layout, spec.width());
  }

  /**
   * The ways of a model.
   *
   * @param from how its published files store tensors
   * @param shapes those of published tensors; null for names that it was not published under
   * @param read takes the names of the published tensors that have a way
   */
  static List<Moved> of(
      DecoderSpec spec,
      GgufLayout layout,
      Checkpoint from,
      Function<String, List<Long>> shapes,
      Set<String> read) {
    TensorMoves all = new TensorMoves(spec, layout, from, shapes);
    all.build();
    read.addAll(all.moves.read());
    return all.moves.all();
  }

  private void build() {
    embedding();
    for (int l = 0; l < spec.layers().size(); l++) {
      for (DecoderSpec.Block block : spec.layers().get(l).blocks()) {
        for (Branch branch : block.branches()) {
          moves.norm(branch.pre(), l, spec.width());
          part(l, branch);
          moves.norm(branch.post(), l, spec.width());
        }
        moves.norm(block.post(), l, spec.width());
      }
    }
    if (spec.norm() != null) {
      moves.norm(TensorRole.FINAL_NORM, 0, spec.width(), spec.norm());
    }
    if (spec.head() != null) {
      head(spec.head());
    }
    if (spec.scores()) {
      summary(spec.summary());
    }
  }

  private boolean folded() {
    return layout.is(Trait.FOLDED);
  }

  private void embedding() {
    DecoderSpec.Embedding e = spec.embedding();
    // A table may be published under the name of the output it is tied to.
    TensorRole role =
        moves.has(TensorRole.EMBEDDING, 0) || !spec.tiedOutput()
            ? TensorRole.EMBEDDING
            : TensorRole.OUTPUT;
    float scale = folded() ? e.scale() : 1;
    moves.linear(role, TensorRole.EMBEDDING, 0, spec.vocabulary(), spec.width(), false, scale);
    if (e.positions() > 0) {
      int skipped = e.skipped();
      moves.rows(
          moves.matrix(TensorRole.POSITIONS, 0, e.positions() + skipped, spec.width()),
          null,
          TensorRole.POSITIONS,
          0,
          e.positions(),
          skipped == 0 ? null : row -> row + skipped,
          null);
    }
    if (e.types() > 0) {
      moves.linear(TensorRole.TOKEN_TYPES, 0, e.types(), spec.width(), false);
    }
    if (e.norm() != null) {
      moves.norm(TensorRole.EMBEDDING_NORM, 0, spec.width(), e.norm());
    }
  }

  private void head(DecoderSpec.Head head) {
    if (head.tied()) {
      moves.skip(moves.from.weight(TensorRole.OUTPUT, 0));
    } else if (head.unitRows()) {
      moves.add(
          moves.target(TensorRole.OUTPUT, 0),
          List.of((long) spec.vocabulary(), (long) spec.width()),
          List.of(moves.matrix(TensorRole.OUTPUT, 0, spec.vocabulary(), spec.width())),
          null,
          0,
          Change.UNIT,
          null);
    } else {
      float scale = folded() ? head.scale() : 1;
      moves.linear(
          TensorRole.OUTPUT, TensorRole.OUTPUT, 0, spec.vocabulary(), spec.width(), false, scale);
    }
    if (head.bias()) {
      moves.vector(
          moves.from.bias(TensorRole.OUTPUT, 0),
          moves.targetBias(TensorRole.OUTPUT, 0),
          spec.vocabulary(),
          Change.NONE);
    }
  }

  private void summary(DecoderSpec.Summary summary) {
    int width = spec.width();
    for (DecoderSpec.Step step : summary.steps()) {
      switch (step) {
        case DecoderSpec.Dense d -> {
          int out = d.out() == 0 ? moves.rows(d.role(), 0) : d.out();
          moves.linear(d.role(), 0, out, width, d.bias());
          width = out;
        }
        case DecoderSpec.Normed n -> moves.norm(n.place(), 0, width);
        case DecoderSpec.Tanh _ -> {}
      }
    }
  }

  private void part(int l, Branch b) {
    switch (b.part()) {
      case DecoderSpec.GroupedAttention a -> mixers.grouped(l, a, b);
      case DecoderSpec.BidirectionalAttention a -> mixers.grouped(l, a.heads(), b);
      case DecoderSpec.LatentAttention a -> mixers.latent(l, a);
      case DecoderSpec.Mamba m -> mixers.mamba(l, m);
      case DecoderSpec.Mamba2 m -> mixers.mamba2(l, m, b);
      case DecoderSpec.GatedDelta d -> mixers.gatedDelta(l, d);
      case DecoderSpec.ChannelDelta d -> mixers.channelDelta(l, d);
      case DecoderSpec.ShortConvolution c -> mixers.shortConvolution(l, c);
      case DecoderSpec.FeedForward f -> channels.dense(l, f, b);
      case DecoderSpec.Mixture m -> channels.mixture(l, m);
      case DecoderSpec.TimeMix _, DecoderSpec.ChannelMix _, DecoderSpec.SharpFeedForward _ ->
          throw new JishiException.Unsupported(
              "GGUF has no architecture for models of the kind '" + spec.architecture() + "'");
    }
  }
}
