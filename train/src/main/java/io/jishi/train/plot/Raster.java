// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.plot;

import java.util.Arrays;

/** Draws a chart into pixels. */
final class Raster {
  private static final int GREY = 0xdddddd;

  private final int[] pixels = new int[Chart.WIDTH * Chart.HEIGHT];

  private Raster() {
    Arrays.fill(pixels, 0xffffff);
  }

  static Raster of(Chart chart) {
    Raster raster = new Raster();
    raster.axes(chart);
    for (int i = 0; i < chart.lines().size(); i++) {
      raster.series(chart, chart.lines().get(i), i);
    }
    return raster;
  }

  byte[] png() {
    return Png.encode(pixels, Chart.WIDTH, Chart.HEIGHT);
  }

  int pixel(int x, int y) {
    return pixels[y * Chart.WIDTH + x];
  }

  private void axes(Chart chart) {
    int bottom = Chart.HEIGHT - Chart.BOTTOM;
    Axis x = chart.xAxis();
    Axis y = chart.yAxis();
    for (double tick : x.ticks()) {
      line(x.place(tick), Chart.TOP, x.place(tick), bottom, GREY);
      text(x.place(tick), bottom + 8, 0.5, Axis.label(tick));
    }
    for (double tick : y.ticks()) {
      line(Chart.LEFT, y.place(tick), Chart.WIDTH - Chart.RIGHT, y.place(tick), GREY);
      text(Chart.LEFT - 6, y.place(tick) - 3, 1, Axis.label(tick));
    }
    line(Chart.LEFT, Chart.TOP, Chart.LEFT, bottom, 0);
    line(Chart.LEFT, bottom, Chart.WIDTH - Chart.RIGHT, bottom, 0);
    text(Chart.WIDTH / 2.0, 14, 0.5, chart.title());
    text(Chart.WIDTH / 2.0, Chart.HEIGHT - 18, 0.5, chart.xLabel());
  }

  private void series(Chart chart, Chart.Line line, int index) {
    int colour = Chart.COLOURS[index % Chart.COLOURS.length];
    Axis x = chart.xAxis();
    Axis y = chart.yAxis();
    int before = -1;
    for (int i = 0; i < line.x().length; i++) {
      if (!chart.drawable(line.x()[i], line.y()[i])) {
        before = -1;
        continue;
      }
      int from = before < 0 ? i : before;
      line(
          x.place(line.x()[from]),
          y.place(line.y()[from]),
          x.place(line.x()[i]),
          y.place(line.y()[i]),
          colour);
      before = i;
    }
    int top = Chart.TOP + 10 + 16 * index;
    line(Chart.WIDTH - 150, top, Chart.WIDTH - 130, top, colour);
    text(Chart.WIDTH - 124, top - 3, 0, line.name());
  }

  /** A line of one pixel's width whose edge is smooth: coverage goes by distance. */
  private void line(double x1, double y1, double x2, double y2, int colour) {
    boolean steep = Math.abs(y2 - y1) > Math.abs(x2 - x1);
    double a1 = steep ? y1 : x1;
    double b1 = steep ? x1 : y1;
    double a2 = steep ? y2 : x2;
    double b2 = steep ? x2 : y2;
    if (a1 > a2) {
      double swap = a1;
      a1 = a2;
      a2 = swap;
      swap = b1;
      b1 = b2;
      b2 = swap;
    }
    double slope = a2 == a1 ? 0 : (b2 - b1) / (a2 - a1);
    for (int a = (int) Math.round(a1); a <= Math.round(a2); a++) {
      double b = b1 + slope * (Math.clamp(a, a1, a2) - a1);
      int low = (int) Math.floor(b);
      double part = b - low;
      blend(steep ? low : a, steep ? a : low, colour, 1 - part);
      blend(steep ? low + 1 : a, steep ? a : low + 1, colour, part);
    }
  }

  private void blend(int x, int y, int colour, double part) {
    if (x < 0 || y < 0 || x >= Chart.WIDTH || y >= Chart.HEIGHT) {
      return;
    }
    int old = pixels[y * Chart.WIDTH + x];
    int mixed = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      int from = old >> shift & 255;
      int to = colour >> shift & 255;
      mixed |= (int) Math.round(from + (to - from) * part) << shift;
    }
    pixels[y * Chart.WIDTH + x] = mixed;
  }

  /** Writes text with its top at y; of its width this share lies to the left of x. */
  private void text(double x, double y, double share, String text) {
    int at = (int) Math.round(x - share * Glyphs.width(text));
    for (int i = 0; i < text.length(); i++) {
      for (int row = 0; row < Glyphs.HEIGHT; row++) {
        for (int col = 0; col < Glyphs.WIDTH; col++) {
          if (Glyphs.set(text.charAt(i), col, row)) {
            blend(at + col, (int) Math.round(y) + row, 0, 1);
          }
        }
      }
      at += Glyphs.WIDTH + 1;
    }
  }
}
