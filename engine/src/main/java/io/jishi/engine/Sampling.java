// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/**
 * How a token is drawn from the logits: bias first, then the steps of {@link #order}, then one
 * draw. Steps count what the steps before have left.
 *
 * @param temperature divides the logits; 0 takes the most likely token (the lowest id of equals)
 *     after bias and penalties
 * @param topK keep this many of the most likely tokens, and those as likely as the last of them; 0
 *     keeps all
 * @param topP keep the smallest set of most likely tokens that reaches this probability (Holtzman
 *     et al. 2020); 1 keeps all
 * @param minP drop tokens less likely than this fraction of the most likely one (Nguyen et al.
 *     2024); 0 keeps all
 * @param seed the same seed gives the same draws; null draws a seed
 * @param penalties against repetition
 * @param shape the rarer ways to shape the distribution
 * @param bias added to the logits, by token id; {@code -∞} bans the token
 * @param order the steps that are taken, in this order; {@link #ORDER} unless set
 */
public record Sampling(
    float temperature,
    int topK,
    float topP,
    float minP,
    Long seed,
    Penalties penalties,
    Shape shape,
    Map<Integer, Float> bias,
    List<Step> order) {

  /** What is done to the logits. A step whose parameter is off does nothing. */
  public enum Step {
    /** Repetition, frequency and presence penalties, repeated n-grams. */
    PENALTIES,
    /** Don't repeat yourself: a penalty on tokens that would go on with a repetition. */
    DRY,
    /** Temperature, fixed or by entropy. */
    TEMPERATURE,
    /** See {@link Shape#topNSigma}. */
    TOP_N_SIGMA,
    /** See {@link Sampling#topK}. */
    TOP_K,
    /** See {@link Shape#typical}. */
    TYPICAL,
    /** See {@link Sampling#topP}. */
    TOP_P,
    /** See {@link Sampling#minP}. */
    MIN_P,
    /** See {@link Shape#epsilon}. */
    EPSILON,
    /** See {@link Shape#eta}. */
    ETA,
    /** See {@link Xtc}. */
    XTC
  }

  /** The usual order, that of the declaration. */
  public static final List<Step> ORDER = List.of(Step.values());

  /** More biases than this are refused. */
  public static final int MAX_BIASES = 10_000;

  /** Always the most likely token. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 0L);

  /** Refuses values outside of their ranges. */
  public Sampling {
    check(temperature >= 0 && temperature <= 100, "temperature", "0 to 100", temperature);
    check(topK >= 0, "top_k", "0 or more", topK);
    check(topP > 0 && topP <= 1, "top_p", "above 0, at most 1", topP);
    check(minP >= 0 && minP <= 1, "min_p", "0 to 1", minP);
    bias = Map.copyOf(bias);
    check(bias.size() <= MAX_BIASES, "logit_bias", MAX_BIASES + " tokens at most", bias.size());
    bias.forEach(
        (token, add) -> {
          check(token >= 0, "logit_bias", "by token ids of 0 or more", token);
          boolean finite = Math.abs(add) <= 1000;
          check(finite || add == Float.NEGATIVE_INFINITY, "logit_bias", "-1000 to 1000 or -∞", add);
        });
    order = List.copyOf(order);
    if (!order.isEmpty() && EnumSet.copyOf(order).size() != order.size()) {
      throw new JishiException.BadRequest("samplers", "samplers: a step is named twice: " + order);
    }
  }

  /** Temperature and the three usual cuts, nothing else. */
  public Sampling(float temperature, int topK, float topP, float minP, Long seed) {
    this(temperature, topK, topP, minP, seed, Penalties.NONE, Shape.NONE, Map.of(), ORDER);
  }

  private static void check(boolean ok, String field, String range, Number value) {
    if (!ok) {
      throw new JishiException.BadRequest(field, field + " must be " + range + ", not " + value);
    }
  }

  /** Whether it takes the likeliest token by the model alone. */
  boolean plainGreedy() {
    return temperature == 0 && !penalties.any() && penalties.dry() == null && bias.isEmpty();
  }

  /** The same with another seed. */
  public Sampling withSeed(Long other) {
    return new Sampling(temperature, topK, topP, minP, other, penalties, shape, bias, order);
  }

  /** The same with other penalties. */
  public Sampling with(Penalties other) {
    return new Sampling(temperature, topK, topP, minP, seed, other, shape, bias, order);
  }

  /** The same with another shape. */
  public Sampling with(Shape other) {
    return new Sampling(temperature, topK, topP, minP, seed, penalties, other, bias, order);
  }

  /** The same with other biases. */
  public Sampling withBias(Map<Integer, Float> other) {
    return new Sampling(temperature, topK, topP, minP, seed, penalties, shape, other, order);
  }

  /** The same with another order. */
  public Sampling withOrder(List<Step> other) {
    return new Sampling(temperature, topK, topP, minP, seed, penalties, shape, bias, other);
  }

  /**
   * Penalties on tokens of the text so far, prompt and answer.
   *
   * @param repetition divides positive logits of tokens that occurred and multiplies negative ones
   *     (Keskar et al. 2019); 1 is off
   * @param frequency taken off the logit for each occurrence; 0 is off
   * @param presence taken off the logit of a token that occurred; 0 is off
   * @param window how many of the last tokens count; 0 counts all
   * @param noRepeatNgram no sequence of so many tokens comes twice; 0 is off
   * @param dry against repeated passages, or null
   */
  public record Penalties(
      float repetition, float frequency, float presence, int window, int noRepeatNgram, Dry dry) {
    /** No penalties. */
    public static final Penalties NONE = new Penalties(1, 0, 0, 0, 0, null);

    /** Refuses values outside of their ranges. */
    public Penalties {
      check(
          repetition > 0 && repetition <= 10,
          "repetition_penalty",
          "above 0, at most 10",
          repetition);
      check(Math.abs(frequency) <= 2, "frequency_penalty", "-2 to 2", frequency);
      check(Math.abs(presence) <= 2, "presence_penalty", "-2 to 2", presence);
      check(window >= 0, "repeat_last_n", "0 or more", window);
      check(noRepeatNgram >= 0, "no_repeat_ngram_size", "0 or more", noRepeatNgram);
    }

    /** Whether some penalty looks at single tokens. */
    public boolean any() {
      return repetition != 1 || frequency != 0 || presence != 0 || noRepeatNgram > 0;
    }
  }

  /**
   * Don't repeat yourself: a token that would go on with a passage of n tokens, as it went on
   * before, loses {@code multiplier · base^(n - allowed)}.
   *
   * @param multiplier 0 is off
   * @param base above 1
   * @param allowed passages shorter than this cost nothing
   * @param window how many of the last tokens are searched; 0 searches all
   * @param breakers passages do not reach over tokens that hold one of these texts
   */
  public record Dry(float multiplier, float base, int allowed, int window, List<String> breakers) {
    /** What those who made it recommend as breakers. */
    public static final List<String> BREAKERS = List.of("\n", ":", "\"", "*");

    /** Refuses values outside of their ranges. */
    public Dry {
      check(multiplier >= 0 && multiplier <= 100, "dry_multiplier", "0 to 100", multiplier);
      check(base >= 1 && base <= 10, "dry_base", "1 to 10", base);
      check(allowed >= 1, "dry_allowed_length", "1 or more", allowed);
      check(window >= 0, "dry_penalty_last_n", "0 or more", window);
      breakers = List.copyOf(breakers);
      check(breakers.size() <= 64, "dry_sequence_breakers", "64 texts at most", breakers.size());
    }
  }

  /**
   * Rarer ways to shape the distribution.
   *
   * @param dynamicRange the temperature goes this far below and above its value, by entropy; 0 is
   *     off
   * @param dynamicExponent how it follows the entropy; 1 is in proportion
   * @param typical keep the tokens whose surprise is nearest to the expected one, until they reach
   *     this probability (Meister et al. 2022); 1 keeps all
   * @param topNSigma keep logits within so many standard deviations of the largest (Tang et al.
   *     2024); 0 keeps all
   * @param epsilon drop tokens less likely than this; 0 keeps all
   * @param eta the same by entropy (Hewitt et al. 2022); 0 keeps all
   * @param xtc exclude top choices, or null
   * @param mirostat aim at a surprise, or null
   */
  public record Shape(
      float dynamicRange,
      float dynamicExponent,
      float typical,
      float topNSigma,
      float epsilon,
      float eta,
      Xtc xtc,
      Mirostat mirostat) {
    /** Nothing of it. */
    public static final Shape NONE = new Shape(0, 1, 1, 0, 0, 0, null, null);

    /** Refuses values outside of their ranges. */
    public Shape {
      check(dynamicRange >= 0 && dynamicRange <= 100, "dynatemp_range", "0 to 100", dynamicRange);
      check(
          dynamicExponent > 0 && dynamicExponent <= 100,
          "dynatemp_exponent",
          "above 0, at most 100",
          dynamicExponent);
      check(typical > 0 && typical <= 1, "typical_p", "above 0, at most 1", typical);
      check(topNSigma >= 0 && topNSigma <= 100, "top_n_sigma", "0 to 100", topNSigma);
      check(epsilon >= 0 && epsilon < 1, "epsilon_cutoff", "0 to below 1", epsilon);
      check(eta >= 0 && eta < 1, "eta_cutoff", "0 to below 1", eta);
    }
  }

  /**
   * Exclude top choices: with a probability, of the tokens above a threshold only the least likely
   * stays.
   *
   * @param probability that it is done for a token
   * @param threshold what a top choice is; above 0.5 there is never more than one
   */
  public record Xtc(float probability, float threshold) {
    /** Refuses values outside of their ranges. */
    public Xtc {
      check(probability >= 0 && probability <= 1, "xtc_probability", "0 to 1", probability);
      check(threshold >= 0 && threshold <= 1, "xtc_threshold", "0 to 1", threshold);
    }
  }

  /**
   * Mirostat, version 2 (Basu et al. 2021): drops tokens more surprising than a bound that follows
   * the surprise of what was drawn.
   *
   * @param tau the surprise to aim at, bits
   * @param eta how fast the bound follows
   */
  public record Mirostat(float tau, float eta) {
    /** Refuses values outside of their ranges. */
    public Mirostat {
      check(tau > 0 && tau <= 100, "mirostat_tau", "above 0, at most 100", tau);
      check(eta > 0 && eta <= 1, "mirostat_eta", "above 0, at most 1", eta);
    }
  }
}
