// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.schedule.Scheduler;
import io.jishi.engine.schedule.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A beam search on its way through the engine. Each beam is a sequence of the scheduler like any
 * other, on blocks that it shares with the beams it comes from; one that has its logits pauses
 * until all have, and then they are forked and go on. The first one is the request's own job: it
 * stands for all of them where they are counted, cancelled, or late.
 */
final class BeamRun implements Search.Run {
  private final Job lead;
  private final TokenStream.Setup setup;
  private final BeamSearch search;
  private final List<Answer> answers = new ArrayList<>();
  private List<Job> beams;

  /** Of a job that was not submitted yet. */
  BeamRun(Job lead, TokenStream.Setup setup, Search.Beams rules) {
    this.lead = lead;
    this.setup = setup;
    this.beams = new ArrayList<>(List.of(lead));
    Request request = setup.request();
    this.search =
        new BeamSearch(
            rules,
            setup.room(),
            request.ending().minTokens(),
            setup.endTokens(),
            request.output().logprobs(),
            new BeamForm(setup));
    lead.beams = this;
  }

  /** Refuses by name what a beam search has not. */
  static void check(Request request) {
    Sampling sampling = request.sampling();
    if (sampling != null && !sampling.plainGreedy()) {
      throw new JishiException.BadRequest(
          "temperature",
          "beams draw nothing: leave out how to draw (temperature, seed, penalties, bias and the"
              + " like), or set the temperature to 0 and nothing else");
    }
    Speculation.Mode mode = request.service().speculation();
    if (mode != null && mode != Speculation.Mode.OFF) {
      throw new JishiException.BadRequest(
          "speculation",
          "beams draw nothing that could be guessed: leave speculation out, or turn it off");
    }
  }

  /** The job that stands for all. */
  Job lead() {
    return lead;
  }

  /**
   * Takes the logits behind a beam, on the driver's thread; where they are the last ones, the beams
   * go on.
   *
   * @return whether the search is over
   */
  boolean deliver(Job beam, float[] logits, Scheduler<Job> scheduler) {
    search.deliver(beams.indexOf(beam), logits);
    beam.sequence.pause();
    if (!search.ready()) {
      return false;
    }
    List<BeamSearch.Move> moves = search.advance();
    if (moves.isEmpty()) {
      return true;
    }
    move(moves, scheduler);
    return false;
  }

  private void move(List<BeamSearch.Move> moves, Scheduler<Job> scheduler) {
    Set<Job> ended = new HashSet<>(beams);
    moves.forEach(move -> ended.remove(beams.get(move.from())));
    ended.forEach(job -> scheduler.end(job.sequence)); // first: they make place
    List<Job> next = new ArrayList<>();
    Set<Job> taken = new HashSet<>();
    for (BeamSearch.Move move : moves) {
      Job from = beams.get(move.from());
      next.add(taken.add(from) ? from : fork(from, scheduler));
    }
    for (int i = 0; i < next.size(); i++) {
      next.get(i).sequence.append(moves.get(i).token());
    }
    beams = next;
  }

  private Job fork(Job from, Scheduler<Job> scheduler) {
    Sequence<Job> sequence = from.sequence;
    Job job = new Job(lead, Arrays.copyOf(sequence.tokens(), sequence.length()));
    scheduler.fork(sequence, job.sequence);
    return job;
  }

  /** Takes all beams out of the scheduler. */
  void leave(Scheduler<Job> scheduler) {
    beams.forEach(job -> scheduler.end(job.sequence));
  }

  /** Makes the answers. */
  RequestMetrics end(Answer.Finish why) {
    List<BeamSearch.Found> best = search.best();
    int tokens = best.stream().mapToInt(found -> found.text().length()).sum();
    RequestMetrics metrics = lead.metrics(finish(best.getFirst(), why), tokens);
    for (BeamSearch.Found found : best) {
      answers.add(answer(found, finish(found, why), metrics.usage()));
    }
    return metrics;
  }

  private static Answer.Finish finish(BeamSearch.Found found, Answer.Finish why) {
    return found.end() != BeamSearch.End.OPEN && why != Answer.Finish.CANCELLED
        ? Answer.Finish.STOP
        : why;
  }

  /** Hands the answers to the caller. */
  void tell() {
    lead.complete(answers.getFirst());
  }

  private Answer answer(BeamSearch.Found found, Answer.Finish finish, Usage usage) {
    TokenStream stream = new TokenStream(setup, _ -> {});
    stream.take(found.text().tokens(), found.end() == BeamSearch.End.TOKEN, finish);
    Usage own = usage.withGenerated(found.text().length());
    return stream.answer(own, lead.scores == null ? List.of() : lead.scores);
  }

  @Override
  public List<Answer> result() {
    lead.result(); // waits: what was written before can be read then
    return List.copyOf(answers);
  }

  @Override
  public void cancel() {
    lead.cancel();
  }
}
