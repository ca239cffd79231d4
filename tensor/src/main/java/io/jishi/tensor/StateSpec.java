// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a sequence's state holds, slot by slot.
 *
 * @param layers one entry for each thing that a model remembers; a layer of the model may have none
 *     or several
 */
public record StateSpec(List<Layer> layers) {
  /** Tokens per block; keys are reduced block by block at absolute positions. */
  public static final int BLOCK = 64;

  /** What keys and values can be cached as. */
  public static final Set<DType> CACHED =
      Collections.unmodifiableSet(EnumSet.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0));

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
   * @param type F32, F16, BF16, or Q8_0: signed bytes with an F32 scale for each group
   * @param group neighbouring numbers of a token that share a scale, where bytes are cached; they
   *     never belong to two heads
   */
  public record Rows(int keyWidth, int valueWidth, DType type, int group) implements Layer {
    /** Fewer numbers than these save nothing over half precision. */
    private static final int LEAST_GROUP = 4;

    /** The most numbers that share a scale. */
    private static final int MOST_GROUP = 32;

    /** Refuses types that a cache cannot hold, and bytes without groups. */
    public Rows {
      if (!CACHED.contains(type)) {
        throw new IllegalArgumentException("a cache of " + type + " is not supported");
      }
      if (group <= 0 || keyWidth % group != 0 || valueWidth % group != 0) {
        throw new IllegalArgumentException(
            "groups of " + group + " do not divide " + keyWidth + " and " + valueWidth);
      }
      if (type == DType.Q8_0 && (group < LEAST_GROUP || Integer.bitCount(group) != 1)) {
        throw new IllegalArgumentException("a cache of bytes needs groups of 4, 8, 16 or 32");
      }
    }

    /** Rows whose numbers share no scales: no cache of bytes. */
    public Rows(int keyWidth, int valueWidth, DType type) {
      this(keyWidth, valueWidth, type, 1);
    }

    /** The largest group that never crosses a multiple of any of the sizes, heads for example. */
    public static int group(int... sizes) {
      int group = MOST_GROUP;
      for (int size : sizes) {
        group = Math.min(group, Integer.lowestOneBit(size));
      }
      return group;
    }

    /** Whether rows like these can be cached as that type. */
    public boolean allows(DType other) {
      return CACHED.contains(other) && (other != DType.Q8_0 || group >= LEAST_GROUP);
    }

    /** The same rows as another type. */
    public Rows as(DType other) {
      return new Rows(keyWidth, valueWidth, other, group);
    }

    /** Bytes of the keys of one block, scales included. */
    public long keyBytes() {
      return BLOCK * tokenBytes(keyWidth);
    }

    /** Where in the keys of a block their scales begin, bytes. */
    public long keyScales() {
      return scales(keyWidth);
    }

    /** Where in the values of a block their scales begin, bytes. */
    public long valueScales() {
      return scales(valueWidth);
    }

    /** Bytes of one token. */
    public long tokenBytes() {
      return tokenBytes(keyWidth) + tokenBytes(valueWidth);
    }

    /** Bytes of one number, without its share of a scale. */
    public int size() {
      return type == DType.Q8_0 ? 1 : type.blockBytes();
    }

    private long scales(int width) {
      return (long) BLOCK * width * size();
    }

    private long tokenBytes(int width) {
      return (long) width * size() + (type == DType.Q8_0 ? (long) Float.BYTES * width / group : 0);
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

  /** Bytes that one token more takes, its share of a block. */
  public long tokenBytes() {
    return blockBytes() / BLOCK;
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
