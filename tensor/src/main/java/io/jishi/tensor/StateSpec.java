// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.List;

/**
 * What a sequence's state holds, slot by slot.
 *
 * @param layers one entry for each thing that a model remembers; a layer of the model may have none
 *     or several
 */
public record StateSpec(List<Layer> layers) {
  /** Tokens per block; keys are reduced block by block at absolute positions. */
  public static final int BLOCK = 64;

  /** Copies the list. */
  public StateSpec {
    layers = List.copyOf(layers);
  }

  /** What one layer remembers. */
  public sealed interface Layer permits Rows, Recurrent {}

  /**
   * A key and a value for each token, paged; {@link SequenceState} says how they lie.
   *
   * @param keyWidth numbers of a token's keys, all heads
   * @param valueWidth numbers of a token's values, all heads
   * @param type F32 or F16
   */
  public record Rows(int keyWidth, int valueWidth, DType type) implements Layer {
    /** Refuses types that a cache cannot hold. */
    public Rows {
      if (type != DType.F32 && type != DType.F16) {
        throw new IllegalArgumentException("a cache of " + type + " is not supported");
      }
    }

    /** Bytes of one token. */
    public long tokenBytes() {
      return ((long) keyWidth + valueWidth) * type.blockBytes();
    }
  }

  /**
   * A fixed number of bytes that each token rewrites: convolution, state space, delta rule, token
   * shift.
   */
  public record Recurrent(long bytes) implements Layer {}

  /** Whether any layer cannot be cut back to an earlier token. */
  public boolean hasRecurrent() {
    return layers.stream().anyMatch(Recurrent.class::isInstance);
  }

  /** Bytes of one block: {@link #BLOCK} tokens of all layers with rows. */
  public long blockBytes() {
    long sum = 0;
    for (Layer layer : layers) {
      sum += layer instanceof Rows rows ? Math.multiplyExact(rows.tokenBytes(), BLOCK) : 0;
    }
    return sum;
  }

  /** Bytes of all recurrent layers of one sequence. */
  public long recurrentBytes() {
    return layers.stream().mapToLong(l -> l instanceof Recurrent r ? r.bytes() : 0).sum();
  }

  /** Bytes that one sequence of {@code tokens} tokens takes. */
  public long bytes(int tokens) {
    long blocks = (tokens + BLOCK - 1L) / BLOCK;
    return Math.addExact(Math.multiplyExact(blocks, blockBytes()), recurrentBytes());
  }
}
