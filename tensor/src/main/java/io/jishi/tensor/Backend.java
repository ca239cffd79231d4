// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor;

import io.jishi.tensor.cpu.CpuBackend;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/** A processor that can hold weights and run the operations of the waist. */
public interface Backend {

  /** This machine's processors. */
  static Backend cpu() {
    return CpuBackend.INSTANCE;
  }

  /** Which kernels run and why, in one line for people. */
  String description();

  /**
   * Memory for the weights of a model, in the kind of pages that is read fastest here; it lives as
   * long as {@code arena}. For one thread at a time.
   */
  SegmentAllocator weightMemory(Arena arena);

  /**
   * The weight in the layout that runs best here.
   *
   * @param memory for a packed copy; outlives the weight
   */
  Weight prepare(Weight stored, SegmentAllocator memory);

  /**
   * New operations.
   *
   * @param threads processors to use, at most all; 0 takes all
   */
  Ops ops(int threads);

  /** Whether attention like this runs by this backend's kernels, where it has any. */
  boolean emits(Attention attention);

  /**
   * Whether attention in both directions like this runs by this backend's kernels, if it has any.
   */
  boolean emits(BidirectionalAttention attention);

  /** Whether latent attention like this runs by this backend's kernels, where it has any. */
  boolean emits(LatentAttention attention);

  /**
   * Measures what the products of one weight type can reach at most, for {@code bench}.
   *
   * @return multiplications and additions per second of {@code threads} processors together
   */
  double measureProducts(DType type, Precision precision, int threads);

  /** Whether {@link #measureProducts} can only estimate, as plain Java must. */
  boolean productsEstimated(DType type, Precision precision);

  /**
   * Reads memory by this backend's own loads; none where it has none.
   *
   * @param bytes of the buffer, more than any cache holds
   */
  Optional<MemoryReader> memoryReader(long bytes, int threads);

  /**
   * Matrix products for training. An object of one thread works on the calling thread alone and
   * never touches the team, with little overhead: for small products of which many run at a time,
   * one object for each worker of {@link TrainingRows#parallel}.
   *
   * @param threads processors to use, at most all; 0 takes all
   * @param inputs what factors are rounded to
   */
  MatrixProducts matrixProducts(int threads, MatrixProducts.Inputs inputs);

  /**
   * Products of attention's tiles for one thread, on which they work alone.
   *
   * @param inputs what factors are rounded to
   */
  TileProducts tileProducts(MatrixProducts.Inputs inputs);

  /**
   * What training does besides matrix products.
   *
   * @param threads processors to use, at most all; 0 takes all
   */
  TrainingRows trainingRows(int threads);

  /**
   * The waist's work on rows, into memory of the caller's.
   *
   * @param threads processors to use, at most all; 0 takes all
   */
  ForwardRows forwardRows(int threads);

  /**
   * Does chunks of work of the caller's own on this backend's threads, in any order, and returns
   * when they are done.
   *
   * @param threads processors to use, at most all; 0 takes all
   */
  void parallel(int chunks, int threads, TrainingRows.Chunk work);

  /** Processors that {@link #ops} takes for 0. */
  int threads();
}
