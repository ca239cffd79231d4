// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Norm;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.Rope;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The one forward pass that runs every {@link DecoderSpec}: for inference, and under a tape for
 * training. Immutable; safe for use by several threads, each with its own {@link Ops}.
 */
public final class Decoder {
  private final DecoderSpec spec;
  private final Embedding embedding;
  private final List<Block> blocks;
  private final Norm norm;
  private final Linear output;
  private final Summary summary;
  private final MaskedHead masked;
  private final List<StateSpec.Layer> slots;
  private final Map<Rope, RopeSpec> ropes;
  private final Map<Weight, Origin> origins;
  private final Map<Weight, Origin> places;

  /**
   * The embedding with its weights.
   *
   * @param positions a table of learned positions, or null
   * @param types a table of token types, or null
   * @param norm of the embeddings, or null
   */
  record Embedding(Weight tokens, Weight positions, Weight types, Norm norm) {}

  /**
   * One block of a layer with its weights: {@code y = post(x + multiplier · Σ branch(x))}.
   *
   * @param post or null
   * @param layer whose
   * @param last whether it is that layer's last one
   */
  record Block(float multiplier, List<Branch> branches, Norm post, int layer, boolean last) {}

  /** One branch; norms may be null. */
  record Branch(Norm pre, float inScale, Part part, float outScale, Norm post) {}

  /**
   * A decoder.
   *
   * @param norm before the head, or null
   * @param output the head's matrix, or null
   * @param summary what is made of a sequence, or null
   * @param masked what guesses masked tokens, or null
   * @param slots what the states hold, as F32
   * @param ropes the rotations of its attention, and what they were made from
   * @param origins where weights come from that are parts or changed copies of stored tensors
   * @param places the same of all weights of products
   */
  Decoder(
      DecoderSpec spec,
      Embedding embedding,
      List<Block> blocks,
      Norm norm,
      Linear output,
      Summary summary,
      MaskedHead masked,
      List<StateSpec.Layer> slots,
      Map<Rope, RopeSpec> ropes,
      Map<Weight, Origin> origins,
      Map<Weight, Origin> places) {
    this.spec = spec;
    this.embedding = embedding;
    this.blocks = List.copyOf(blocks);
    this.norm = norm;
    this.output = output;
    this.summary = summary;
    this.masked = masked;
    this.slots = List.copyOf(slots);
    this.ropes = ropes;
    this.origins = origins;
    this.places = places;
  }

  /** What this decoder is. */
  public DecoderSpec spec() {
    return spec;
  }

  /**
   * This decoder for sequences of at most so many tokens: over the same weights, with the rotations
   * that are right for that length; this object itself where they do not depend on it. States must
   * not be passed from one length's decoder to another's.
   */
  public Decoder forLength(int tokens) {
    Map<Rope, RopeSpec> others = new IdentityHashMap<>();
    Map<Rope, Rope> exchange = new IdentityHashMap<>();
    boolean same = true;
    for (Map.Entry<Rope, RopeSpec> entry : ropes.entrySet()) {
      Rope other = entry.getValue().rope(tokens);
      same &= Arrays.equals(other.frequencies(), entry.getKey().frequencies());
      exchange.put(entry.getKey(), other);
      others.put(other, entry.getValue());
    }
    return same
        ? this
        : new Decoder(
            spec,
            embedding,
            blocks.stream().map(block -> exchanged(block, exchange)).toList(),
            norm,
            output,
            summary,
            masked,
            slots,
            others,
            origins,
            places);
  }

  private static Block exchanged(Block block, Map<Rope, Rope> ropes) {
    List<Branch> branches = new ArrayList<>();
    for (Branch b : block.branches) {
      Part part = b.part instanceof Mixer mixer ? mixer.exchanged(ropes) : b.part;
      branches.add(new Branch(b.pre, b.inScale, part, b.outScale, b.post));
    }
    return new Block(block.multiplier, branches, block.post, block.layer, block.last);
  }

  /**
   * What the state of a sequence holds, with a cache of that type: one of {@link StateSpec#CACHED}.
   *
   * @throws JishiException.Unsupported where this model's heads cannot be cached so
   */
  public StateSpec stateSpec(DType cache) {
    return Slots.typed(spec, slots, cache);
  }

  /** Which kinds of attention of this model a backend's kernels cannot do, for people. */
  public Set<String> plainAttention(Backend backend) {
    Set<String> names = new LinkedHashSet<>();
    for (Block block : blocks) {
      for (Branch branch : block.branches) {
        switch (branch.part) {
          case Mixer.Grouped g when !backend.emits(g.attention()) ->
              names.add("attention of " + g.attention().headDim() + " values a head");
          case Mixer.Latent l when !backend.emits(l.attention()) ->
              names.add("attention of " + l.attention().rank() + " latent values");
          case Mixer.Bidirectional b when !backend.emits(b.attention()) ->
              names.add(
                  "attention in both directions of " + b.attention().headDim() + " values a head");
          default -> {}
        }
      }
    }
    return names;
  }

