// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.cache.PrefixCache;
import io.jishi.engine.sampling.Candidates;
import io.jishi.engine.schedule.Limits;
import io.jishi.engine.schedule.Scheduler;
import io.jishi.engine.schedule.Sequence;
import io.jishi.engine.schedule.Step;
import io.jishi.model.Decoder;
import io.jishi.model.Model;
import io.jishi.model.adapter.BatchAdapters;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.Precision;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import io.jishi.tensor.Tensor;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs the model for all jobs at once: asks the {@link Scheduler} what to compute, computes it in
 * one batch, and lets each job whose logits are there draw a token. Everything but {@link #admit}
 * and {@link #submit} happens on the driver's thread. Longer than other files: a step is to be read
 * from arrival to answer in one place.
 */
final class Runner implements AutoCloseable, Driver.Steps {
  /** The most snapshots of recurrent layers that are kept for each sequence that may run. */
  private static final int SNAPSHOTS_PER_SEQUENCE = 4;

  private final Decoder decoder;
  private final BatchAdapters ops;
  private final Adapters adapters;
  private final Precision precision;
  private final StatePool pool;
  private final PrefixCache cache;
  private final Scheduler<Job> scheduler;
  private final Meter meter;
  private final Speculator speculator;
  private final int places;
  private final AtomicInteger inside = new AtomicInteger();
  private final ConcurrentLinkedQueue<Job> arrived = new ConcurrentLinkedQueue<>();

  /** Callers to be told, once the step that ended their jobs is counted. */
  private final ConcurrentLinkedQueue<Runnable> endings = new ConcurrentLinkedQueue<>();

  private final Candidates space = new Candidates();
  private final Batch batch = new Batch();
  private final Drawing drawing;
  private final float[] logits;
  private volatile boolean closing;
  private volatile boolean stopped;

  /**
   * A runner without jobs.
   *
   * @param cacheTokens that all sequences and the cache of prefixes may hold together, one full
   *     context at least
   */
  Runner(
      Model model,
      BatchAdapters ops,
      Adapters adapters,
      EngineOptions options,
      long cacheTokens,
      Speculator speculator,
      Meter meter) {
    Capacity capacity = options.capacity();
    this.decoder = model.decoder();
    this.ops = ops;
    this.adapters = adapters;
    this.precision = options.precision();
    this.speculator = speculator;
    this.meter = meter;
    this.places = capacity.sequences() + options.queue();
    StateSpec spec = decoder.stateSpec(options.cacheType());
    // One block more than asked for: a sequence of full context may have to copy a shared one.
    this.pool = new StatePool(spec, cacheTokens + StateSpec.BLOCK);
    this.cache = new PrefixCache(pool, snapshots(capacity));
    this.scheduler =
        new Scheduler<>(
            new Limits(
                capacity.sequences(), capacity.chunk(), capacity.mixedChunk(), spec.hasRecurrent()),
            cache);
    this.logits = new float[decoder.spec().vocabulary()];
    this.drawing = new Drawing(Backend.cpu(), options.threads(), logits.length);
    meter.gauge(scheduler, cache);
  }

  /** The most snapshots of recurrent layers that are kept. */
  static int snapshots(Capacity capacity) {
    return SNAPSHOTS_PER_SEQUENCE * capacity.sequences();
  }

  /**
   * Takes places for new jobs, from any thread.
   *
   * @throws JishiException.Busy where too many wait already
   */
  void admit(int count) {
    for (int now = inside.get(); ; now = inside.get()) {
      if (now + count > places) {
        meter.refuse();
        throw new JishiException.Busy(now + " requests are under way already; try again later");
      }
      if (inside.compareAndSet(now, now + count)) {
        return;
      }
    }
  }

  /** Gives back places that no job came to take. */
  void leave(int count) {
    inside.addAndGet(-count);
  }

  /** What was computed, for the driver's thread. */
  PrefixCache cache() {
    return cache;
  }

  /** Whether nobody computes or waits; for the driver's thread. */
  boolean idle() {
    return scheduler.idle() && arrived.isEmpty();
  }

  /** The most jobs that can be under way. */
  int places() {
    return places;
  }

  /** Hands over a job that has a place, from any thread; its siblings come with it. */
  void submit(Job job) {
    arrived.add(job);
    if (stopped) { // nobody looks at what arrived any more
      refuseArrived();
    }
  }

  /** From now on what runs is cancelled and what waits is refused. */
  void closing() {
    closing = true;
  }

  /** The driver has ended: whoever still comes is refused. */
  void stopped() {
    stopped = true;
    refuseArrived();
  }

  private void refuseArrived() {
    for (Job job = arrived.poll(); job != null; job = arrived.poll()) {
      fail(job, Driver.closedError());
    }
    tellEnded();
  }

  private void tellEnded() {
    for (Runnable ending = endings.poll(); ending != null; ending = endings.poll()) {
      ending.run();
    }
  }

  @Override
  public boolean step() {
    try {
      for (Job job = arrived.poll(); job != null; job = arrived.poll()) {
        scheduler.offer(job.sequence);
      }
      sweep();
      compute();
    } catch (Throwable t) { // of our own making: nobody may wait for ever
      collapse(t);
    }
    meter.gauge(scheduler, cache);
    tellEnded();
    return !scheduler.idle() || !arrived.isEmpty();
  }

  /** Ends the jobs that are cancelled, whose time is up, and all once the engine closes. */
  private void sweep() {
    sweep(scheduler.running());
    sweep(scheduler.waiting());
    long now = System.nanoTime();
    for (Sequence<Job> late = scheduler.expired(now); late != null; late = scheduler.expired(now)) {
      end(late.owner(), Answer.Finish.DEADLINE);
    }
  }

  private void sweep(List<Sequence<Job>> sequences) {
    for (int i = sequences.size() - 1; i >= 0; i = Math.min(i, sequences.size()) - 1) {
      Job job = sequences.get(i).owner();
      if (closing && !job.started()) {
        fail(job, Driver.closedError());
      } else if (job.cancelled() || closing) {
        end(job, Answer.Finish.CANCELLED);
      }
    }
  }

  private void compute() {
    Step<Job> step = scheduler.plan();
    if (step.size() == 0) {
      if (!scheduler.idle()) {
        fail(
            scheduler.running().getFirst().owner(),
            new JishiException.OutOfResources(
                "memory ran out: the cache cannot hold one sequence; use a smaller context", null));
      }
      return;
    }
    speculator.guess(scheduler, step);
    StepEvent event = new StepEvent();
    event.begin();
    long start = System.nanoTime();
    int generating = 0;
    int guesses = 0;
    for (int i = 0; i < step.size(); i++) {
      begin(step.sequence(i), start, step.size());
      guesses += step.guesses(i);
      generating += step.count(i) - step.guesses(i) == 1 && step.start(i) > 0 ? 1 : 0;
    }
    if (forward(step)) {
      draw(step);
      scheduler.drawn();
      speculator.done(step);
    }
    meter.step(
        new StepMetrics(
            generating,
            step.size() - generating,
            step.tokens(),
            guesses,
            scheduler.waiting().size(),
            System.nanoTime() - start),
        event);
  }

  private void begin(Sequence<Job> sequence, long now, int sequences) {
    if (!sequence.owner().started()) {
      meter.started(sequence.promptLength(), sequence.found());
    }
    sequence.owner().stepped(now, sequences);
  }

  private Tensor out;

  /** Computes a step; where it fails, the jobs go on one by one and only one pays. */
  private boolean forward(Step<Job> step) {
    try {
      batch.clear();
      ops.clear();
      for (int i = 0; i < step.size(); i++) {
        Sequence<Job> sequence = step.sequence(i);
        int count = step.count(i);
        int outputs = outputs(step, i);
        Job job = sequence.owner();
        batch.add(sequence.state(), sequence.tokens(), step.start(i), count, outputs, job.media);
        adapt(job.adapter, count, outputs);
      }
      out = decoder.forward(ops, batch, precision);
      scheduler.computed();
      return true;
    } catch (Throwable t) { // carried to the caller at fault; the engine goes on
      Sequence<Job> fault = scheduler.failed();
      if (fault != null) {
        fail(fault.owner(), failure(t));
      }
      return false;
    } finally {
      ops.clear();
    }
  }

  private void adapt(Adapters.Use use, int count, int outputs) {
    if (!adapters.none()) {
      BatchAdapters.Loaded adapter = use == null ? null : use.adapter();
      ops.add(adapter, use == null ? 1 : use.scale, count, outputs);
    }
  }

  /** Of how many of the last tokens of a part logits are wanted. */
  private static int outputs(Step<Job> step, int i) {
    if (step.sequence(i).owner().scoring()) {
      return step.count(i);
    }
    return step.completes(i) ? 1 + step.guesses(i) : 0;
  }

  /** Draws what can be drawn side by side. */
  private void drawAhead(Step<Job> step) {
    drawing.clear();
    int row = 0;
    for (int i = 0; i < step.size(); i++) {
      Job job = step.sequence(i).owner();
      row += outputs(step, i);
      if (step.completes(i) && job.beams == null) {
        drawing.add(job.stream, row - 1 - step.guesses(i));
      }
    }
    drawing.run(out);
  }

  private void draw(Step<Job> step) {
    drawAhead(step);
    long now = System.nanoTime();
    int row = 0;
    for (int i = 0; i < step.size(); i++) {
      Job job = step.sequence(i).owner();
      boolean completes = step.completes(i);
      int outputs = outputs(step, i);
      for (int j = 0; job.scoring() && j < outputs; j++) {
        out.read(row + j, 0, logits, 0, logits.length);
        job.score(step.start(i) + j, logits);
      }
      row += outputs;
      if (completes) {
        int at = row - 1 - step.guesses(i);
        if (job.beams != null || !job.siblings.isEmpty() || !job.stream.isDrawn()) {
          out.read(at, 0, logits, 0, logits.length);
        }
        fork(job, now);
        while (draw(job, now)) { // the token was guessed: the logits behind it are there
          out.read(++at, 0, logits, 0, logits.length);
        }
      }
    }
  }

  /** Lets the siblings of a job start where its prompt ends, with the same logits. */
  private void fork(Job job, long now) {
    for (Job sibling : job.siblings) {
      scheduler.fork(job.sequence, sibling.sequence);
    }
    for (Job sibling : job.siblings) {
      if (!sibling.sequence.waiting()) {
        begin(sibling.sequence, now, 1);
        draw(sibling, now);
      }
    }
    job.siblings.clear();
  }

  /**
   * Draws the next token of a job from the logits that were read.
   *
   * @return whether it was guessed and computed ahead
   */
  private boolean draw(Job job, long now) {
    job.prefilled(now);
    if (job.beams != null) {
      choose(job);
      return false;
    }
    int token;
    try {
      token = job.stream.next(logits, space);
    } catch (Throwable t) { // this job's alone
      fail(job, failure(t));
      return false;
    }
    if (token == TokenStream.END) {
      end(job, job.stream.finish());
      return false;
    }
    return job.sequence.append(token);
  }

  /** Lets a beam search choose, where this beam's logits were the last that it lacked. */
  private void choose(Job beam) {
    try {
      if (beam.beams.deliver(beam, logits, scheduler)) {
        end(beam, Answer.Finish.LENGTH);
      }
    } catch (Throwable t) { // this search's alone
      fail(beam, failure(t));
    }
  }

  /** Ends a job with what it has. */
  private void end(Job job, Answer.Finish why) {
    if (job.beams != null) {
      end(job.beams, why);
      return;
    }
    try {
      job.stream.end(why);
    } catch (Throwable t) { // what was held back could not be told apart
      fail(job, failure(t));
      return;
    }
    RequestMetrics metrics = leave(job, job.stream.finish());
    Answer answer = job.stream.answer(metrics.usage(), job.scores == null ? List.of() : job.scores);
    endings.add(() -> job.complete(answer));
  }

  private void end(BeamRun run, Answer.Finish why) {
    run.leave(scheduler);
    RequestMetrics metrics;
    try {
      metrics = run.end(why);
    } catch (Throwable t) { // what was found could not be told apart
      fail(run.lead(), failure(t));
      return;
    }
    left(run.lead(), metrics);
    endings.add(run::tell);
  }

  private void fail(Job job, RuntimeException error) {
    if (job.beams != null) {
      Job lead = job.beams.lead();
      job.beams.leave(scheduler);
      left(lead, lead.metrics(null, 0));
      endings.add(() -> lead.fail(error));
      return;
    }
    leave(job, null);
    endings.add(() -> job.fail(error));
  }

  /** Takes a job out; siblings that waited for its prompt compute it on their own. */
  private RequestMetrics leave(Job job, Answer.Finish finish) {
    scheduler.end(job.sequence);
    speculator.forget(job);
    job.siblings.forEach(sibling -> arrived.add(sibling));
    job.siblings.clear();
    RequestMetrics metrics = job.metrics(finish);
    left(job, metrics);
    return metrics;
  }

  private void left(Job job, RequestMetrics metrics) {
    leave(1);
    adapters.leave(job.adapter);
    meter.ended(metrics);
  }

  /** After an error in the machinery itself: everybody is told, and the engine starts anew. */
  private void collapse(Throwable t) {
    while (!scheduler.idle()) {
      List<Sequence<Job>> left =
          scheduler.running().isEmpty() ? scheduler.waiting() : scheduler.running();
      fail(left.getFirst().owner(), failure(t));
    }
    cache.clear();
  }

  /** A failure as its caller should see it. */
  static RuntimeException failure(Throwable t) {
    return switch (t) {
      case OutOfMemoryError e ->
          new JishiException.OutOfResources("memory ran out: " + e.getMessage(), e);
      case RuntimeException e -> e;
      default -> new IllegalStateException("the engine failed", t);
    };
  }

  @Override
  public void close() {
    speculator.close();
    ops.close();
    cache.clear();
    pool.close();
  }
}
