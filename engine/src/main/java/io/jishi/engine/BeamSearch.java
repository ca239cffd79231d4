// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * The texts of a beam search and their scores: see {@link Search.Beams} for the rules. It knows
 * tokens, logits and what a form allows; it knows no model, no cache and no other request. Equals
 * are told apart by their beam, then by their token id, so that the same logits give the same
 * answers.
 */
final class BeamSearch {
  private final Search.Beams rules;
  private final int most;
  private final int least;
  private final Set<Integer> ends;
  private final int logprobs;
  private final List<Found> found = new ArrayList<>();
  private final boolean binding;
  private List<Text> live = new ArrayList<>();
  private List<Next> choices = new ArrayList<>();
  private int missing = 1;

  /**
   * A text, by its last token.
   *
   * @param before the text before it, or null where there is none
   * @param token with its log-probability, null where the text is empty
   * @param length tokens
   * @param sum of their log-probabilities
   * @param form what may follow; null where it ended by a token
   */
  record Text(Text before, TokenLogprob token, int length, double sum, BeamForm form) {

    /** Its tokens, from the first on. */
    List<TokenLogprob> tokens() {
      Deque<TokenLogprob> all = new ArrayDeque<>(length);
      for (Text text = this; text.token != null; text = text.before) {
        all.addFirst(text.token);
      }
      return List.copyOf(all);
    }
  }

  /**
   * A text that has ended.
   *
   * @param end by what
   */
  record Found(Text text, End end, double score) {}

  /** What ends a text. */
  enum End {
    /** Its last token, which is no part of the answer. */
    TOKEN,
    /**
     * Its last token, which is: it completes a stop text, or a form that nothing can follow or for
     * more of which there is no room.
     */
    TEXT,
    /** Nothing: there was no room or no time for more. */
    OPEN
  }

  /**
   * What may come behind a beam.
   *
   * @param best the likeliest tokens that may come, falling
   * @param beside the likeliest of all tokens, as many as are wanted beside each token
   */
  private record Next(List<TokenLogprob.Choice> best, List<TokenLogprob.Choice> beside) {}

  /**
   * A beam that goes on.
   *
   * @param from the number of the beam that it goes on from
   */
  record Move(int from, int token) {}

  private record Candidate(int from, TokenLogprob.Choice choice, double sum) {}

  /**
   * One empty text.
   *
   * @param most tokens of an answer
   * @param least no end before so many tokens
   * @param ends the tokens that end an answer
   * @param logprobs how many alternatives are wanted of each token, or -1
   * @param form of the empty text
   */
  BeamSearch(
      Search.Beams rules, int most, int least, Set<Integer> ends, int logprobs, BeamForm form) {
    this.rules = rules;
    this.most = most;
    this.least = least;
    this.ends = ends;
    this.logprobs = logprobs;
    this.binding = form.binding();
    this.live.add(new Text(null, null, 0, 0, form));
    this.choices.add(null);
  }

  /** Whether all beams have their logits, so that {@link #advance} can choose. */
  boolean ready() {
    return missing == 0;
  }

  /** Takes the logits behind a beam; once for each beam between two choices. */
  void deliver(int beam, float[] logits) {
    if (choices.get(beam) != null) {
      throw new IllegalStateException("beam " + beam + " has its logits");
    }
    Text text = live.get(beam);
    int wanted = 2 * rules.width() + (mayEnd(text) ? 0 : ends.size());
    List<TokenLogprob.Choice> best = TokenLogprob.best(logits, null, Math.max(wanted, logprobs));
    best.removeIf(choice -> !(choice.logprob() > Float.NEGATIVE_INFINITY));
    if (best.isEmpty()) {
      throw new JishiException.BadFile(
          "the model's logits are not finite: its weights are damaged or of a wrong type");
    }
    List<TokenLogprob.Choice> beside =
        List.copyOf(best.subList(0, Math.clamp(logprobs, 0, best.size())));
    long[] mask = text.form.mask(most - text.length);
    if (mask != null) {
      best = allowed(text, logits, mask, wanted);
    }
    choices.set(beam, new Next(best, beside));
    missing--;
  }

  /** The likeliest tokens that may come and leave room for the end of the form. */
  private List<TokenLogprob.Choice> allowed(Text text, float[] logits, long[] mask, int wanted) {
    List<TokenLogprob.Choice> best = TokenLogprob.best(logits, mask, wanted);
    if (!best.stream().allMatch(choice -> fits(text, choice.token()))) {
      long[] fitting = mask.clone();
      for (int token = 0; token < logits.length && token >> 6 < mask.length; token++) {
        if ((mask[token >> 6] >> token & 1) != 0 && !fits(text, token)) {
          fitting[token >> 6] &= ~(1L << token);
        }
      }
      List<TokenLogprob.Choice> inTime = TokenLogprob.best(logits, fitting, wanted);
      best = inTime.isEmpty() ? best : inTime; // else it is cut off whatever comes
    }
    best.removeIf(choice -> !(choice.logprob() > Float.NEGATIVE_INFINITY));
    return best;
  }

