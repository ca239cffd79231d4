// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.sampling;

import io.jishi.base.JishiException;
import io.jishi.engine.Sampling;
import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * Draws the tokens of one sequence; see {@link Sampling} for the order. Its draws depend on its
 * seed, its logits and its own text alone. For one thread at a time.
 */
public final class Sampler {
  private static final double LN2 = Math.log(2);

  private final Sampling sampling;
  private final Sampling.Shape shape;
  private final SplittableRandom random;
  private final Repetition repetition;

  /** Mirostat's bound on the surprise, bits. */
  private double bound;

  /**
   * A sampler.
   *
   * @param prompt the text so far
   * @param breakers tokens that {@link Sampling.Dry} stops at
   */
  public Sampler(Sampling sampling, int[] prompt, BitSet breakers) {
    this.sampling = sampling;
    this.shape = sampling.shape();
    this.random =
        sampling.seed() == null ? new SplittableRandom() : new SplittableRandom(sampling.seed());
    boolean remembers = sampling.penalties().any() || sampling.penalties().dry() != null;
    this.repetition = remembers ? new Repetition(sampling.penalties(), prompt, breakers) : null;
    this.bound = shape.mirostat() == null ? 0 : 2 * shape.mirostat().tau();
  }

  /** Tells that the text goes on with a token. */
  public void accept(int token) {
    if (repetition != null) {
      repetition.add(token);
    }
  }

  /**
   * Draws one token.
   *
   * @param logits of every token id; not changed
   * @param allowed bit {@code t % 64} of word {@code t / 64} says whether token t may come; null
   *     allows all
   * @param space for the work; its content before does not matter
   * @throws io.jishi.base.JishiException.BadFile where no logit is a number: the weights are
   *     damaged
   */
  public int draw(float[] logits, long[] allowed, Candidates space) {
    space.take(logits, allowed);
    bias(space);
    if (sampling.temperature() == 0) {
      penalise(space);
      return space.ids[space.best()];
    }
    shape(space);
    int at = shape.mirostat() == null ? space.draw(random.nextDouble()) : mirostat(space);
    return space.ids[at];
  }

  private void bias(Candidates all) {
    boolean banned = false;
    for (var e : sampling.bias().entrySet()) {
      int at = all.find(e.getKey());
      if (at >= 0) {
        all.logits[at] += e.getValue();
        banned |= all.logits[at] == Float.NEGATIVE_INFINITY;
      }
    }
    if (banned) {
      all.keepAbove(-Float.MAX_VALUE);
      if (all.count == 0) {
        throw new JishiException.BadRequest(
            "logit_bias", "logit_bias bans every token that could come");
      }
    }
  }

  private void penalise(Candidates all) {
    for (Sampling.Step step : sampling.order()) {
      if (step == Sampling.Step.PENALTIES || step == Sampling.Step.DRY) {
        apply(step, all);
      }
    }
  }

  /** All steps before the draw. */
  void shape(Candidates all) {
    for (int i = 0; i < sampling.order().size(); i++) {
      apply(sampling.order().get(i), all);
    }
  }

  private void apply(Sampling.Step step, Candidates all) {
    switch (step) {
      case PENALTIES -> {
        if (repetition != null) {
          repetition.penalise(all);
        }
      }
      case DRY -> {
        if (sampling.penalties().dry() != null && sampling.penalties().dry().multiplier() > 0) {
          repetition.dry(all);
        }
      }
      case TEMPERATURE -> temperature(all);
      case TOP_N_SIGMA -> {
        if (shape.topNSigma() > 0) {
          topNSigma(all);
        }
      }
      case TOP_K -> {
        if (sampling.topK() > 0) {
          all.keepTop(sampling.topK());
        }
      }
      case TYPICAL -> {
        if (shape.typical() < 1) {
          all.keepTypical(shape.typical());
        }
      }
      case TOP_P -> {
        if (sampling.topP() < 1) {
          all.keepMass(sampling.topP());
        }
      }
      case MIN_P -> {
        if (sampling.minP() > 0) {
          all.keepAbove((float) (all.max() + Math.log(sampling.minP())));
        }
      }
      case EPSILON -> {
        if (shape.epsilon() > 0) {
          keepLikely(all, shape.epsilon(), all.weigh());
        }
      }
      case ETA -> {
        if (shape.eta() > 0) {
          double total = all.weigh();
          double least = Math.sqrt(shape.eta()) * Math.exp(-all.entropy(total));
          keepLikely(all, Math.min(shape.eta(), least), total);
        }
      }
      case XTC -> {
        if (shape.xtc() != null && random.nextDouble() < shape.xtc().probability()) {
          excludeTop(all);
        }
      }
    }
  }

  private void temperature(Candidates all) {
    double t = sampling.temperature();
    if (shape.dynamicRange() > 0 && all.count > 1) {
      double low = Math.max(0, t - shape.dynamicRange());
      double high = t + shape.dynamicRange();
      double share = all.entropy(all.weigh()) / Math.log(all.count);
      t = low + (high - low) * Math.pow(Math.clamp(share, 0, 1), shape.dynamicExponent());
    }
    float divisor = (float) Math.max(t, 1e-4); // colder than this all are greedy
    if (divisor != 1) {
      for (int i = 0; i < all.count; i++) {
        all.logits[i] /= divisor;
      }
    }
  }

  private void topNSigma(Candidates all) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < all.count; i++) {
      sum += all.logits[i];
      squares += (double) all.logits[i] * all.logits[i];
    }
    double mean = sum / all.count;
    double deviation = Math.sqrt(Math.max(0, squares / all.count - mean * mean));
    all.keepAbove((float) (all.max() - shape.topNSigma() * deviation));
  }

  private static void keepLikely(Candidates all, double least, double total) {
    float max = all.max();
    all.keepAbove((float) Math.min(max, max + Math.log(least * total)));
  }

  private void excludeTop(Candidates all) {
    double least = shape.xtc().threshold() * all.weigh();
    float lowest = Float.POSITIVE_INFINITY;
    int above = 0;
    for (int i = 0; i < all.count; i++) {
      if (all.weights[i] >= least) {
        above++;
        lowest = Math.min(lowest, all.logits[i]);
      }
    }
    for (int i = 0; above > 1 && i < all.count; i++) {
      if (all.weights[i] >= least && all.logits[i] > lowest) {
        all.logits[i] = Float.NEGATIVE_INFINITY;
      }
    }
    all.keepAbove(-Float.MAX_VALUE);
  }

  private int mirostat(Candidates all) {
    double total = all.weigh();
    float max = all.max();
    double least = max + Math.log(total) - bound * LN2;
    all.keepAbove((float) Math.min(max, least));
    int drawn = all.draw(random.nextDouble());
    double surprise = -Math.log(all.weights[drawn] / all.weigh()) / LN2;
    bound -= shape.mirostat().eta() * (surprise - shape.mirostat().tau());
    return drawn;
  }
}
