// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import io.jishi.tensor.Batch;
import io.jishi.tensor.LatentAttention;
import io.jishi.tensor.Tensor;

/**
 * Reads the queries and rows of latent attention and turns their rotary parts. Once {@link #prepare
 * prepared} for a layer, several threads may ask.
 */
public final class LatentRows {
  private final RotaryTable rotary = new RotaryTable();
  private LatentAttention spec;

  /** Nothing is known yet. */
  public LatentRows() {}

  /** A new step: other positions. */
  public void begin() {
    rotary.begin();
  }

  /** Makes the angles of a step, if they are not there. */
  public void prepare(LatentAttention what, Batch batch) {
    spec = what;
    if (spec.rope() != null) {
      rotary.prepare(spec.rope(), batch);
    }
  }

  /** Reads the queries of token {@code t}, all heads, to {@code out[at …]}. */
  public void queries(Tensor query, int t, float[] out, int at) {
    query.read(t, 0, out, at, spec.queryWidth());
    for (int h = 0; spec.rope() != null && h < spec.heads(); h++) {
      rotary.turn(t, out, at + h * spec.rowWidth() + spec.rank());
    }
  }

  /** Reads the row of token {@code t}. */
  public void row(Tensor rows, int t, float[] out) {
    rows.read(t, 0, out, 0, spec.rowWidth());
    if (spec.rope() != null) {
      rotary.turn(t, out, spec.rank());
    }
  }
}
