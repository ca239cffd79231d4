// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import io.jishi.tensor.StateSpec;
import java.util.ArrayList;
import java.util.List;

/** What a sequence's state holds, by the spec alone: before anything is loaded. */
final class Slots {
  /** A past of one token before: RWKV's shift. */
  private static final int SHIFT = 2;

  private Slots() {}

  /**
   * The slots of a model, in the order of their layers.
   *
   * @throws JishiException.Unsupported where the model cannot be cached as that type
   */
  static StateSpec of(DecoderSpec spec, DType cache) {
    List<StateSpec.Layer> slots = new ArrayList<>();
    for (DecoderSpec.Layer layer : spec.layers()) {
      layer.parts().forEach(part -> add(part, spec.width(), slots));
    }
    return typed(spec, slots, cache);
  }

  /** Slots whose rows are of a type; see {@link #of}. */
  static StateSpec typed(DecoderSpec spec, List<StateSpec.Layer> slots, DType cache) {
    List<StateSpec.Layer> typed = new ArrayList<>(slots.size());
    for (StateSpec.Layer slot : slots) {
      switch (slot) {
        case StateSpec.Rows rows when rows.allows(cache) -> typed.add(rows.as(cache));
        case StateSpec.Rows _ ->
            throw new JishiException.Unsupported(
                "a cache of bytes (q8) needs heads of a multiple of 4 values, which those of "
                    + spec.architecture()
                    + " here are not; take a cache of f16 or bf16");
        case StateSpec.Recurrent recurrent -> typed.add(recurrent);
      }
    }
    return new StateSpec(typed);
  }

  /** Keys and values of all heads. */
  static StateSpec.Rows rows(DecoderSpec.GroupedAttention a) {
    int keys = a.kvHeads() * a.headDim();
    return new StateSpec.Rows(keys, keys, DType.F32, StateSpec.Rows.group(a.headDim()));
  }

  /** The latent part and the rotary one. */
  static StateSpec.Rows rows(DecoderSpec.LatentAttention a) {
    int group =
        a.rotary() == 0
            ? StateSpec.Rows.group(a.rank())
            : StateSpec.Rows.group(a.rank(), a.rotary());
    return new StateSpec.Rows(a.rank() + a.rotary(), 0, DType.F32, group);
  }

  private static void add(DecoderSpec.Part part, int width, List<StateSpec.Layer> slots) {
    switch (part) {
      case DecoderSpec.GroupedAttention a -> slots.add(rows(a));
      case DecoderSpec.LatentAttention a -> slots.add(rows(a));
      case DecoderSpec.Mamba m -> {
        slots.add(past(m.inner(), m.kernel()));
        slots.add(floats((long) m.inner() * m.state()));
      }
      case DecoderSpec.Mamba2 m -> {
        slots.add(past(m.mixed(), m.kernel()));
        slots.add(floats((long) m.heads() * m.headDim() * m.state()));
      }
      case DecoderSpec.GatedDelta d -> {
        int inputs = 2 * d.keyHeads() * d.keyDim() + d.valueHeads() * d.valueDim();
        slots.add(past(inputs, d.kernel()));
        slots.add(floats((long) d.valueHeads() * d.keyDim() * d.valueDim()));
      }
      case DecoderSpec.ChannelDelta d -> {
        for (int i = 0; i < 3; i++) { // query, key, value
          slots.add(past(d.heads() * d.headDim(), d.kernel()));
        }
        slots.add(floats((long) d.heads() * d.headDim() * d.headDim()));
      }
      case DecoderSpec.ShortConvolution c -> slots.add(past(width, c.kernel()));
      case DecoderSpec.TimeMix t -> {
        for (int i = 0; i < 3; i++) { // key, value, receptance
          slots.add(past(width, SHIFT));
        }
        slots.add(floats(3L * t.inner())); // sum of values, of weights, largest exponent
      }
      case DecoderSpec.ChannelMix _ -> {
        slots.add(past(width, SHIFT));
        slots.add(past(width, SHIFT));
      }
      case DecoderSpec.BidirectionalAttention _,
          DecoderSpec.FeedForward _,
          DecoderSpec.SharpFeedForward _,
          DecoderSpec.Mixture _ -> {}
    }
  }

  private static StateSpec.Recurrent past(int channels, int kernel) {
    return floats((long) channels * (kernel - 1));
  }

  private static StateSpec.Recurrent floats(long count) {
    return new StateSpec.Recurrent(Float.BYTES * count);
  }
}
