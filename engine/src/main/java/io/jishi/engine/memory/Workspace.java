// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.memory;

import io.jishi.model.DecoderSpec;
import io.jishi.model.TowerSpec;

/** The most bytes of results that a pass holds at once: hidden states and the widest products. */
public final class Workspace {
  private Workspace() {}

  /**
   * Of a pass through a decoder or an encoder.
   *
   * @param tokens of it
   * @param outputs logits of so many of them
   */
  public static long bytes(DecoderSpec spec, long tokens, long outputs) {
    return (tokens * perToken(spec) + outputs * spec.vocabulary()) * Float.BYTES;
  }

  /**
   * Of a tower, 0 without one.
   *
   * @param tower or null
   * @param patches of one image or tile
   */
  public static long bytes(TowerSpec tower, long patches) {
    if (tower == null) {
      return 0;
    }
    TowerSpec.Projector out = tower.projector();
    long pixels = 3L * tower.patch() * tower.patch() * Math.max(1, tower.frames());
    long token = (long) tower.unit() * tower.unit();
    long values = pixels + perToken(tower.layers());
    return ((patches + 1) * values + patches / token * (out.inner() + out.out())) * Float.BYTES;
  }

  private static long perToken(DecoderSpec spec) {
    long widest = 0;
    for (DecoderSpec.Layer layer : spec.layers()) {
      for (DecoderSpec.Part part : layer.parts()) {
        widest = Math.max(widest, width(part, spec));
      }
    }
    return 3L * spec.width() + widest;
  }

  /** Values of a token that a part holds at once. */
  private static long width(DecoderSpec.Part part, DecoderSpec spec) {
    return switch (part) {
      case DecoderSpec.GroupedAttention a -> (2L * a.heads() + 2L * a.kvHeads()) * a.headDim();
      case DecoderSpec.BidirectionalAttention b ->
          (4L * b.heads().heads() + 4L * b.heads().kvHeads()) * b.heads().headDim();
      case DecoderSpec.LatentAttention a -> 3L * a.heads() * (a.rank() + a.rotary());
      case DecoderSpec.Mamba m -> 8L * m.inner();
      case DecoderSpec.Mamba2 m -> 6L * m.mixed();
      case DecoderSpec.GatedDelta d ->
          4L * (2L * d.keyHeads() * d.keyDim() + d.valueHeads() * d.valueDim());
      case DecoderSpec.ChannelDelta d -> 8L * d.heads() * d.headDim();
      case DecoderSpec.ShortConvolution _ -> 6L * spec.width();
      case DecoderSpec.TimeMix t -> 4L * t.inner();
      case DecoderSpec.FeedForward f -> 3L * f.inner();
      case DecoderSpec.SharpFeedForward s -> 3L * s.inner();
      case DecoderSpec.Mixture m ->
          3L * m.expert().inner()
              + 2L * spec.width()
              + (m.shared() == null ? 0 : 3L * m.shared().inner());
      case DecoderSpec.ChannelMix c -> c.inner() + 2L * spec.width();
    };
  }
}
