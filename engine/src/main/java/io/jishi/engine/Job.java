// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.schedule.CacheKey;
import io.jishi.engine.schedule.Sequence;
import io.jishi.tensor.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * One request on its way: the driver writes, the caller reads. What is read slowly waits here, as
 * text, of which there is no more than one answer: a slow reader holds up nobody.
 */
final class Job implements Generation {
  /** Stands in the queue of pieces behind the last one. */
  private static final Part END = new Part.Text("end");

  final Request request;

  /** The adapter, or null. */
  final Adapters.Use adapter;

  /** Its images and where they stand, or null. */
  final Media media;

  final TokenStream stream;
  final Sequence<Job> sequence;

  /** What its tokens are guessed by, or null where they are not. */
  final Speculator.Followed followed;

  /** Further answers to the same prompt, which start where this one's prompt is computed. */
  final List<Job> siblings;

  /** Log-probabilities of the prompt's tokens so far, or null where they are not asked for. */
  final List<TokenLogprob> scores;

  /** The beam search that it is a part of, or null. */
  BeamRun beams;

  private final long queuedAt;
  private final LinkedBlockingQueue<Part> pieces = new LinkedBlockingQueue<>();
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();
  private volatile boolean cancelled;
  private boolean ended;
  private long startedAt;
  private long firstTokenAt;
  private long steps;
  private long sharedSteps;

  /**
   * A job that waits.
   *
   * @param seen what its prompt holds besides tokens, or null
   * @param adapter or null
   * @param followed or null
   * @param now the time of its arrival
   */
  Job(
      TokenStream.Setup setup,
      Sight.Seen seen,
      Adapters.Use adapter,
      Speculator.Followed followed,
      long now,
      List<Job> siblings) {
    this.request = setup.request();
    this.adapter = adapter;
    this.followed = followed;
    this.media = seen == null ? null : seen.media();
    this.stream = new TokenStream(setup, pieces::add);
    this.siblings = siblings;
    this.queuedAt = now;
    Request.Service service = request.service();
    long deadline = service.timeout() == null ? Sequence.NEVER : now + service.timeout().toNanos();
    this.sequence =
        new Sequence<>(
            this,
            new CacheKey(root(adapter), seen == null ? null : seen.keys()),
            setup.prompt(),
            now,
            service.priority(),
            deadline);
    this.scores = request.output().promptLogprobs() >= 0 ? new ArrayList<>() : null;
    if (scores != null) {
      sequence.reuseAtMost(0);
    }
  }

  /**
   * A further beam of a search, which the search's first job stands for.
   *
   * @param tokens prompt and text so far
   */
  Job(Job lead, int[] tokens) {
    this.request = lead.request;
    this.adapter = lead.adapter;
    this.media = lead.media;
    this.followed = null;
    this.stream = null; // nothing is drawn
    this.siblings = new ArrayList<>();
    this.scores = null;
    this.queuedAt = lead.queuedAt;
    this.beams = lead.beams;
    this.sequence = lead.sequence.sibling(this, tokens);
  }

  private Job lead() {
    return beams == null ? this : beams.lead();
  }

  /** Of the cache, for requests with that adapter, or with none. */
  static long root(Adapters.Use adapter) {
    return adapter == null ? 0 : adapter.root();
  }

  boolean cancelled() {
    return lead().cancelled;
  }

  /** Whether logits of its prompt are still to be read. */
  boolean scoring() {
    return scores != null && scores.size() < sequence.promptLength() - 1;
  }

  /** Takes the logits behind token {@code at}, where they are those that come next. */
  void score(int at, float[] logits) {
    if (scoring() && at == scores.size()) {
      int token = sequence.tokens()[at + 1];
      scores.add(TokenLogprob.of(logits, token, request.output().promptLogprobs()));
      sequence.reuseAtMost(scores.size());
    }
  }

  /** It was part of a step. */
  void stepped(long now, int sequences) {
    Job counted = lead();
    if (counted.startedAt == 0) {
      counted.startedAt = now;
    }
    counted.steps++;
    counted.sharedSteps += sequences;
  }

  /** Whether it was part of a step. */
  boolean started() {
    return lead().startedAt != 0;
  }

  /** Its first token is drawn next. */
  void prefilled(long now) {
    if (firstTokenAt == 0) {
      firstTokenAt = now;
      startedAt = startedAt == 0 ? now : startedAt;
    }
  }

  /** How it went until now, which is its end. */
  RequestMetrics metrics(Answer.Finish finish) {
    return metrics(finish, stream.drawn());
  }

  /** The same with another number of tokens than were drawn. */
  RequestMetrics metrics(Answer.Finish finish, int generated) {
    long now = System.nanoTime();
    long start = startedAt == 0 ? now : startedAt;
    long first = firstTokenAt == 0 ? now : firstTokenAt;
    Usage usage =
        new Usage(
            sequence.promptLength(),
            Math.max(0, sequence.found()),
            generated,
            start - queuedAt,
            first - start,
            now - first,
            new Usage.Guesses(sequence.guessed(), sequence.accepted()),
            steps == 0 ? 0 : (double) sharedSteps / steps);
    return new RequestMetrics(usage, finish, steps, sharedSteps);
  }

  void complete(Answer result) {
    answer.complete(result);
    pieces.add(END);
  }

  void fail(RuntimeException error) {
    answer.completeExceptionally(error);
    pieces.add(END);
  }

  @Override
  public String next() {
    for (Part part = nextPart(); part != null; part = nextPart()) {
      if (part instanceof Part.Text text) {
        return text.text();
      }
    }
    return null;
  }

  @Override
  public Part nextPart() {
    if (ended) {
      return null;
    }
    try {
      Part part = pieces.take();
      if (part != END) { // the very object
        return part;
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
    ended = true;
    result(); // carries a failure to the reader
    return null;
  }

  @Override
  public Answer result() {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      throw interrupted();
    } catch (ExecutionException e) {
      throw (RuntimeException) e.getCause(); // fail() takes nothing else
    }
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  private JishiException interrupted() {
    cancel();
    Thread.currentThread().interrupt();
    return new JishiException.Cancelled("the waiting thread was interrupted");
  }
}
