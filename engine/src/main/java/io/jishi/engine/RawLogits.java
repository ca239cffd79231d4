// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.model.Decoder;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** One computation of raw logits, on a state of its own; see {@link Engine#logits}. */
final class RawLogits implements Driver.Work {
  private static final int CHUNK = 256;

  private final Decoder decoder;
  private final Ops ops;
  private final int[] tokens;
  private final boolean all;
  private final CompletableFuture<float[][]> result = new CompletableFuture<>();

  RawLogits(Decoder decoder, Ops ops, int[] tokens, boolean all) {
    this.decoder = decoder;
    this.ops = ops;
    this.tokens = tokens;
    this.all = all;
  }

  @Override
  public void run() {
    try {
      result.complete(compute());
    } catch (Throwable t) { // carried to the caller; the engine goes on
      result.completeExceptionally(Runner.failure(t));
    }
  }

  private float[][] compute() {
    float[][] rows = new float[all ? tokens.length : 1][];
    Batch batch = new Batch();
    Decoder exactly = decoder.forLength(tokens.length);
    try (StatePool pool = new StatePool(decoder.stateSpec(DType.F32), tokens.length);
        SequenceState state = pool.newState()) {
      for (int at = 0; at < tokens.length; at += CHUNK) {
        int count = Math.min(CHUNK, tokens.length - at);
        boolean last = at + count == tokens.length;
        batch.clear();
        batch.add(state, tokens, at, count, all ? count : last ? 1 : 0);
        Tensor out = exactly.forward(ops, batch, Precision.EXACT);
        float[] flat = out.data().toArray(ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < out.rows(); i++) {
          rows[all ? at + i : 0] = Arrays.copyOfRange(flat, i * out.cols(), (i + 1) * out.cols());
        }
      }
    }
    return rows;
  }

  @Override
  public void refuse(JishiException.Closed why) {
    result.completeExceptionally(why);
  }

  /** Waits for the result. */
  float[][] await() {
    try {
      return result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the waiting thread was interrupted");
    } catch (ExecutionException e) {
      throw (RuntimeException) e.getCause(); // failure() makes nothing else
    }
  }
}
