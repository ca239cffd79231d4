// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.util.Arrays;
import java.util.Objects;

/**
 * The tokens of one step, ragged: all tokens of all sequences stand one after another, each with
 * its position. Reused from step to step, so that a decode step allocates nothing. For one thread.
 */
public final class Batch {
  private int[] tokens = new int[16];
  private int[] positions = new int[16];
  private int[] outputs = new int[16];
  private int size;
  private int outputCount;

  private SequenceState[] states = new SequenceState[4];
  private Media[] media = new Media[4];
  private int[] starts = new int[4];
  private int spans;
  private boolean anyMedia;

  /** An empty batch. */
  public Batch() {}

  /** Empties the batch. */
  public void clear() {
    Arrays.fill(states, 0, spans, null);
    Arrays.fill(media, 0, spans, null);
    anyMedia = false;
    size = 0;
    outputCount = 0;
    spans = 0;
  }

  /**
   * Adds tokens that follow what {@code state} holds, and reserves their place in it. A state may
   * be in a batch once.
   *
   * @param logits of how many of the last of these tokens logits are asked
   */
  public void add(SequenceState state, int[] source, int from, int count, int logits) {
    add(state, source, from, count, logits, null);
  }

  /**
   * The same for a sequence that holds other things than tokens.
   *
   * @param other what it holds, or null
   */
  public void add(SequenceState state, int[] source, int from, int count, int logits, Media other) {
    Objects.checkFromIndexSize(from, count, source.length);
    Objects.checkIndex(logits, count + 1);
    for (int s = 0; s < spans; s++) {
      if (states[s] == state) {
        throw new IllegalArgumentException("the sequence is already in this batch");
      }
    }
    int start = state.length();
    state.reserve(count);
    append(state, start, source, from, count, logits, other);
  }

  /**
   * Adds a sequence of its own that no state remembers: its tokens stand at positions from 0 and
   * attend to each other alone. For operations that need no cache, as those of a tape.
   *
   * @param logits of how many of the last of these tokens logits are asked
   */
  public void addSpan(int[] source, int from, int count, int logits) {
    addSpan(source, from, count, logits, null);
  }

  /**
   * The same for a sequence that holds other things than tokens.
   *
   * @param other what it holds, or null
   */
  public void addSpan(int[] source, int from, int count, int logits, Media other) {
    Objects.checkFromIndexSize(from, count, source.length);
    Objects.checkIndex(logits, count + 1);
    append(null, 0, source, from, count, logits, other);
  }

  private void append(
      SequenceState state, int start, int[] source, int from, int count, int logits, Media other) {
    grow(count);
    for (int i = 0; i < count; i++) {
      tokens[size + i] = source[from + i];
      positions[size + i] = start + i;
    }
    for (int i = count - logits; i < count; i++) {
      outputs[outputCount++] = size + i;
    }
    states[spans] = state;
    media[spans] = other;
    anyMedia |= other != null;
    starts[spans] = size;
    spans++;
    size += count;
  }

  /** Makes the tokens of this batch part of their states, once all layers have written them. */
  public void commit() {
    for (int s = 0; s < spans; s++) {
      if (states[s] != null) {
        states[s].advance(spanEnd(s) - starts[s]);
      }
    }
  }

  /** Number of tokens. */
  public int size() {
    return size;
  }

  /** The id of token {@code i}. */
  public int token(int i) {
    return tokens[i];
  }

  /** The position of token {@code i} in its sequence. */
  public int position(int i) {
    return positions[i];
  }

  /** Whether any sequence holds other things than tokens. */
  public boolean media() {
    return anyMedia;
  }

  /** The place of token {@code i} along a rotary axis: its position, unless it is an image's. */
  public int place(int i, int axis) {
    Media other = anyMedia ? media[span(i)] : null;
    return other == null ? positions[i] : other.place(positions[i], axis);
  }

  /**
   * Writes the vector that stands in the place of token {@code i}'s embedding.
   *
   * @return false where none does
   */
  public boolean vector(int i, float[] out) {
    Media other = anyMedia ? media[span(i)] : null;
    return other != null && other.vector(positions[i], out);
  }

  private int span(int token) {
    int found = Arrays.binarySearch(starts, 0, spans, token);
    return found >= 0 ? found : -found - 2;
  }

  /** Number of sequences. */
  public int spans() {
    return spans;
  }

  /** The state of sequence {@code span}, or null where it has none. */
  public SequenceState state(int span) {
    return states[span];
  }

  /** The first token of sequence {@code span}. */
  public int spanStart(int span) {
    return starts[span];
  }

  /** The end (exclusive) of the tokens of sequence {@code span}. */
  public int spanEnd(int span) {
    return span + 1 < spans ? starts[span + 1] : size;
  }

  /** Number of tokens whose logits are asked for. */
  public int outputCount() {
    return outputCount;
  }

  /** The index of the token of output {@code i}. */
  public int output(int i) {
    return outputs[i];
  }

  private void grow(int count) {
    int needed = Math.addExact(size, count);
    if (needed > tokens.length) {
      int capacity = Math.max(needed, tokens.length * 2);
      tokens = Arrays.copyOf(tokens, capacity);
      positions = Arrays.copyOf(positions, capacity);
      outputs = Arrays.copyOf(outputs, capacity);
    }
    if (spans == states.length) {
      states = Arrays.copyOf(states, spans * 2);
      media = Arrays.copyOf(media, spans * 2);
      starts = Arrays.copyOf(starts, spans * 2);
    }
  }
}
