// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.embed;

import io.jishi.base.JishiException;
import io.jishi.model.Pooling;
import io.jishi.tensor.DType;
import io.jishi.tensor.Precision;

/**
 * How an embedder or a reranker runs its model.
 *
 * @param context the most tokens of a text; 0 takes what the model was made for
 * @param threads processors to use; 0 takes all that the process may use
 * @param precision {@code FAST} to run, {@code EXACT} to compare
 * @param queue calls that may wait; one more is refused as busy
 * @param pooling how hidden states become one; null for what the model's files say, else the mean
 *     for encoders and the last token for others
 * @param length whether vectors have length 1
 * @param memory the most bytes that weights, cache and workspace may take together; 0 takes what
 *     the machine or its container has
 */
public record EmbedderOptions(
    int context,
    int threads,
    Precision precision,
    int queue,
    Pooling pooling,
    Length length,
    long memory) {
  /** All processors, FAST, as the model's files say. */
  public static final EmbedderOptions DEFAULT =
      new EmbedderOptions(0, 0, Precision.FAST, 64, null, Length.AS_MADE, 0);

  /** The lengths of vectors. */
  public enum Length {
    /** As the model's files say; 1 where they do not. */
    AS_MADE,
    /** Each vector is divided by its length. */
    ONE,
    /** Vectors stay as they are pooled. */
    RAW
  }

  /** Checks ranges. */
  public EmbedderOptions {
    if (context < 0) {
      throw new JishiException.BadRequest("context", "the context must be at least 0");
    }
    if (threads < 0) {
      throw new JishiException.BadRequest("threads", "the threads must be at least 0");
    }
    if (queue < 0) {
      throw new JishiException.BadRequest("queue", "the queue must hold at least 0 calls");
    }
    if (memory < 0) {
      throw new JishiException.BadRequest("memory", "the memory must be at least 0 bytes");
    }
  }

  /** The same with another context. */
  public EmbedderOptions withContext(int tokens) {
    return new EmbedderOptions(tokens, threads, precision, queue, pooling, length, memory);
  }

  /** The same with other threads. */
  public EmbedderOptions withThreads(int count) {
    return new EmbedderOptions(context, count, precision, queue, pooling, length, memory);
  }

  /** The same with another precision. */
  public EmbedderOptions with(Precision other) {
    return new EmbedderOptions(context, threads, other, queue, pooling, length, memory);
  }

  /** The same with another pooling. */
  public EmbedderOptions with(Pooling other) {
    return new EmbedderOptions(context, threads, precision, queue, other, length, memory);
  }

  /** The same with other lengths of vectors. */
  public EmbedderOptions with(Length other) {
    return new EmbedderOptions(context, threads, precision, queue, pooling, other, memory);
  }

  /** The same with another limit of memory, bytes. */
  public EmbedderOptions withMemory(long bytes) {
    return new EmbedderOptions(context, threads, precision, queue, pooling, length, bytes);
  }

  /** What keys and values are cached as. */
  DType cacheType() {
    return precision == Precision.EXACT ? DType.F32 : DType.F16;
  }
}
