// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Rope;
import java.util.List;

/**
 * A rotary position embedding and how it was stretched to longer contexts.
 *
 * @param style which values make a pair
 * @param dims values of a head that are turned
 * @param base of the frequencies {@code base^(-2i/dims)} ("theta")
 * @param scaling how the frequencies are changed
 * @param axes along which pairs take a token's place, or null for one
 */
public record RopeSpec(Rope.Style style, int dims, double base, Scaling scaling, Axes axes) {

  /** A rotation along one axis. */
  public RopeSpec(Rope.Style style, int dims, double base, Scaling scaling) {
    this(style, dims, base, scaling, null);
  }

  /** The same with pairs of other values. */
  public RopeSpec withStyle(Rope.Style other) {
    return new RopeSpec(other, dims, base, scaling, axes);
  }

  /** The axes of pairs. */
  public sealed interface Axes permits Sections, Shares {}

  /**
   * Time, rows and columns of images (M-RoPE, Qwen2-VL): the axis changes within one row of
   * frequencies.
   *
   * @param sizes pairs of each axis
   * @param alternating whether axes take turns from pair to pair as long as each has pairs left,
   *     the first taking what remains; else they stand one after another
   */
  public record Sections(List<Integer> sizes, boolean alternating) implements Axes {
    /** Copies the list. */
    public Sections {
      sizes = List.copyOf(sizes);
    }

    private int axis(int pair) {
      if (alternating) {
        int axis = pair % sizes.size();
        return pair < sizes.size() * sizes.get(axis) ? axis : 0;
      }
      int axis = 0;
      for (int end = sizes.getFirst(); pair >= end && axis + 1 < sizes.size(); ) {
        end += sizes.get(++axis);
      }
      return axis;
    }
  }

  /** Each axis has an equal share of the pairs and all frequencies of that many. */
  public record Shares(int count) implements Axes {}

  /** How frequencies are changed. */
  public sealed interface Scaling
      permits Plain, LinearScaling, DynamicBase, Llama3, Yarn, LongFactors, Divisors {}

  /** Not at all. */
  public record Plain() implements Scaling {}

  /** All divided by a factor (position interpolation, Chen et al. 2023). */
  public record LinearScaling(double factor) implements Scaling {}

  /**
   * A base that grows with the length ("dynamic NTK"): beyond {@code original} positions it is
   * multiplied by {@code (factor · length / original − factor + 1)^(dims / (dims − 2))}. The length
   * is the longest that sequences may have, so that a token's angle never changes.
   */
  public record DynamicBase(double factor, double original) implements Scaling {}

  /**
   * Llama 3.1: long wavelengths divided by the factor, short ones kept, a ramp between.
   *
   * @param factor divisor of long wavelengths
   * @param low above {@code original / low} positions a wavelength is long
   * @param high below {@code original / high} positions it is short
   * @param original context of the pre-training
   */
  public record Llama3(double factor, double low, double high, double original)
      implements Scaling {}

  /**
   * YaRN (Peng et al. 2023): pairs that turn less than {@code slow} times over the original context
   * are divided by the factor, those that turn more than {@code fast} times kept, a ramp between.
   *
   * @param factor divisor
   * @param fast turns ("beta_fast")
   * @param slow turns ("beta_slow")
   * @param original context of the pre-training
   * @param truncate whether the ends of the ramp are whole pairs
   * @param magnitude by which turned values are multiplied
   */
  public record Yarn(
      double factor, double fast, double slow, double original, boolean truncate, double magnitude)
      implements Scaling {}

  /**
   * LongRoPE (Ding et al. 2024): one divisor a pair, of one list for sequences of at most {@code
   * original} positions and of another for longer ones.
   *
   * @param magnitude by which turned values are multiplied
   */
  public record LongFactors(
      double[] shortFactors, double[] longFactors, double original, double magnitude)
      implements Scaling {}

  /** One divisor each, as GGUF files carry them in the tensor {@code rope_freqs.weight}. */
  public record Divisors(float[] divisors) implements Scaling {}

  /**
   * The frequencies, in FP32 as the reference implementations round them.
   *
   * @param context positions that sequences have at most; the scalings that depend on it take it
   */
  public Rope rope(int context) {
    float[] frequencies = new float[dims / 2];
    double stretched = base * baseFactor(context);
    int share = axes instanceof Shares s ? frequencies.length / s.count : frequencies.length;
    for (int i = 0; i < frequencies.length; i++) {
      double power = Math.pow(stretched, (double) (i % share) / share);
      float plain = (float) (1 / power);
      frequencies[i] =
          switch (scaling) {
            case Plain _, DynamicBase _ -> plain;
            case LinearScaling s -> (float) (plain / s.factor);
            case Llama3 s -> llama3(plain, s);
            case Yarn s -> yarn(power, i, s);
            case LongFactors s ->
                (float) (1 / (power * (context > s.original ? s.longFactors : s.shortFactors)[i]));
            case Divisors s -> plain / s.divisors[i];
          };
    }
    double magnitude =
        switch (scaling) {
          case Yarn s -> s.magnitude;
          case LongFactors s -> s.magnitude;
          case Plain _, DynamicBase _, LinearScaling _, Llama3 _, Divisors _ -> 1;
        };
    int[] along = axes == null ? null : new int[frequencies.length];
    for (int i = 0; along != null && i < along.length; i++) {
      along[i] = axes instanceof Sections s ? s.axis(i) : i / share;
    }
    return new Rope(style, dims, frequencies, (float) magnitude, along);
  }

  private double baseFactor(int context) {
    if (scaling instanceof DynamicBase s && context > s.original) {
      double growth = s.factor * context / s.original - (s.factor - 1);
      return Math.pow(growth, dims / (dims - 2.0));
    }
    return 1;
  }

  private static float llama3(float frequency, Llama3 s) {
    double wavelength = 2 * Math.PI / frequency;
    if (wavelength < s.original / s.high) {
      return frequency;
    }
    if (wavelength > s.original / s.low) {
      return (float) (frequency / s.factor);
    }
    double smooth = (s.original / wavelength - s.low) / (s.high - s.low);
    return (float) ((1 - smooth) * frequency / s.factor + smooth * frequency);
  }

  private float yarn(double power, int i, Yarn s) {
    double low = pair(s.fast, s.original);
    double high = pair(s.slow, s.original);
    if (s.truncate) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, dims - 1);
    high = low == high ? high + 0.001 : high;
    double ramp = Math.clamp((i - low) / (high - low), 0, 1);
    return (float) (ramp / (s.factor * power) + (1 - ramp) / power);
  }

  /** The pair, not rounded, that turns so many times over the original context. */
  private double pair(double turns, double original) {
    return dims * Math.log(original / (turns * 2 * Math.PI)) / (2 * Math.log(base));
  }
}
