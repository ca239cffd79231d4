// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.plot;

import java.util.List;

/**
 * A line chart.
 *
 * @param title above it
 * @param xLabel below it
 * @param lines drawn one over another
 * @param logarithmic whether y goes by powers; values of 0 and less are left out then
 */
public record Chart(String title, String xLabel, List<Line> lines, boolean logarithmic) {
  static final int WIDTH = 800;
  static final int HEIGHT = 450;
  static final int LEFT = 70;
  static final int RIGHT = 20;
  static final int TOP = 40;
  static final int BOTTOM = 45;
  private static final double MOST = 1e30; // beyond it places are no numbers any more

  static final int[] COLOURS = {0x1f77b4, 0xd62728, 0x2ca02c, 0x9467bd};

  /**
   * Points in the order of x; those that are no number are left out, and the line is broken there.
   *
   * @param name for the legend
   * @param x as many as {@code y}
   * @param y values
   */
  public record Line(String name, double[] x, double[] y) {
    /** Checks the counts. */
    public Line {
      if (x.length != y.length) {
        throw new IllegalArgumentException(x.length + " x for " + y.length + " y");
      }
    }
  }

  /** Copies the list. */
  public Chart {
    lines = List.copyOf(lines);
  }

  /** Whether a point can be drawn. */
  boolean drawable(double x, double y) {
    return Math.abs(x) < MOST && Math.abs(y) < MOST && (!logarithmic || y > 1 / MOST);
  }

  /** The axis of x. */
  Axis xAxis() {
    Axis.Range range = new Axis.Range();
    for (Line line : lines) {
      for (int i = 0; i < line.x.length; i++) {
        if (drawable(line.x[i], line.y[i])) {
          range.add(line.x[i]);
        }
      }
    }
    return Axis.of(range, false, LEFT, WIDTH - RIGHT);
  }

  /** The axis of y. */
  Axis yAxis() {
    Axis.Range range = new Axis.Range();
    for (Line line : lines) {
      for (int i = 0; i < line.x.length; i++) {
        if (drawable(line.x[i], line.y[i])) {
          range.add(line.y[i]);
        }
      }
    }
    return Axis.of(range, logarithmic, HEIGHT - BOTTOM, TOP);
  }

  /** The chart as SVG. */
  public String toSvg() {
    return Svg.of(this);
  }

  /** The chart as a PNG file. */
  public byte[] toPng() {
    return Raster.of(this).png();
  }
}
