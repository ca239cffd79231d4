// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import java.lang.foreign.MemorySegment;

/**
 * What training does to rows of floats besides matrix products. Memory is FP32, row-major and
 * contiguous; a segment may be longer than what is used of it. Results do not depend on the number
 * of threads, to the bit. For one thread at a time.
 *
 * <p>An object of one thread works on the calling thread alone and never touches the team: chunks
 * of {@link #parallel} each use one of their worker's own (and {@link MatrixProducts} of one thread
 * likewise). An object of several threads must not be used within a chunk.
 *
 * <p>All methods throw {@link IndexOutOfBoundsException} where rows do not lie within their
 * segment.
 */
public interface TrainingRows extends AutoCloseable {
  /** A piece of the caller's own work. */
  @FunctionalInterface
  interface Chunk {
    /**
     * Does it.
     *
     * @param chunk which
     * @param worker who works, from 0 to {@link #threads} − 1: no two at a time have the same
     *     number
     */
    void run(int chunk, int worker);
  }

  /** Threads that work here. */
  int threads();

  /** Does all chunks, in any order, and returns when they are done. */
  void parallel(int chunks, Chunk work);

  /**
   * Cross-entropy and its gradient over rows of logits {@code [rows, vocabulary]}. With {@code Z =
   * Σ_j e^x_j} of row r, {@code losses[first + r] = ln Z − x[target]} and {@code logSums[first + r]
   * = ln Z}. The objective is {@code Σ_r weight · (loss + zLoss · ln² Z)} (the second term: PaLM,
   * Chowdhery et al. 2022, §5); where a gradient is asked for it takes the place of the logits:
   * {@code x_j = weight · (p_j · (1 + 2 · zLoss · ln Z) − [j = target])}. Without one the logits
   * are spoilt. A row whose target is negative has loss 0, log-sum 0 and gradient 0.
   *
   * @param targets of rows {@code first} to {@code first + rows − 1}, as are weights, losses and
   *     log-sums
   * @throws IndexOutOfBoundsException also where a target is not below {@code vocabulary}
   */
  void crossEntropy(
      MemorySegment logits,
      int rows,
      int vocabulary,
      int first,
      int[] targets,
      float[] weights,
      float zLoss,
      boolean gradient,
      float[] losses,
      float[] logSums);

  /**
   * The gradients of {@code y = x · f ⊙ gain}, {@code f = 1 / √(mean(x²) + eps)}, over rows {@code
   * [rows, n]}: {@code dx (+)= f · (gain ⊙ dy − x · f² · Σ(gain ⊙ dy ⊙ x) / n)} and {@code dGain +=
   * Σ_r dy ⊙ x · f}.
   *
   * @param dx may be dy where {@code add} is false
   * @param add whether to add to dx rather than to replace it
   * @param dGain {@code [n]}
   */
  void rmsNormBackward(
      MemorySegment x,
      MemorySegment gain,
      float eps,
      MemorySegment dy,
      MemorySegment dx,
      boolean add,
      MemorySegment dGain,
      int rows,
      int n);

  /**
   * The gradient of {@code y = silu(a) ⊙ b}, a row of x being {@code [a, b]}: {@code da = dy ⊙ b ⊙
   * s(a) ⊙ (1 + a ⊙ (1 − s(a)))}, {@code db = dy ⊙ a ⊙ s(a)}, s the logistic function.
   *
   * @param x {@code [rows, 2n]}
   * @param dy {@code [rows, n]}
   * @param dx {@code [rows, 2n]}, replaced; may be x
   */
  void siluGateBackward(MemorySegment x, MemorySegment dy, MemorySegment dx, int rows, int n);

  /** One step of {@link AdamWStep} over {@code count} weights. */
  void adamW(
      AdamWStep step,
      MemorySegment weights,
      MemorySegment gradients,
      MemorySegment means,
      MemorySegment squares,
      long count);

  /** {@code Σ x²}: in FP32 within pieces of fixed size, in double precision across them. */
  double squaredNorm(MemorySegment x, long count);

  /**
   * {@code out[r] = Σ_i a[r, i] · b[r, i]}, on the calling thread.
   *
   * @param aStride floats from row to row, at least n, as is bStride
   * @param n a multiple of {@link TileProducts#UNIT}
   */
  void rowDots(
      MemorySegment a, long aStride, MemorySegment b, long bStride, int rows, int n, float[] out);

  /**
   * Turns the rotary pairs at the start of rows, in place, on the calling thread ({@link
   * RotaryTable#turn}).
   *
   * @param stride floats from row to row, at least the rotary dimensions
   * @param first position of the first row; the others are at successive ones
   * @param back whether to turn by the transpose
   * @throws IndexOutOfBoundsException also where the table does not cover the positions
   */
  void turn(MemorySegment x, long stride, int first, int rows, RotaryTable table, boolean back);

  /** Gives back all memory. */
  @Override
  void close();
}
