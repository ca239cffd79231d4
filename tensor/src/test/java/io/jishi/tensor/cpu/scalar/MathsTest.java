// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.scalar;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MathsTest {
  /** Two units in the last place. */
  private static final double EXP_ERROR = 2.4e-7;

  @Test
  void theExponentialIsTheMathematicalOne() {
    for (float x = -86.9f; x < 88.6f; x += 0.0137f) {
      double expected = Math.exp(x);
      assertThat(Math.abs(Maths.exp(x) - expected) / expected)
          .as("exp %s", x)
          .isLessThan(EXP_ERROR);
    }
  }

  @Test
  void itsEdgesAreZeroInfinityAndNotANumber() {
    assertThat(Maths.exp(0)).isEqualTo(1);
    assertThat(Maths.exp(Float.NEGATIVE_INFINITY)).isZero();
    assertThat(Maths.exp(-200)).isZero();
    assertThat(Maths.exp(200)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Maths.exp(Float.NaN)).isNaN();
    assertThat(Maths.silu(-200)).isBetween(-1e-30f, 0f);
    assertThat(Maths.silu(200)).isEqualTo(200);
  }
}
