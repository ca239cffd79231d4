// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.engine.sampling.Candidates;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Tensor;
import java.util.Arrays;

/**
 * Draws the tokens of several sequences side by side on the engine's threads, ahead of their {@link
 * TokenStream#next}. Each draw depends on its own sequence alone, so neither the number of threads
 * nor their order changes a token; text, forms and ends stay with the driver's thread.
 */
final class Drawing {
  /** Fewer logits than this are drawn from sooner than helpers wake up (about 10 µs). */
  private static final long WORTH_IT = 1 << 16;

  private final Backend backend;
  private final int threads;
  private final int vocabulary;
  private final Candidates[] spaces;
  private final float[][] logits;
  private TokenStream[] streams = new TokenStream[16];
  private int[] rows = new int[16];
  private long[][] masks = new long[16][];
  private int count;

  /**
   * Without draws.
   *
   * @param threads at most, 0 for all
   */
  Drawing(Backend backend, int threads, int vocabulary) {
    this.backend = backend;
    this.threads = threads == 0 ? backend.threads() : Math.min(threads, backend.threads());
    this.vocabulary = vocabulary;
    this.spaces = new Candidates[this.threads];
    this.logits = new float[this.threads][];
  }

  /** Forgets what was added. */
  void clear() {
    Arrays.fill(streams, 0, count, null);
    Arrays.fill(masks, 0, count, null);
    count = 0;
  }

  /** Adds the draw of a stream from a row of logits, where it is to draw at all. */
  void add(TokenStream stream, int row) {
    if (!stream.draws()) {
      return;
    }
    if (count == rows.length) {
      rows = Arrays.copyOf(rows, 2 * count);
      streams = Arrays.copyOf(streams, 2 * count);
      masks = Arrays.copyOf(masks, 2 * count);
    }
    rows[count] = row;
    streams[count++] = stream;
  }

  /** Draws, where that is sooner than one after another. */
  void run(Tensor out) {
    if (threads > 1 && count > 1 && (long) count * vocabulary >= WORTH_IT) {
      for (int i = 0; i < count; i++) {
        masks[i] = streams[i].prepare(); // forms share their caches: not at the same time
      }
      backend.parallel(count, threads, (chunk, worker) -> draw(out, chunk, worker));
    }
  }

  private void draw(Tensor out, int chunk, int worker) {
    if (spaces[worker] == null) {
      spaces[worker] = new Candidates();
      logits[worker] = new float[vocabulary];
    }
    out.read(rows[chunk], 0, logits[worker], 0, vocabulary);
    streams[chunk].drawAhead(logits[worker], masks[chunk], spaces[worker]);
  }
}
