// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.TileProducts;
import java.lang.foreign.MemorySegment;

/**
 * Scratch memory of one worker's {@link AttentionTiles}: tiles of scores and what becomes of them,
 * the queries of a tile, a block of keys and values, and sums of gradients. Places are the same on
 * every processor.
 */
final class AttentionMemory {
  /** Queries of a tile: what causal attention wastes on its diagonal {@link Bands} say. */
  static final int QUERIES = 64;

  /** Keys of a tile. */
  static final int KEYS = 256;

  /** Keys that are prepared, and whose gradients are summed, at a time. */
  static final int BLOCK = 512;

  final MemorySegment scores;

  /** The gradient of probabilities. */
  final MemorySegment dP;

  /** Probabilities as a left factor. */
  final MemorySegment p;

  /** The gradient of scores as a left factor. */
  final MemorySegment d;

  /** Derivatives of a soft cap; null without one. */
  final MemorySegment slopes;

  /** Queries as a left factor. */
  final MemorySegment queries;

  /** Gradients of results as a left factor. */
  final MemorySegment results;

  /** Queries as a right factor. */
  final MemorySegment queriesDown;

  /** Gradients of results as a right factor. */
  final MemorySegment resultsDown;

  /** Sums of results, or the gradient of queries. */
  final MemorySegment sums;

  /** Keys as a right factor {@code [keyDim, BLOCK]}. */
  final MemorySegment keysAcross;

  /** Values as a right factor {@code [dim, BLOCK]}. */
  final MemorySegment valuesAcross;

  /** Keys, forwards values, as a right factor {@code [BLOCK, keyDim or dim]}. */
  final MemorySegment down;

  /** Gradients of keys. */
  final MemorySegment dKeys;

  /** Gradients of values. */
  final MemorySegment dValues;

  private final MemorySegment all;
  private long used;

  /** Memory in {@code all}, {@link #bytes} long. */
  AttentionMemory(MemorySegment all, int keyDim, int dim, boolean capped) {
    this.all = all;
    scores = take(tile());
    dP = take(tile());
    p = take(tile());
    d = take(tile());
    queries = take(left(keyDim));
    results = take(left(dim));
    queriesDown = take(TileProducts.panelBytes(QUERIES, keyDim));
    resultsDown = take(TileProducts.panelBytes(QUERIES, dim));
    sums = take(left(Math.max(keyDim, dim)));
    keysAcross = take(TileProducts.panelBytes(keyDim, BLOCK));
    valuesAcross = take(TileProducts.panelBytes(dim, BLOCK));
    down = take(TileProducts.panelBytes(BLOCK, Math.max(keyDim, dim)));
    dKeys = take(4L * BLOCK * padded(keyDim));
    dValues = take(4L * BLOCK * padded(dim));
    slopes = capped ? take(tile()) : null;
  }

  /** What it takes. */
  static long bytes(int keyDim, int dim, boolean capped) {
    return new AttentionMemory(MemorySegment.NULL, keyDim, dim, capped).used;
  }

  private MemorySegment take(long bytes) {
    long at = used;
    used += bytes;
    return all.byteSize() == 0 ? MemorySegment.NULL : all.asSlice(at, bytes);
  }

  private static long tile() {
    return 4L * QUERIES * KEYS;
  }

  private static long left(int dim) {
    return 4L * QUERIES * padded(dim);
  }

  /** The next whole number of a tile's columns. */
  static int padded(int n) {
    return Math.ceilDiv(n, TileProducts.UNIT) * TileProducts.UNIT;
  }
}
