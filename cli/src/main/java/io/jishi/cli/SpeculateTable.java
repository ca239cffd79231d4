// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.bench.SpeculateReport;
import java.util.Locale;

/** What guesses gained, as text for people. */
final class SpeculateTable {
  private SpeculateTable() {}

  static String report(SpeculateReport report) {
    StringBuilder text = new StringBuilder();
    text.append(
        line(
            "%s, %d threads, speculation: %s\n",
            Shell.oneLine(report.model()), report.threads(), Shell.oneLine(report.how())));
    text.append(
        line(
            "%8s %8s %14s %14s %7s %9s %9s  %s\n",
            "text",
            "callers",
            "tokens/s",
            "with guesses",
            "gain",
            "guesses",
            "accepted",
            "answers"));
    for (SpeculateReport.Run run : report.runs()) {
      text.append(
          line(
              "%8s %8d %14.2f %14.2f %6.2fx %9d %8.1f%%  %s\n",
              run.text(),
              run.callers(),
              run.without(),
              run.with(),
              run.with() / run.without(),
              run.guessed(),
              run.guessed() == 0 ? 0 : 100.0 * run.accepted() / run.guessed(),
              run.same() ? "the same" : "DIFFER"));
    }
    return text.toString();
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
