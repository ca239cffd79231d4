// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JsonObject;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.train.plot.Chart;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Draws the metrics of a run: loss, learning rate and gradient norm over the steps. */
final class RunPlots {
  private static final int MOST = 1000; // points of a line; more are averaged

  private RunPlots() {}

  /** Writes {@code loss}, {@code rate} and {@code gradient}, each as SVG and PNG. */
  static void write(List<JsonObject> metrics, Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw AtomicFiles.failed(folder, e);
    }
    Chart.Line training = line("training", metrics, "loss");
    Chart.Line heldOut = line("held out", metrics, "evaluationLoss");
    draw(
        folder.resolve("loss"),
        new Chart(
            "loss (nats a token)",
            "step",
            heldOut.x().length == 0 ? List.of(training) : List.of(training, heldOut),
            false));
    draw(folder.resolve("rate"), chart("learning rate", line("rate", metrics, "rate"), false));
    Chart.Line norm = line("gradient norm", metrics, "gradientNorm");
    draw(folder.resolve("gradient"), chart("gradient norm", norm, true));
  }

  private static Chart chart(String title, Chart.Line line, boolean logarithmic) {
    return new Chart(title, "step", List.of(line), logarithmic);
  }

  private static void draw(Path stem, Chart chart) {
    String svg = chart.toSvg();
    AtomicFiles.replace(
        stem.resolveSibling(stem.getFileName() + ".svg"),
        Disk.LOCAL,
        out -> out.write(svg.getBytes(StandardCharsets.UTF_8)));
    byte[] png = chart.toPng();
    AtomicFiles.replace(
        stem.resolveSibling(stem.getFileName() + ".png"), Disk.LOCAL, out -> out.write(png));
  }

  private static Chart.Line line(String name, List<JsonObject> metrics, String field) {
    List<double[]> points = new ArrayList<>();
    for (JsonObject line : metrics) {
      if (line.fields().get(field) instanceof Number value
          && line.fields().get("step") instanceof Number step) {
        points.add(new double[] {step.doubleValue(), value.doubleValue()});
      }
    }
    int each = Math.ceilDiv(Math.max(1, points.size()), MOST);
    int count = Math.ceilDiv(points.size(), each);
    double[] x = new double[count];
    double[] y = new double[count];
    for (int i = 0; i < count; i++) {
      List<double[]> part = points.subList(i * each, Math.min(points.size(), (i + 1) * each));
      x[i] = part.getLast()[0];
      y[i] = part.stream().mapToDouble(p -> p[1]).average().orElse(Double.NaN);
    }
    return new Chart.Line(name, x, y);
  }
}
