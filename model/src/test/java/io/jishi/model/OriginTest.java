// SPDX-License-Identifier: Apache-2.0
package io.jishi.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights that come out of stored tensors, and their gradients. */
class OriginTest {
  /** Halves of a difference over a step of 1e-3, in single precision. */
  private static final double ERROR = 2e-3;

  private static final float STEP = 1e-3f;

  private final Arena arena = Arena.ofAuto();
  private final SplittableRandom random = new SplittableRandom(3);

  private MemorySegment floats(int n) {
    MemorySegment made = arena.allocate(4L * n, 64);
    for (int i = 0; i < n; i++) {
      made.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    return made;
  }

  private static float at(MemorySegment x, long i) {
    return x.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  @Test
  void rowsOfATransposedPartStandWhereTheyWereStored() {
    MemorySegment stored = floats(40);
    // Rows 2 and 0 of the transpose of the matrix [3, 4] behind 10 other values.
    Origin origin = Origin.matrix("t", 10, 3, 4).transposed().rows(new int[] {2, 0});
    MemorySegment weight = arena.allocate(4 * 6, 64);
    origin.forward(stored, weight);
    for (int c = 0; c < 3; c++) {
      assertThat(at(weight, c)).isEqualTo(at(stored, 10 + 4 * c + 2));
      assertThat(at(weight, 3 + c)).isEqualTo(at(stored, 10 + 4 * c));
    }
    assertThat(origin.view()).isFalse();
  }

  @Test
  void onlyAPieceOfMemoryIsAView() {
    assertThat(Origin.matrix("t", 8, 3, 4).view()).isTrue();
    assertThat(Origin.matrix("t", 8, 5, 4).rows(new int[] {2, 3}).view()).isTrue();
    assertThat(Origin.matrix("t", 8, 5, 4).rows(new int[] {2, 3}).first()).isEqualTo(16);
    assertThat(Origin.matrix("t", 8, 5, 4).rows(new int[] {3, 2}).view()).isFalse();
    assertThat(Origin.matrix("t", 8, 5, 4).changed(Origin.Change.NONE, 6).view()).isFalse();
    assertThat(Origin.vector("t", 8, 5).changed(Origin.Change.PLUS_ONE, 1).view()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Origin.Change.class)
  void gradientsGoBackToWhereValuesCameFrom(Origin.Change change) {
    int width = change.width(4) + 1; // the last column is a constant
    Origin origin = Origin.matrix("t", 5, 6, 4).rows(new int[] {4, 1, 2}).changed(change, width);
    MemorySegment stored = floats(40);
    MemorySegment seed = floats(3 * width);
    MemorySegment gradient = arena.allocate(4 * 40, 64);
    origin.backward(stored, seed, gradient);
    for (int i = 0; i < 40; i++) {
      float value = at(stored, i);
      stored.setAtIndex(ValueLayout.JAVA_FLOAT, i, value + STEP);
      double up = objective(origin, stored, seed, width);
      stored.setAtIndex(ValueLayout.JAVA_FLOAT, i, value - STEP);
      double down = objective(origin, stored, seed, width);
      stored.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
      assertThat((double) at(gradient, i))
          .as("value %d", i)
          .isCloseTo((up - down) / (2 * STEP), within(ERROR));
    }
  }

  private double objective(Origin origin, MemorySegment stored, MemorySegment seed, int width) {
    MemorySegment weight = arena.allocate(4L * 3 * width, 64);
    origin.forward(stored, weight);
    double sum = 0;
    for (int i = 0; i < 3 * width; i++) {
      sum += (double) at(weight, i) * at(seed, i);
    }
    return sum;
  }
}
