// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Backend;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Weight;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Builds the decoder of a spec over the tensors of a file. */
final class DecoderLoader {
  /**
   * Tensors that some files carry and no forward pass needs: they follow from the configuration.
   */
  private static final Set<String> DERIVED =
      Set.of("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight");

  private static final List<String> DERIVED_SUFFIXES =
      List.of(
          ".rotary_emb.inv_freq",
          ".attention.bias",
          ".attention.masked_bias",
          "rope_freqs.weight",
          "embeddings.position_ids",
          "cls.seq_relationship.weight", // whether two sentences follow: of BERT's first training
          "cls.seq_relationship.bias");

  private final DecoderSpec spec;
  private final Tensors tensors;
  private final Linears linears;
  private final MixerLoader mixers;
  private final RecurrentLoader recurrent;
  private final ChannelLoader channels;
  private final List<StateSpec.Layer> slots = new ArrayList<>();
  private final Map<TensorRole, Norm> norms = new HashMap<>();

  /**
   * Ready to load.
   *
   * @param checkpoint how the file stores tensors
   * @param pack whether weights may be copied into the backend's own layout
   * @param packExperts whether experts may be too
   */
  DecoderLoader(
      DecoderSpec spec,
      WeightFile file,
      Checkpoint checkpoint,
      Backend backend,
      Arena arena,
      boolean pack,
      boolean packExperts) {
    this.spec = spec;
    tensors = new Tensors(file, checkpoint, backend, arena, pack);
    linears = new Linears(tensors);
    mixers = new MixerLoader(tensors, spec, linears, slots);
    recurrent = new RecurrentLoader(tensors, spec, linears, slots);
    channels = new ChannelLoader(tensors, linears, spec.width(), packExperts);
  }

  Decoder load() {
    Weight table = tensors.stored(embeddingRole(), 0, spec.vocabulary(), spec.width());
    Linear output;
    if (spec.head() == null) {
      output = null;
    } else if (spec.tiedOutput()) {
      Weight prepared = tensors.prepared(table);
      output = Linear.of(List.of(prepared), Arrays.asList(outputBias()));
      table = prepared; // one copy in memory, not two
    } else {
      output = Linear.of(List.of(outputMatrix()), Arrays.asList(outputBias()));
    }
    List<Decoder.Block> blocks = layers().stream().flatMap(List::stream).toList();
    Norm norm =
        spec.norm() == null
            ? null
            : norm(0, new DecoderSpec.Place(TensorRole.FINAL_NORM, spec.norm()));
    Decoder.Embedding embedding = embedding(table);
    Summary summary = spec.summary() == null ? null : summary(spec.summary());
    MaskedHead masked = spec.masked() == null ? null : masked(spec.masked(), table);
    tensors.refuseUnused(spec.architecture(), derived(), DERIVED_SUFFIXES);
    return new Decoder(
        spec,
        embedding,
        blocks,
        norm,
        output,
        summary,
        masked,
        slots,
        mixers.ropes(),
        tensors.origins(),
        tensors.places());
  }

  /** Whether no forward pass needs a tensor of that name, of whatever model. */
  static boolean derived(String name) {
    return DERIVED.contains(name) || DERIVED_SUFFIXES.stream().anyMatch(name::endsWith);
  }

  /** The blocks of each layer. */
  List<List<Decoder.Block>> layers() {
    List<List<Decoder.Block>> layers = new ArrayList<>();
    for (int l = 0; l < spec.layers().size(); l++) {
      norms.clear();
      List<Decoder.Block> blocks = new ArrayList<>();
      List<DecoderSpec.Block> own = spec.layers().get(l).blocks();
      for (int b = 0; b < own.size(); b++) {
        blocks.add(block(l, own.get(b), b == own.size() - 1));
      }
      layers.add(blocks);
    }
    norms.clear();
    return layers;
  }

  Tensors tensors() {
    return tensors;
  }

  Linears linears() {
    return linears;
  }

  private Set<String> derived() {
    Set<String> derived = new HashSet<>(DERIVED);
    if (spec.tiedOutput()) {
      // Some converters write the tied matrix a second time.
      derived.add(tensors.checkpoint().weight(TensorRole.OUTPUT, 0));
    }
    if (spec.masked() != null) {
      Checkpoint names = tensors.checkpoint();
      derived.add(names.bias(TensorRole.MASKED_OUT, 0)); // the other bias under its old name
      if (spec.masked().tied()) {
        derived.add(names.weight(TensorRole.MASKED_OUT, 0));
      }
    }
    return derived;
  }

  /** Safetensors keep one copy of tied matrices, under either name. */
  private TensorRole embeddingRole() {
    return spec.tiedOutput() && !tensors.has(TensorRole.EMBEDDING, 0)
        ? TensorRole.OUTPUT
        : TensorRole.EMBEDDING;
  }

  private Weight outputBias() {
    return spec.head().bias() ? tensors.bias(TensorRole.OUTPUT, 0, spec.vocabulary()) : null;
  }