  private boolean fits(Text text, int token) {
    return ends.contains(token) || text.form.fits(token, most - text.length - 1);
  }

  /** Whether a token may end a text; a form says that by its mask. */
  private boolean mayEnd(Text text) {
    return binding || text.length >= least;
  }

  /**
   * Chooses the beams that go on, once all have their logits.
   *
   * @return them in their new order; empty where the search is over
   */
  List<Move> advance() {
    if (live.getFirst().form.ended()) { // the form allows no text at all
      keep(new Found(live.getFirst(), End.TEXT, 0));
      return List.of();
    }
    List<Candidate> best = candidates();
    if (best.isEmpty() && found.isEmpty()) {
      throw new JishiException.Unsupported(
          "the form asks for a text that the model's vocabulary cannot write");
    }
    List<Text> next = new ArrayList<>();
    List<Move> moves = new ArrayList<>();
    for (int rank = 0; rank < best.size() && next.size() < rules.width(); rank++) {
      Candidate c = best.get(rank);
      boolean byToken = ends.contains(c.choice.token());
      Text text = text(c, byToken);
      if (!byToken && !text.form.ended()) {
        next.add(text);
        moves.add(new Move(c.from, c.choice.token()));
      } else if (rank < rules.width()) {
        keep(found(text, byToken ? End.TOKEN : End.TEXT));
      }
    }
    boolean over = next.isEmpty() || over(next.getFirst());
    if (!over && next.getFirst().length == most) {
      next.forEach(this::full);
      over = true;
    }
    live = next;
    choices = new ArrayList<>(Collections.nCopies(next.size(), null));
    missing = next.size();
    return over ? List.of() : moves;
  }

  /** Keeps a text that has no room for more; one that lacks its form counts behind all others. */
  private void full(Text text) {
    if (!binding || text.form.complete()) {
      keep(found(text, binding ? End.TEXT : End.OPEN));
    }
  }

  private Found found(Text text, End end) {
    return new Found(text, end, score(text.sum, Math.max(1, text.length)));
  }

  private List<Candidate> candidates() {
    List<Candidate> all = new ArrayList<>();
    for (int beam = 0; beam < live.size(); beam++) {
      Text text = live.get(beam);
      for (TokenLogprob.Choice choice : choices.get(beam).best) {
        if (mayEnd(text) || !ends.contains(choice.token())) {
          all.add(new Candidate(beam, choice, text.sum + choice.logprob()));
        }
      }
    }
    all.sort(
        Comparator.comparingDouble((Candidate c) -> -c.sum)
            .thenComparingInt(Candidate::from)
            .thenComparingInt(c -> c.choice.token()));
    return all.subList(0, Math.min(all.size(), 2 * rules.width()));
  }

  private Text text(Candidate c, boolean byToken) {
    Text before = live.get(c.from);
    TokenLogprob token =
        new TokenLogprob(c.choice.token(), c.choice.logprob(), choices.get(c.from).beside);
    Text text = new Text(before, token, before.length + 1, c.sum, null);
    return byToken ? text : new Text(before, token, text.length, c.sum, before.form.after(text));
  }

  /** Keeps the best {@code width}; of equals the first that was found. */
  private void keep(Found text) {
    int at = found.size();
    while (at > 0 && found.get(at - 1).score < text.score) {
      at--;
    }
    found.add(at, text);
    if (found.size() > rules.width()) {
      found.removeLast();
    }
  }

  private boolean over(Text best) {
    if (found.size() < rules.width()) {
      return false;
    }
    boolean certain = rules.early() == Search.Beams.Early.NEVER && rules.lengthPenalty() > 0;
    double attainable = score(best.sum, certain ? most : best.length);
    return rules.early() == Search.Beams.Early.FIRST || attainable <= found.getLast().score;
  }

  private double score(double sum, int length) {
    return sum / Math.pow(length, rules.lengthPenalty());
  }

  /**
   * The best texts, as many as there are and are wanted; those under way count where others are too
   * few.
   */
  List<Found> best() {
    List<Found> all = new ArrayList<>(found);
    for (int i = 0; i < live.size() && all.size() < rules.answers(); i++) {
      Text text = live.get(i);
      boolean known = all.stream().anyMatch(f -> f.text == text);
      if (!known) {
        all.add(found(text, End.OPEN));
      }
    }
    return all.subList(0, Math.min(all.size(), rules.answers()));
  }
}
