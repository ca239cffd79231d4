// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.model.Decoder;
import io.jishi.model.Model;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.Tensor;
import io.jishi.text.StreamDecoder;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Set;

/**
 * Runs one job after another on the driver's thread. The state of the last one stays, so that a
 * conversation's next turn computes only what is new.
 */
final class Runner implements AutoCloseable {
  /** Tokens per step of a prefill; between steps a cancellation is seen. */
  static final int CHUNK = 256;

  private final Model model;
  private final Decoder decoder;
  private final Ops ops;
  private final StatePool pool;
  private final Precision precision;
  private final int context;
  private final Set<Integer> endTokens;
  private final Batch batch = new Batch();
  private final float[] logits;
  private final int[] step = new int[1];
  private final SequenceState state;

  /** The tokens that {@link #state} holds, and room for those to come. */
  private final int[] held;

  Runner(Model model, Ops ops, Precision precision, int context) {
    this.model = model;
    this.decoder = model.decoder();
    this.ops = ops;
    this.precision = precision;
    this.context = context;
    this.endTokens = model.defaults().endTokens();
    this.pool = new StatePool(decoder.stateSpec(cacheType(precision)), context);
    this.state = pool.newState();
    this.held = new int[context];
    this.logits = new float[decoder.spec().vocabulary()];
  }

  /** The type of cached keys and values. */
  static DType cacheType(Precision precision) {
    return precision == Precision.EXACT ? DType.F32 : DType.F16;
  }

  /** Generates to the end, or until the job is cancelled. */
  void run(Job job) {
    long start = System.nanoTime();
    int cached = reuse(job.prompt);
    boolean ready = prefill(job, cached);
    long prefilled = System.nanoTime();
    Progress progress = new Progress(job);
    if (ready) {
      decode(job, progress);
    } else {
      progress.finish = Answer.Finish.CANCELLED;
    }
    progress.end();
    Usage usage =
        new Usage(
            job.prompt.length,
            cached,
            progress.drawn,
            start - job.queuedAt,
            prefilled - start,
            System.nanoTime() - prefilled);
    job.complete(
        new Answer(
            progress.text.toString(),
            Arrays.copyOf(progress.tokens, progress.count),
            progress.finish,
            usage));
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

  private boolean prefill(Job job, int from) {
    int[] prompt = job.prompt;
    for (int at = from; at < prompt.length; at += CHUNK) {
      if (job.cancelled()) {
        return false;
      }
      int count = Math.min(CHUNK, prompt.length - at);
      forward(prompt, at, count);
    }
    return true;
  }

  /** Logits after the last of these tokens. */
  private void forward(int[] tokens, int from, int count) {
    int at = state.length();
    batch.clear();
    batch.add(state, tokens, from, count, from + count == tokens.length ? 1 : 0);
    Tensor out = decoder.forward(ops, batch, precision);
    System.arraycopy(tokens, from, held, at, count);
    if (out.rows() > 0) {
      out.read(0, 0, logits, 0, logits.length);
    }
  }

  private void decode(Job job, Progress progress) {
    Sampler sampler = new Sampler(job.sampling);
    int room = context - job.prompt.length;
    int most = job.request.maxTokens() == 0 ? room : Math.min(room, job.request.maxTokens());
    while (progress.drawn < most) {
      if (job.cancelled()) {
        progress.finish = Answer.Finish.CANCELLED;
        return;
      }
      int token = sampler.draw(logits);
      progress.drawn++;
      if (endTokens.contains(token)) {
        progress.finish = Answer.Finish.STOP;
        return;
      }
      if (progress.add(token)) {
        progress.finish = Answer.Finish.STOP;
        return;
      }
      if (progress.drawn < most) {
        step[0] = token;
        forward(step, 0, 1);
      }
    }
    progress.finish = Answer.Finish.LENGTH;
  }

  /** The text of an answer as it grows. */
  private final class Progress {
    final Job job;
    final StreamDecoder decoded;
    final StopMatcher stops;
    final StringBuilder text = new StringBuilder();
    int[] tokens = new int[64];
    int count;
    int drawn;
    Answer.Finish finish;

    Progress(Job job) {
      this.job = job;
      this.decoded = model.tokenizer().streamDecoder(job.continuing);
      this.stops = new StopMatcher(job.request.stop());
    }

    /** Takes a token; says whether a stop text is complete. */
    boolean add(int token) {
      if (count == tokens.length) {
        tokens = Arrays.copyOf(tokens, count * 2);
      }
      tokens[count++] = token;
      emit(stops.append(decoded.append(token)));
      return stops.stopped();
    }

    void end() {
      emit(stops.append(decoded.finish()));
      emit(stops.finish());
      if (stops.stopped() && finish == Answer.Finish.LENGTH) {
        finish = Answer.Finish.STOP;
      }
    }

    private void emit(String piece) {
      text.append(piece);
      job.emit(piece);
    }
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
