// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ResamplingTest {
  /** Two roundings to 8 bits, each of half a step, the second over shares of 1.3 in sum at most. */
  private static final double STEPS = 1.2;

  @Property(tries = 200)
  void aPlainImageStaysPlain(
      @ForAll Resampling filter,
      @ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll @IntRange(min = 1, max = 40) int height,
      @ForAll byte value) {
    byte[] rgb = new byte[3 * 17 * 9];
    Arrays.fill(rgb, value);
    Image out = filter.resize(new Image(17, 9, rgb), width, height);
    assertThat(out.width()).isEqualTo(width);
    assertThat(out.height()).isEqualTo(height);
    for (byte b : out.rgb()) {
      assertThat(b).isEqualTo(value);
    }
  }

  @Property(tries = 100)
  void theSumsAreThoseOfTheFilter(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 30) int width,
      @ForAll @IntRange(min = 1, max = 30) int height) {
    byte[] rgb = new byte[3 * 23 * 13];
    new Random(seed).nextBytes(rgb);
    Image out = Resampling.BILINEAR.resize(new Image(23, 13, rgb), width, height);
    for (int y = 0; y < height; y++) {
      double[] rows = triangle(13, height, y);
      for (int x = 0; x < width; x++) {
        double[] columns = triangle(23, width, x);
        double sum = 0;
        for (int i = 0; i < 13; i++) {
          for (int j = 0; j < 23; j++) {
            sum += rows[i] * columns[j] * (rgb[3 * (i * 23 + j)] & 255);
          }
        }
        assertThat((double) (out.rgb()[3 * (y * width + x)] & 255)).isCloseTo(sum, within(STEPS));
      }
    }
  }

  /** Shares of the source pixels in target pixel {@code at}. */
  private static double[] triangle(int in, int out, int at) {
    double scale = (double) in / out;
    double reach = Math.max(1, scale);
    double[] shares = new double[in];
    double sum = 0;
    for (int i = 0; i < in; i++) {
      shares[i] = Math.max(0, 1 - Math.abs(i + 0.5 - (at + 0.5) * scale) / reach);
      sum += shares[i];
    }
    for (int i = 0; i < in; i++) {
      shares[i] /= sum;
    }
    return shares;
  }
}
