// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import io.jishi.tensor.Rope;

/**
 * A rotary position embedding and how it was stretched to longer contexts.
 *
 * @param style which values make a pair
 * @param dims values of a head that are turned
 * @param base of the frequencies {@code base^(-2i/dims)} ("theta")
 * @param scaling how the frequencies are changed
 */
public record RopeSpec(Rope.Style style, int dims, double base, Scaling scaling) {

  /** How frequencies are changed. */
  public sealed interface Scaling permits Plain, LinearScaling, Llama3, Divisors {}

  /** Not at all. */
  public record Plain() implements Scaling {}

  /** All divided by a factor (position interpolation, Chen et al. 2023). */
  public record LinearScaling(double factor) implements Scaling {}

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

  /** One divisor each, as GGUF files carry them in the tensor {@code rope_freqs.weight}. */
  public record Divisors(float[] divisors) implements Scaling {}

  /** The frequencies, in FP32 as the reference implementations round them. */
  public Rope rope() {
    float[] frequencies = new float[dims / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float plain = (float) (1 / Math.pow(base, 2.0 * i / dims));
      frequencies[i] =
          switch (scaling) {
            case Plain _ -> plain;
            case LinearScaling s -> (float) (plain / s.factor);
            case Llama3 s -> llama3(plain, s);
            case Divisors s -> plain / s.divisors[i];
          };
    }
    return new Rope(style, dims, frequencies);
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
}
