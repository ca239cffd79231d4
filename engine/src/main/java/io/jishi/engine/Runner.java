// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.engine.sampling.Candidates;
import io.jishi.model.Decoder;
import io.jishi.model.Model;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs one job after another on the driver's thread. The state of the last one stays, so that a
 * conversation's next turn computes only what is new.
 */
final class Runner implements AutoCloseable {
  /** Tokens per step of a prefill; between steps a cancellation is seen. */
  static final int CHUNK = 256;

  private final Decoder decoder;
  private final Ops ops;
  private final StatePool pool;
  private final Precision precision;
  private final int context;
  private final Candidates space = new Candidates();
  private final Batch batch = new Batch();
  private final float[] logits;
  private final int[] step = new int[1];
  private final SequenceState state;

  /** The tokens that {@link #state} holds, and room for those to come. */
  private final int[] held;

  Runner(Model model, Ops ops, Precision precision, DType cache, int context) {
    this.decoder = model.decoder();
    this.ops = ops;
    this.precision = precision;
    this.context = context;
    this.pool = new StatePool(decoder.stateSpec(cache), context);
    this.state = pool.newState();
    this.held = new int[context];
    this.logits = new float[decoder.spec().vocabulary()];
  }

  /** Generates to the end, or until the job is cancelled. */
  void run(Job job) {
    long start = System.nanoTime();
    boolean scored = job.request.output().promptLogprobs() >= 0;
    if (scored) {
      state.truncate(0);
    }
    int cached = reuse(job.prompt);
    List<TokenLogprob> prompt = new ArrayList<>();
    boolean ready = prefill(job, cached, scored ? prompt : null);
    long prefilled = System.nanoTime();
    decode(job, ready);
    Usage usage =
        new Usage(
            job.prompt.length,
            cached,
            job.stream.drawn(),
            start - job.queuedAt,
            prefilled - start,
            System.nanoTime() - prefilled);
    job.complete(job.stream.answer(usage, prompt));
  }

  /** Cuts the state to what it shares with the prompt; at least one token is computed anew. */
  private int reuse(int[] prompt) {
    int shared = Arrays.mismatch(prompt, 0, prompt.length - 1, held, 0, state.length());
    if (shared < 0) {
      shared = state.length();
    }
    shared = state.reachable(shared);
    state.truncate(shared);
    return shared;
  }

  /** Computes the prompt; {@code scores}, if not null, takes the probabilities of its tokens. */
  private boolean prefill(Job job, int from, List<TokenLogprob> scores) {
    int[] prompt = job.prompt;
    for (int at = from; at < prompt.length; at += CHUNK) {
      if (job.cancelled()) {
        return false;
      }
      int count = Math.min(CHUNK, prompt.length - at);
      Tensor out = forward(prompt, at, count, scores != null);
      for (int i = 0; scores != null && at + i + 1 < prompt.length && i < count; i++) {
        out.read(i, 0, logits, 0, logits.length);
        int most = job.request.output().promptLogprobs();
        scores.add(TokenLogprob.of(logits, prompt[at + i + 1], most));
      }
      if (out.rows() > 0) {
        out.read(out.rows() - 1, 0, logits, 0, logits.length);
      }
    }
    return true;
  }

  /** Logits after all of these tokens, or after the last one only if it ends the array. */
  private Tensor forward(int[] tokens, int from, int count, boolean all) {
    int at = state.length();
    batch.clear();
    batch.add(state, tokens, from, count, all ? count : from + count == tokens.length ? 1 : 0);
    Tensor out = decoder.forward(ops, batch, precision);
    System.arraycopy(tokens, from, held, at, count);
    return out;
  }

  private void decode(Job job, boolean ready) {
    for (boolean go = ready; go; ) {
      if (job.cancelled()) {
        break;
      }
      int token = job.stream.next(logits, space);
      go = token != TokenStream.END;
      if (go) {
        step[0] = token;
        forward(step, 0, 1, false).read(0, 0, logits, 0, logits.length);
      }
    }
    job.stream.cancel(); // unless it has ended
  }

  /** Raw logits with EXACT precision and an FP32 cache; see {@link Engine#logits}. */
  float[][] logits(int[] tokens, boolean all) {
    float[][] rows = new float[all ? tokens.length : 1][];
    Batch own = new Batch();
    Decoder exactly = decoder.forLength(tokens.length);
    try (StatePool exact = new StatePool(decoder.stateSpec(DType.F32), tokens.length);
        SequenceState fresh = exact.newState()) {
      for (int at = 0; at < tokens.length; at += CHUNK) {
        int count = Math.min(CHUNK, tokens.length - at);
        boolean last = at + count == tokens.length;
        own.clear();
        own.add(fresh, tokens, at, count, all ? count : last ? 1 : 0);
        Tensor out = exactly.forward(ops, own, Precision.EXACT);
        float[] flat = out.data().toArray(ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < out.rows(); i++) {
          rows[all ? at + i : 0] = Arrays.copyOfRange(flat, i * out.cols(), (i + 1) * out.cols());
        }
      }
    }
    return rows;
  }

  /** Forgets the cached sequence: after a failure it may not hold what it says. */
  void reset() {
    state.truncate(0);
  }

  @Override
  public void close() {
    ops.close();
    state.close();
    pool.close();
  }
}