  /**
   * Runs the tokens of a batch and appends them to their states.
   *
   * @throws JishiException.Unsupported where the model has no head: an encoder continues no text
   * @return logits {@code [batch.outputCount(), vocabulary]}, valid until the next step of {@code
   *     ops}
   */
  public Tensor forward(Ops ops, Batch batch, Precision precision) {
    if (output == null) {
      throw new JishiException.Unsupported(
          "'"
              + spec.architecture()
              + "' models are encoders: they continue no text; 'jishi embed' and 'jishi rerank'"
              + " run them");
    }
    Tensor normed = hidden(ops, batch, precision, LayerObserver.NONE);
    Tensor logits = ops.linear(normed, output, precision);
    logits = scaled(ops, logits, spec.head().scale());
    return spec.head().softCap() == 0
        ? logits
        : Part.then(ops, logits, ops.softCap(logits, spec.head().softCap()));
  }

  /**
   * The pass without its last product: heads of other kinds stand on what it gives.
   *
   * @param observer is shown the hidden state behind each layer
   * @return the normed hidden state {@code [batch.outputCount(), width]} that {@link #output} takes
   */
  public Tensor hidden(Ops ops, Batch batch, Precision precision, LayerObserver observer) {
    return hidden(ops, batch, null, precision, observer);
  }

  /**
   * The same with token types.
   *
   * @param types a batch of the same sequences whose tokens are their types; null where all are 0
   */
  public Tensor hidden(
      Ops ops, Batch batch, Batch types, Precision precision, LayerObserver observer) {
    ops.begin(batch);
    Tensor x = embed(ops, batch, types);
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      x = run(ops, x, block, batch, precision);
      if (block.last) {
        observer.layer(block.layer, x);
      }
    }
    batch.commit();
    Tensor asked = ops.outputs(x, batch);
    return norm == null ? asked : ops.norm(asked, norm);
  }

  /** What the model makes of whole sequences, or null where it makes nothing of them. */
  public Summary summary() {
    return summary;
  }

  /** What guesses masked tokens of {@link #hidden}; null where the files have no such head. */
  public MaskedHead masked() {
    return masked;
  }

  /**
   * The product that turns {@link #hidden} into logits, before what the head does to them; null for
   * encoders.
   */
  public Linear output() {
    return output;
  }

  /** The table of the tokens' vectors, {@code [vocabulary, width]}. */
  public Weight tokenEmbedding() {
    return embedding.tokens;
  }

  /**
   * Where weights come from that are not a stored tensor as it is: parts of one, or changed copies.
   * By identity; a trainer keeps such copies true.
   */
  public Map<Weight, Origin> origins() {
    return Collections.unmodifiableMap(origins);
  }

  /**
   * Which stored values each weight of a product was made of, those too that are a stored tensor as
   * it is, and those in a backend's own layout: what adds to a stored tensor finds them by it.
   */
  public Map<Weight, Origin> places() {
    return Collections.unmodifiableMap(places);
  }

  private Tensor embed(Ops ops, Batch batch, Batch types) {
    Tensor x = scaled(ops, ops.embed(embedding.tokens, batch), spec.embedding().scale());
    if (embedding.positions != null) {
      x = sum(ops, x, ops.embedPositions(embedding.positions, batch));
    }
    if (embedding.types != null) {
      x = sum(ops, x, ops.embed(embedding.types, types == null ? zeros(batch) : types));
    }
    return embedding.norm == null ? x : Part.then(ops, x, ops.norm(x, embedding.norm));
  }

  /** The first type for all tokens. */
  private static Batch zeros(Batch batch) {
    Batch zeros = new Batch();
    for (int s = 0; s < batch.spans(); s++) {
      int count = batch.spanEnd(s) - batch.spanStart(s);
      zeros.addSpan(new int[count], 0, count, 0);
    }
    return zeros;
  }

  static Tensor run(Ops ops, Tensor x, Block block, Batch batch, Precision precision) {
    Tensor added = null;
    Tensor normed = null;
    for (int i = 0; i < block.branches.size(); i++) {
      Branch branch = block.branches.get(i);
      if (i == 0 || branch.pre != block.branches.get(i - 1).pre) {
        if (normed != null) {
          ops.release(normed);
        }
        normed = branch.pre == null ? null : ops.norm(x, branch.pre);
      }
      Tensor y = run(ops, normed == null ? x : normed, branch, batch, precision);
      added = added == null ? y : sum(ops, added, y);
    }
    if (normed != null) {
      ops.release(normed);
    }
    Tensor y = sum(ops, x, scaled(ops, added, block.multiplier));
    return block.post == null ? y : Part.then(ops, y, ops.norm(y, block.post));
  }

  private static Tensor run(Ops ops, Tensor in, Branch branch, Batch batch, Precision precision) {
    Tensor scaled = branch.inScale == 1 ? in : ops.scale(in, branch.inScale);
    Tensor y = branch.part.apply(ops, scaled, batch, precision);
    if (scaled != in) {
      ops.release(scaled);
    }
    y = scaled(ops, y, branch.outScale);
    return branch.post == null ? y : Part.then(ops, y, ops.norm(y, branch.post));
  }

  /** {@code factor · x}, which is not needed any more. */
  private static Tensor scaled(Ops ops, Tensor x, float factor) {
    return factor == 1 ? x : Part.then(ops, x, ops.scale(x, factor));
  }

  /** {@code a + b}, which are not needed any more. */
  private static Tensor sum(Ops ops, Tensor a, Tensor b) {
    Tensor sum = ops.add(a, b);
    ops.release(a);
    ops.release(b);
    return sum;
  }
}
