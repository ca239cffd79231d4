// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;
import io.jishi.tensor.StateSpec;
import java.nio.file.Path;
import java.util.Objects;

/**
 * How an engine runs its model.
 *
 * @param context the most tokens of prompt and answer together; 0 takes the model's own, at most
 *     {@link #DEFAULT_CONTEXT}
 * @param threads processors to use; 0 takes all that the process may use
 * @param precision {@code FAST} to run, {@code EXACT} to compare
 * @param queue requests that may wait for their turn; one more is refused as busy
 * @param repack whether weights may be copied into the layout that runs fastest, where memory
 *     allows; else they are read from the mapped file
 * @param adapter a low-rank adapter to run the model with: a folder of PEFT or a GGUF file; null
 *     runs the model as it is
 * @param projector the GGUF file of the tower and projector of a model whose own GGUF file is the
 *     language model alone; null takes {@code mmproj-NAME.gguf} beside {@code NAME.gguf}, or the
 *     only such file where the folder has one model
 * @param cache what keys and values are cached as: one of {@link StateSpec#CACHED}, where {@code
 *     Q8_0} is bytes with a scale for every 32 or fewer; null takes F16 under {@code FAST} and F32
 *     under {@code EXACT}
 * @param capacity for how many callers it works at a time
 * @param speculation whether tokens are guessed and computed ahead
 */
public record EngineOptions(
    int context,
    int threads,
    Precision precision,
    int queue,
    boolean repack,
    Path adapter,
    Path projector,
    DType cache,
    Capacity capacity,
    Speculation speculation) {
  /** Unasked, the cache is never made for more tokens than this, whatever the model could do. */
  public static final int DEFAULT_CONTEXT = 4096;

  /** All processors, fast, 64 waiting requests. */
  public static final EngineOptions DEFAULT =
      new EngineOptions(
          0, 0, Precision.FAST, 64, true, null, null, null, Capacity.DEFAULT, Speculation.OFF);

  /** Refuses negative numbers. */
  public EngineOptions {
    Objects.requireNonNull(capacity, "capacity");
    Objects.requireNonNull(speculation, "speculation");
    check(context >= 0, "context", context);
    check(threads >= 0, "threads", threads);
    check(queue >= 0, "queue", queue);
    if (cache != null && !StateSpec.CACHED.contains(cache)) {
      throw new JishiException.BadRequest(
          "cache", "cache must be one of " + StateSpec.CACHED + ", not " + cache);
    }
  }

  private static void check(boolean ok, String field, int value) {
    if (!ok) {
      throw new JishiException.BadRequest(field, field + " must be 0 or more, not " + value);
    }
  }

  /** What keys and values are cached as, once all is decided. */
  public DType cacheType() {
    return cache != null ? cache : precision == Precision.EXACT ? DType.F32 : DType.F16;
  }

  /** The same options with another type of cache; null leaves it to the precision. */
  public EngineOptions withCache(DType type) {
    return new EngineOptions(
        context,
        threads,
        precision,
        queue,
        repack,
        adapter,
        projector,
        type,
        capacity,
        speculation);
  }

  /** The same options with another context. */
  public EngineOptions withContext(int tokens) {
    return new EngineOptions(
        tokens,
        threads,
        precision,
        queue,
        repack,
        adapter,
        projector,
        cache,
        capacity,
        speculation);
  }

  /** The same options with another number of threads. */
  public EngineOptions withThreads(int count) {
    return new EngineOptions(
        context, count, precision, queue, repack, adapter, projector, cache, capacity, speculation);
  }

  /** The same options with another precision. */
  public EngineOptions with(Precision other) {
    return new EngineOptions(
        context, threads, other, queue, repack, adapter, projector, cache, capacity, speculation);
  }

  /** The same options with another length of the queue. */
  public EngineOptions withQueue(int requests) {
    return new EngineOptions(
        context,
        threads,
        precision,
        requests,
        repack,
        adapter,
        projector,
        cache,
        capacity,
        speculation);
  }

  /** The same options with weights repacked or left in the file. */
  public EngineOptions withRepack(boolean yes) {
    return new EngineOptions(
        context, threads, precision, queue, yes, adapter, projector, cache, capacity, speculation);
  }

  /** The same options with an adapter, or without one where it is null. */
  public EngineOptions withAdapter(Path path) {
    return new EngineOptions(
        context, threads, precision, queue, repack, path, projector, cache, capacity, speculation);
  }

  /** The same options with another projector. */
  public EngineOptions withProjector(Path path) {
    return new EngineOptions(
        context, threads, precision, queue, repack, adapter, path, cache, capacity, speculation);
  }

  /** The same options for other numbers of callers. */
  public EngineOptions with(Capacity other) {
    return new EngineOptions(
        context, threads, precision, queue, repack, adapter, projector, cache, other, speculation);
  }

  /** The same options with other guesses. */
  public EngineOptions with(Speculation other) {
    return new EngineOptions(
        context, threads, precision, queue, repack, adapter, projector, cache, capacity, other);
  }
}
