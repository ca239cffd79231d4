// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.schedule.Scheduler;
import io.jishi.engine.schedule.Sequence;
import io.jishi.engine.schedule.Step;
import io.jishi.engine.speculate.Draft;
import io.jishi.engine.speculate.Drafter;
import io.jishi.engine.speculate.LookupDrafter;
import io.jishi.engine.speculate.Pace;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Adds guesses to the steps of the scheduler: asks the drafters, cuts what cannot come or does not
 * pay, and learns from what came true. On the driver's thread, but for {@link #follow}.
 */
final class Speculator implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Speculator.class.getName());

  private final Speculation.Mode usual;
  private final boolean drafts;
  private final boolean possible;
  private final LongSupplier clock;
  private final Map<Speculation.Mode, Drafter> drafters = new EnumMap<>(Speculation.Mode.class);
  private final Map<Speculation.Mode, List<Draft>> asked = new EnumMap<>(Speculation.Mode.class);
  private final Pace pace = new Pace();
  private int texts;
  private boolean prompts;
  private long began;

  /**
   * A speculator.
   *
   * @param usual for requests that do not say
   * @param draft the draft model, or null
   * @param possible whether the model can take tokens back
   * @param clock nanoseconds
   */
  Speculator(Speculation.Mode usual, Drafter draft, boolean possible, LongSupplier clock) {
    this.usual = usual;
    this.drafts = draft != null;
    this.possible = possible;
    this.clock = clock;
    use(Speculation.Mode.LOOKUP, new LookupDrafter());
    if (draft != null) {
      use(Speculation.Mode.DRAFT, draft);
    }
  }

  private void use(Speculation.Mode mode, Drafter drafter) {
    drafters.put(mode, drafter);
    asked.put(mode, new ArrayList<>());
  }

  /** Where the guesses of a text come from, and what is learnt of it. */
  record Followed(Speculation.Mode mode, Draft draft) {}

  /**
   * What a request needs to be guessed for; null where there are to be no guesses.
   *
   * @throws JishiException.BadRequest where it asks for a draft model that is not there, or for
   *     guesses of a model that cannot take them back
   */
  Followed follow(Request request) {
    Speculation.Mode own = request.service().speculation();
    Speculation.Mode mode = own == null ? usual : own;
    if (mode == Speculation.Mode.DRAFT && !drafts) {
      throw new JishiException.BadRequest(
          "speculation", "the engine was opened without a draft model");
    }
    if (own != null && own != Speculation.Mode.OFF && !possible) {
      throw new JishiException.BadRequest(
          "speculation",
          "this model has recurrent layers, which cannot take guesses back: leave speculation out,"
              + " or turn it off");
    }
    return mode == Speculation.Mode.OFF || !possible ? null : new Followed(mode, new Draft());
  }

  /** Adds guesses to a step that was planned. */
  void guess(Scheduler<Job> scheduler, Step<Job> step) {
    asked.values().forEach(List::clear);
    texts = 0;
    prompts = false;
    boolean any = false;
    for (int i = 0; i < step.size(); i++) {
      Sequence<Job> sequence = step.sequence(i);
      boolean goesOn = step.completes(i) && sequence.length() > sequence.promptLength();
      texts += goesOn ? 1 : 0;
      prompts |= step.count(i) > 1;
      Followed followed = sequence.owner().followed;
      if (goesOn && step.count(i) == 1 && followed != null) {
        any |= ask(sequence, followed);
      }
    }
    if (any) {
      asked.forEach((mode, drafts) -> draft(mode, drafts, scheduler, step));
      attach(scheduler, step);
    }
    began = clock.getAsLong();
  }

  private boolean ask(Sequence<Job> sequence, Followed followed) {
    Drafter drafter = drafters.get(followed.mode());
    int most = drafter == null ? 0 : sequence.owner().stream.left() - 1; // one comes anyhow
    int kind = drafter == null ? 0 : drafter.kind();
    followed.draft().begin(sequence.tokens(), sequence.length(), most, kind);
    if (most < 1) {
      return false;
    }
    asked.get(followed.mode()).add(followed.draft());
    return true;
  }

  private void draft(
      Speculation.Mode mode, List<Draft> drafts, Scheduler<Job> scheduler, Step<Job> step) {
    Drafter drafter = drafters.get(mode);
    if (drafts.isEmpty()) {
      return;
    }
    try {
      if (!drafter.free()) {
        pace.decide(drafts, step.tokens(), texts, scheduler.spareTokens(), false);
        if (drafts.stream().allMatch(draft -> draft.wanted() == 0)) {
          return;
        }
      }
      long start = clock.getAsLong();
      int work = drafter.guess(drafts);
      pace.drafted(work, clock.getAsLong() - start);
    } catch (RuntimeException | OutOfMemoryError e) { // answers do not depend on it
      LOG.log(
          System.Logger.Level.WARNING,
          "guesses by " + drafter.name() + " failed; the engine goes on without them",
          e);
      drafters.remove(mode);
      drafts.forEach(draft -> draft.want(0));
      drafter.close();
    }
  }

  /** Cuts guesses that cannot come or do not pay, and lets the step compute the others. */
  private void attach(Scheduler<Job> scheduler, Step<Job> step) {
    for (int i = 0; i < step.size(); i++) {
      Draft draft = asked(step, i);
      if (draft != null) {
        draft.want(step.sequence(i).owner().stream.possible(draft.guesses(), draft.count()));
      }
    }
    for (List<Draft> drafts : asked.values()) {
      pace.decide(drafts, step.tokens(), texts, scheduler.spareTokens(), true);
    }
    for (int i = 0; i < step.size(); i++) {
      Draft draft = asked(step, i);
      if (draft != null) {
        draft.want(scheduler.guess(i, draft.guesses(), draft.count()));
      }
    }
  }

  /** The draft of a sequence in a step that was asked for guesses, or null. */
  private static Draft asked(Step<Job> step, int i) {
    Followed followed = step.sequence(i).owner().followed;
    boolean one = step.count(i) == 1 && step.completes(i);
    boolean goesOn = one && step.sequence(i).length() > step.sequence(i).promptLength();
    return followed == null || !goesOn ? null : followed.draft();
  }

  /** Learns from a step whose tokens are drawn. */
  void done(Step<Job> step) {
    if (!prompts && texts > 0) {
      pace.step(step.tokens(), clock.getAsLong() - began);
    }
    for (int i = 0; i < step.size(); i++) {
      Followed followed = step.sequence(i).owner().followed;
      if (followed != null && step.guesses(i) > 0) {
        followed.draft().learn(step.guesses(i), step.sequence(i).acceptedLast());
      } else if (followed != null && step.count(i) == 1) {
        followed.draft().rest();
      }
    }
  }

  /** A job has ended. */
  void forget(Job job) {
    if (job.followed != null && drafters.containsKey(job.followed.mode())) {
      drafters.get(job.followed.mode()).forget(job.followed.draft());
    }
  }

  @Override
  public void close() {
    drafters.values().forEach(Drafter::close);
    drafters.clear();
  }
}
