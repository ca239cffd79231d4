// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Linear;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import io.jishi.tensor.Weight;
import java.util.List;

/**
 * The one forward pass that runs every {@link DecoderSpec}: for inference, and under a tape for
 * training. Immutable; safe for use by several threads, each with its own {@link Ops}.
 */
public final class Decoder {
  private final DecoderSpec spec;
  private final Weight embedding;
  private final List<Layer> layers;
  private final Weight norm;
  private final Linear output;

  /** One layer with its weights: the gains of its two norms, its mixer, its channel. */
  record Layer(Weight mixerNorm, Mixer mixer, Weight channelNorm, Channel channel) {}

  Decoder(DecoderSpec spec, Weight embedding, List<Layer> layers, Weight norm, Linear output) {
    this.spec = spec;
    this.embedding = embedding;
    this.layers = List.copyOf(layers);
    this.norm = norm;
    this.output = output;
  }

  /** What this decoder is. */
  public DecoderSpec spec() {
    return spec;
  }

  /** What the state of a sequence holds, with a cache of that type. */
  public StateSpec stateSpec(DType cache) {
    return new StateSpec(spec.layers().stream().map(l -> stateLayer(l.mixer(), cache)).toList());
  }

  private static StateSpec.Layer stateLayer(DecoderSpec.Mixer mixer, DType cache) {
    return switch (mixer) {
      case DecoderSpec.GroupedAttention a -> {
        int width = a.kvHeads() * a.headDim();
        yield new StateSpec.Rows(width, width, cache);
      }
    };
  }

  /**
   * Runs the tokens of a batch and appends them to their states.
   *
   * @return logits {@code [batch.outputCount(), vocabulary]}, valid until the next step of {@code
   *     ops}
   */
  public Tensor forward(Ops ops, Batch batch, Precision precision) {
    return ops.linear(hidden(ops, batch, precision, LayerObserver.NONE), output, precision);
  }

  /**
   * The pass without its last product: heads of other kinds stand on what it gives.
   *
   * @param observer is shown the hidden state behind each layer
   * @return the normed hidden state {@code [batch.outputCount(), width]} that {@link #output} takes
   */
  public Tensor hidden(Ops ops, Batch batch, Precision precision, LayerObserver observer) {
    ops.begin(batch);
    Tensor x = ops.embed(embedding, batch);
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      Tensor normed = ops.rmsNorm(x, layer.mixerNorm, spec.eps());
      Tensor mixed = layer.mixer.apply(ops, normed, batch, precision);
      ops.release(normed);
      Tensor h = add(ops, x, mixed);
      normed = ops.rmsNorm(h, layer.channelNorm, spec.eps());
      Tensor channelled = layer.channel.apply(ops, normed, precision);
      ops.release(normed);
      x = add(ops, h, channelled);
      observer.layer(i, x);
    }
    batch.commit();
    Tensor last = ops.outputs(x, batch);
    return ops.rmsNorm(last, norm, spec.eps());
  }

  /** The product that turns {@link #hidden} into logits. */
  public Linear output() {
    return output;
  }

  /** {@code a + b}, which are not needed any more. */
  private static Tensor add(Ops ops, Tensor a, Tensor b) {
    Tensor sum = ops.add(a, b);
    ops.release(a);
    ops.release(b);
    return sum;
  }
}
