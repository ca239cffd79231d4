// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.loss;

import io.jishi.tensor.Weight;
import io.jishi.train.tape.PackedWeight;
import io.jishi.train.tape.Rows;
import io.jishi.train.tape.States;
import io.jishi.train.tape.Trainable;
import io.jishi.train.tape.WeightProducts;
import java.lang.foreign.MemorySegment;

/**
 * Logits of chosen tokens, some at a time: those of a whole batch are never kept. A chunk's logits
 * are turned into their gradients, which go back at once.
 */
final class Vocabulary {
  /** Logits of a chunk: enough rows that the gradient of the matrix is not the bottleneck. */
  private static final int CHUNK_FLOATS = 4 << 20;

  /** Of fewer rows, reading the matrix for its three products takes longer than they do. */
  private static final int LEAST_ROWS = 256;

  /** Works on the logits of a chunk of rows and leaves their gradients in their place. */
  @FunctionalInterface
  interface Work {
    /**
     * Does it.
     *
     * @param logits {@code [count, vocabulary]}
     * @param first the chunk's first row in the order of the chosen tokens
     */
    void run(MemorySegment logits, int first, int count);
  }

  private Vocabulary() {}

  private static int chunk(int vocabulary, int tokens) {
    return Math.min(tokens, Math.max(LEAST_ROWS, CHUNK_FLOATS / vocabulary));
  }

  /** Bytes of scratch memory that {@link #run} takes for so many tokens. */
  static long scratchBytes(States states, int tokens) {
    return places(states, tokens).end;
  }

  /**
   * Where in the scratch memory things are, in bytes; before them the room to decode a frozen
   * matrix.
   *
   * @param most rows of a chunk
   * @param logits {@code [most, vocabulary]}
   * @param rows twice {@code [most, width]}: rows that do not stand side by side
   * @param capped logits before their gradient, where a cap's slope follows from them
   * @param packed the matrix
   */
  private record Places(int most, long logits, long rows, long capped, long packed, long end) {}

  private static Places places(States states, int tokens) {
    Weight weight = states.output().weights().getFirst();
    int most = chunk(weight.rows(), tokens);
    long bytes = 4L * most * weight.rows();
    long logits = WeightProducts.scratchBytes(weight);
    long rows = logits + bytes;
    long capped = rows + 8L * most * weight.cols();
    long packed = capped + (states.head().softCap() == 0 ? 0 : bytes);
    int parts = Math.ceilDiv(tokens, Math.max(1, most));
    long end = packed + PackedWeight.scratchBytes(states.machine(), weight, parts);
    return new Places(most, logits, rows, capped, packed, end);
  }

  /**
   * Runs {@code work} over the logits of tokens.
   *
   * @param tokens their indices, ascending
   * @param learning whether work leaves gradients that are to go back
   */
  static void run(States states, int[] tokens, boolean learning, Work work) {
    Weight weight = states.output().weights().getFirst();
    Weight bias = states.output().biases().getFirst();
    if (states.output().weights().size() != 1) {
      throw new IllegalArgumentException("an output of several weights");
    }
    int vocabulary = weight.rows();
    int width = weight.cols();
    Places places = places(states, states.examples().tokens().length);
    int most = places.most;
    MemorySegment logits = states.machine().scratch(places.logits, 4L * most * vocabulary);
    MemorySegment rows = states.machine().scratch(places.rows, 8L * most * width);
    LogitHead head = new LogitHead(states.machine(), states.head(), places.capped);
    int parts = Math.ceilDiv(tokens.length, most);
    PackedWeight packed = PackedWeight.of(states.machine(), weight, parts, learning, places.packed);
    for (int first = 0; first < tokens.length; first += most) {
      int n = Math.min(most, tokens.length - first);
      boolean together = tokens[first + n - 1] - tokens[first] == n - 1;
      MemorySegment x = gather(states, tokens, first, n, together, rows, width);
      packed.forward(n, x, logits);
      if (bias != null) {
        addBias(states, logits, n, bias);
      }
      head.forward(logits, n, vocabulary, learning);
      work.run(logits, first, n);
      if (learning) {
        head.backward(logits, n, vocabulary);
        back(states, tokens, first, n, together, x, logits, rows, weight, packed);
        Trainable trainedBias = bias == null ? null : states.trained(bias);
        if (trainedBias != null) {
          Rows.columnSums(
              states.machine(), logits, n, vocabulary, 0, vocabulary, trainedBias.summed());
        }
      }
    }
  }

  private static MemorySegment gather(
      States states,
      int[] tokens,
      int first,
      int n,
      boolean together,
      MemorySegment to,
      int width) {
    MemorySegment hidden = states.hidden(States.LAST).data();
    long bytes = 4L * width;
    if (together) {
      return hidden.asSlice(tokens[first] * bytes, n * bytes);
    }
    for (int r = 0; r < n; r++) {
      MemorySegment.copy(hidden, tokens[first + r] * bytes, to, r * bytes, bytes);
    }
    return to;
  }

  private static void back(
      States states,
      int[] tokens,
      int first,
      int n,
      boolean together,
      MemorySegment x,
      MemorySegment dLogits,
      MemorySegment rows,
      Weight weight,
      PackedWeight packed) {
    int width = weight.cols();
    int vocabulary = weight.rows();
    Trainable trained = states.trained(weight);
    if (trained != null) {
      WeightProducts.weight(states.machine(), n, dLogits, vocabulary, x, trained);
    }
    MemorySegment dx = states.gradient(States.LAST);
    if (dx == null) {
      return;
    }
    long bytes = 4L * width;
    if (together) {
      MemorySegment to = dx.asSlice(tokens[first] * bytes, n * bytes);
      packed.input(n, dLogits, to, true);
      return;
    }
    MemorySegment part = rows.asSlice(rows.byteSize() / 2, n * bytes);
    packed.input(n, dLogits, part, false);
    float[] a = new float[width];
    float[] b = new float[width];
    for (int r = 0; r < n; r++) {
      long at = (long) tokens[first + r] * width;
      Rows.read(part, (long) r * width, a, width);
      Rows.read(dx, at, b, width);
      for (int i = 0; i < width; i++) {
        b[i] += a[i];
      }
      Rows.write(b, dx, at, width);
    }
  }

  private static void addBias(States states, MemorySegment logits, int rows, Weight bias) {
    int n = bias.cols();
    float[] values = new float[n];
    bias.vector(values);
    Rows.each(
        states.machine(),
        rows,
        (from, to, lane) -> {
          lane.room(n, 0);
          for (int r = from; r < to; r++) {
            Rows.read(logits, (long) r * n, lane.a, n);
            for (int i = 0; i < n; i++) {
              lane.a[i] += values[i];
            }
            Rows.write(lane.a, logits, (long) r * n, n);
          }
        });
  }
}