  private Weight outputMatrix() {
    Weight stored = tensors.stored(TensorRole.OUTPUT, 0, spec.vocabulary(), spec.width());
    return tensors.prepared(
        spec.head().unitRows()
            ? tensors.changed(stored, Origin.Change.UNIT, stored.rows(), stored.cols())
            : stored);
  }

  private Decoder.Embedding embedding(Weight table) {
    DecoderSpec.Embedding e = spec.embedding();
    return new Decoder.Embedding(
        table,
        e.positions() == 0 ? null : positions(e),
        e.types() == 0 ? null : tensors.stored(TensorRole.TOKEN_TYPES, 0, e.types(), spec.width()),
        e.norm() == null
            ? null
            : norm(0, new DecoderSpec.Place(TensorRole.EMBEDDING_NORM, e.norm())));
  }

  /** The rows of positions alone. */
  private Weight positions(DecoderSpec.Embedding e) {
    int rows = e.positions() + e.skipped();
    Weight all = tensors.stored(TensorRole.POSITIONS, 0, rows, spec.width());
    int[] used = new int[e.positions()];
    Arrays.setAll(used, i -> e.skipped() + i);
    return tensors.rows(all, all.name(), used);
  }

  private Summary summary(DecoderSpec.Summary s) {
    TensorRole first =
        switch (s.steps().getFirst()) {
          case DecoderSpec.Dense d -> d.role();
          case DecoderSpec.Normed n -> n.place().role();
          case DecoderSpec.Tanh _ -> throw new IllegalArgumentException("no weights first");
        };
    if (s.optional() && !tensors.has(first, 0)) {
      return null;
    }
    return new Summary(s.pooling(), steps(s.steps()));
  }

  /** The head for masked tokens, where the file has it. */
  private MaskedHead masked(DecoderSpec.Masked m, Weight table) {
    if (!tensors.has(TensorRole.MASKED, 0)) {
      return null;
    }
    int vocabulary = spec.vocabulary();
    Weight matrix =
        m.tied()
            ? table // as stored: whoever wants vectors alone shall not pay for a packed copy
            : tensors.matrix(TensorRole.MASKED_OUT, 0, vocabulary, spec.width());
    Weight bias = m.bias() ? tensors.vector(TensorRole.MASKED_BIAS, 0, vocabulary) : null;
    return new MaskedHead(steps(m.steps()), Linear.of(List.of(matrix), Arrays.asList(bias)));
  }

  private List<Summary.Step> steps(List<DecoderSpec.Step> all) {
    List<Summary.Step> steps = new ArrayList<>();
    int width = spec.width();
    for (DecoderSpec.Step step : all) {
      switch (step) {
        case DecoderSpec.Dense d -> {
          int out = d.out() == 0 ? tensors.outputs(d.role()) : d.out();
          Linear linear = linears.linear(0, d.role(), out, width, d.bias());
          steps.add(new Summary.Dense(linear, d.activation()));
          width = out;
        }
        case DecoderSpec.Normed n ->
            steps.add(
                new Summary.Normed(linears.norm(n.place().role(), 0, width, n.place().norm())));
        case DecoderSpec.Tanh _ -> steps.add(new Summary.Tanh());
      }
    }
    return steps;
  }

  private Decoder.Block block(int l, DecoderSpec.Block block, boolean last) {
    List<Decoder.Branch> branches = new ArrayList<>();
    for (DecoderSpec.Branch b : block.branches()) {
      branches.add(
          new Decoder.Branch(
              norm(l, b.pre()), b.inScale(), part(l, b.part()), b.outScale(), norm(l, b.post())));
    }
    return new Decoder.Block(block.multiplier(), branches, norm(l, block.post()), l, last);
  }

  /** A norm, the same object for all branches of a layer that name it. */
  private Norm norm(int l, DecoderSpec.Place place) {
    return place == null
        ? null
        : norms.computeIfAbsent(
            place.role(), role -> linears.norm(role, l, spec.width(), place.norm()));
  }

  Part part(int l, DecoderSpec.Part part) {
    return switch (part) {
      case DecoderSpec.GroupedAttention a -> mixers.grouped(l, a);
      case DecoderSpec.BidirectionalAttention a -> mixers.bidirectional(l, a);
      case DecoderSpec.LatentAttention a -> mixers.latent(l, a);
      case DecoderSpec.Mamba m -> recurrent.mamba(l, m);
      case DecoderSpec.Mamba2 m -> recurrent.mamba2(l, m);
      case DecoderSpec.GatedDelta d -> recurrent.gatedDelta(l, d);
      case DecoderSpec.ChannelDelta d -> recurrent.channelDelta(l, d);
      case DecoderSpec.ShortConvolution c -> recurrent.shortConvolution(l, c);
      case DecoderSpec.TimeMix t -> recurrent.timeMix(l, t);
      case DecoderSpec.ChannelMix c -> recurrent.channelMix(l, c);
      case DecoderSpec.FeedForward f -> channels.dense(l, f);
      case DecoderSpec.SharpFeedForward s -> channels.sharp(l, s);
      case DecoderSpec.Mixture m -> channels.mixture(l, m);
    };
  }
}
