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
 * tokens and logits; it knows no model, no cache and no other request. Equals are told apart by
 * their beam, then by their token id, so that the same logits give the same answers.
 */
final class BeamSearch {
  private final Search.Beams rules;
  private final int most;
  private final int least;
  private final Set<Integer> ends;
  private final int logprobs;
  private final List<Found> found = new ArrayList<>();
  private List<Text> live = new ArrayList<>(List.of(new Text(null, null, 0, 0)));
  private List<List<TokenLogprob.Choice>> choices = new ArrayList<>();
  private int missing = 1;

  /**
   * A text, by its last token.
   *
   * @param before the text before it, or null where there is none
   * @param token with its log-probability, null where the text is empty
   * @param length tokens
   * @param sum of their log-probabilities
   */
  record Text(Text before, TokenLogprob token, int length, double sum) {

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
   * @param ended whether its last token is one that ends an answer
   */
  record Found(Text text, boolean ended, double score) {}

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
   */
  BeamSearch(Search.Beams rules, int most, int least, Set<Integer> ends, int logprobs) {
    this.rules = rules;
    this.most = most;
    this.least = least;
    this.ends = ends;
    this.logprobs = logprobs;
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
    boolean open = live.get(beam).length >= least;
    int wanted = 2 * rules.width() + (open ? 0 : ends.size());
    List<TokenLogprob.Choice> best =
        new ArrayList<>(TokenLogprob.of(logits, 0, Math.max(wanted, logprobs)).top());
    best.removeIf(choice -> !(choice.logprob() > Float.NEGATIVE_INFINITY));
    if (best.isEmpty()) {
      throw new JishiException.BadFile(
          "the model's logits are not finite: its weights are damaged or of a wrong type");
    }
    choices.set(beam, best);
    missing--;
  }

  /**
   * Chooses the beams that go on, once all have their logits.
   *
   * @return them in their new order; empty where the search is over
   */
  List<Move> advance() {
    List<Candidate> best = candidates();
    List<Text> next = new ArrayList<>();
    List<Move> moves = new ArrayList<>();
    for (int rank = 0; rank < best.size() && next.size() < rules.width(); rank++) {
      Candidate c = best.get(rank);
      Text text = text(c);
      if (!ends.contains(c.choice.token())) {
        next.add(text);
        moves.add(new Move(c.from, c.choice.token()));
      } else if (rank < rules.width()) {
        keep(new Found(text, true, score(text.sum, text.length)));
      }
    }
    boolean over = next.isEmpty() || over(next.getFirst());
    if (!over && next.getFirst().length == most) {
      next.forEach(text -> keep(new Found(text, false, score(text.sum, text.length))));
      over = true;
    }
    live = next;
    choices = new ArrayList<>(Collections.nCopies(next.size(), null));
    missing = next.size();
    return over ? List.of() : moves;
  }

  private List<Candidate> candidates() {
    List<Candidate> all = new ArrayList<>();
    for (int beam = 0; beam < live.size(); beam++) {
      Text text = live.get(beam);
      for (TokenLogprob.Choice choice : choices.get(beam)) {
        if (text.length >= least || !ends.contains(choice.token())) {
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

  private Text text(Candidate c) {
    List<TokenLogprob.Choice> beside = choices.get(c.from);
    List<TokenLogprob.Choice> top =
        logprobs < 0 ? List.of() : beside.subList(0, Math.min(logprobs, beside.size()));
    Text before = live.get(c.from);
    TokenLogprob token = new TokenLogprob(c.choice.token(), c.choice.logprob(), List.copyOf(top));
    return new Text(before, token, before.length + 1, c.sum);
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
        all.add(new Found(text, false, score(text.sum, Math.max(1, text.length))));
      }
    }
    return all.subList(0, Math.min(all.size(), rules.answers()));
  }
}
