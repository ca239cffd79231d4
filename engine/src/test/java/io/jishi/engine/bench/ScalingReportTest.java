// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScalingReportTest {
  private static final double ROUNDING = 1e-12;

  private static BenchReport report(int threads, double peak) {
    return new BenchReport(
        "m", threads, new BenchReport.Limits(0, peak, false, false), List.of(), List.of());
  }

  @Test
  void neighboursArePaired() {
    double[] several = {20, 40, 33, 10, 18};
    double[] one = {10, 20, 11, 10, 12};
    ScalingReport r = ScalingReport.of(report(2, 900), several, report(1, 500), one);
    assertThat(r.times().lower()).isCloseTo(1.5, within(ROUNDING));
    assertThat(r.times().median()).isCloseTo(2, within(ROUNDING));
    assertThat(r.times().upper()).isCloseTo(2, within(ROUNDING));
    assertThat(r.timesOfProducts()).isCloseTo(1.8, within(ROUNDING));
  }

  @Test
  void quantilesLieBetweenValues() {
    assertThat(Quantile.of(new double[] {7}, 0.25)).isEqualTo(7);
    assertThat(Quantile.of(new double[] {1, 2}, 0.5)).isEqualTo(1.5);
    assertThat(Quantile.of(new double[] {1, 2, 4, 8}, 0.75)).isEqualTo(5);
    assertThat(Quantile.of(new double[] {1, 2, 4, 8}, 1)).isEqualTo(8);
  }
}
