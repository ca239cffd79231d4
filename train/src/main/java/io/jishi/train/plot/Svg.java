// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.plot;

import java.util.Locale;

/** Writes a chart as SVG 1.1. */
final class Svg {
  private final Chart chart;
  private final Axis x;
  private final Axis y;
  private final StringBuilder out = new StringBuilder();

  private Svg(Chart chart) {
    this.chart = chart;
    this.x = chart.xAxis();
    this.y = chart.yAxis();
  }

  static String of(Chart chart) {
    return new Svg(chart).draw();
  }

  private String draw() {
    put(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
            + " font-family=\"sans-serif\" font-size=\"12\">",
        Chart.WIDTH, Chart.HEIGHT, Chart.WIDTH, Chart.HEIGHT);
    put("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
    text(Chart.WIDTH / 2.0, 22, "middle", chart.title());
    int bottom = Chart.HEIGHT - Chart.BOTTOM;
    for (double tick : x.ticks()) {
      line(x.place(tick), Chart.TOP, x.place(tick), bottom, "#dddddd");
      text(x.place(tick), bottom + 16, "middle", Axis.label(tick));
    }
    for (double tick : y.ticks()) {
      line(Chart.LEFT, y.place(tick), Chart.WIDTH - Chart.RIGHT, y.place(tick), "#dddddd");
      text(Chart.LEFT - 6, y.place(tick) + 4, "end", Axis.label(tick));
    }
    line(Chart.LEFT, Chart.TOP, Chart.LEFT, bottom, "black");
    line(Chart.LEFT, bottom, Chart.WIDTH - Chart.RIGHT, bottom, "black");
    text(Chart.WIDTH / 2.0, Chart.HEIGHT - 10, "middle", chart.xLabel());
    for (int i = 0; i < chart.lines().size(); i++) {
      series(chart.lines().get(i), i);
    }
    return out.append("</svg>\n").toString();
  }

  private void series(Chart.Line line, int index) {
    String colour = String.format("#%06x", Chart.COLOURS[index % Chart.COLOURS.length]);
    StringBuilder path = new StringBuilder();
    boolean pen = false;
    for (int i = 0; i < line.x().length; i++) {
      boolean there = chart.drawable(line.x()[i], line.y()[i]);
      if (there) {
        path.append(
            String.format(
                Locale.ROOT,
                "%s%.1f %.1f",
                pen ? "L" : "M",
                x.place(line.x()[i]),
                y.place(line.y()[i])));
      }
      pen = there;
    }
    put("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>", path, colour);
    double top = Chart.TOP + 14 + 16 * index;
    line(Chart.WIDTH - 150, top - 4, Chart.WIDTH - 130, top - 4, colour);
    text(Chart.WIDTH - 124, top, "start", line.name());
  }

  private void line(double x1, double y1, double x2, double y2, String colour) {
    put(
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>",
        x1, y1, x2, y2, colour);
  }

  private void text(double x, double y, String anchor, String text) {
    put("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", x, y, anchor, escaped(text));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private void put(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
