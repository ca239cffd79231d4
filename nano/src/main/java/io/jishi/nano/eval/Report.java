// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.eval;

import io.jishi.nano.data.Kinds;
import io.jishi.nano.data.Language;
import io.jishi.nano.data.Split;
import io.jishi.nano.data.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Figures as a page of Markdown. */
public final class Report {
  /**
   * What was measured of one solver.
   *
   * @param name for people
   * @param scores of all kinds
   * @param bits for each byte, by language; empty where there are none
   */
  public record Column(String name, List<Score> scores, List<Double> bits) {
    /** Copies the lists. */
    public Column {
      scores = List.copyOf(scores);
      bits = List.copyOf(bits);
    }
  }

  private final StringBuilder out = new StringBuilder();

  private Report() {}

  /**
   * The page.
   *
   * @param head what stands above: how it was measured
   * @param main the model that the page is about, without sampling
   * @param others beside it: sampled, smaller, baselines
   */
  public static String of(String head, Column main, List<Column> others) {
    Report report = new Report();
    report.out.append(head).append("\n");
    report.details(main);
    List<Column> all = new ArrayList<>(List.of(main));
    all.addAll(others);
    report.comparison(all);
    report.bits(all);
    report.failures(main);
    return report.out.toString();
  }

  private void details(Column main) {
    out.append("\n## Exact answers, per cent, by what was held out\n\n");
    out.append(
        "| kind | what | en: wordings | patterns | values | zh: wordings | patterns | values |\n");
    out.append("|---|---|--:|--:|--:|--:|--:|--:|\n");
    for (Kinds.Kind kind : Kinds.all()) {
      out.append("| ").append(kind.name()).append(" | ").append(kind.about());
      for (Language language : Language.values()) {
        for (Split split : List.of(Split.WORDINGS, Split.PATTERNS, Split.VALUES)) {
          out.append(" | ").append(share(main.scores, kind.name(), language, split));
        }
      }
      out.append(" |\n");
    }
    out.append("| **all** | mean of the kinds");
    for (Language language : Language.values()) {
      for (Split split : List.of(Split.WORDINGS, Split.PATTERNS, Split.VALUES)) {
        out.append(" | **").append(share(main.scores, null, language, split)).append("**");
      }
    }
    out.append(" |\n");
  }

  private void comparison(List<Column> all) {
    out.append("\n## Beside others, per cent, held-out wordings\n\n| kind");
    for (Column column : all) {
      out.append(" | ").append(column.name).append(" en | zh");
    }
    out.append(" |\n|---").append("|--:|--:".repeat(all.size())).append("|\n");
    for (Kinds.Kind kind : Kinds.all()) {
      out.append("| ").append(kind.name());
      compare(all, kind.name(), "");
    }
    out.append("| **all**");
    compare(all, null, "**");
  }

  private void compare(List<Column> all, String kind, String mark) {
    for (Column column : all) {
      for (Language language : Language.values()) {
        out.append(" | ").append(mark);
        out.append(share(column.scores, kind, language, Split.WORDINGS)).append(mark);
      }
    }
    out.append(" |\n");
  }

  private void bits(List<Column> all) {
    out.append("\n## Bits per byte of right answers, held-out wordings\n\n");
    out.append("| | English | Chinese |\n|---|--:|--:|\n");
    for (Column column : all) {
      if (!column.bits.isEmpty()) {
        out.append(
            String.format(
                Locale.ROOT,
                "| %s | %.3f | %.3f |\n",
                column.name,
                column.bits.get(0),
                column.bits.get(1)));
      }
    }
  }

  private void failures(Column main) {
    out.append("\n## Failures\n\nThe first wrong answer of each kind and language, if any.\n\n");
    for (Score score : main.scores) {
      if (score.split() == Split.WORDINGS && !score.failures().isEmpty()) {
        Score.Failure failure = score.failures().getFirst();
        out.append("- **").append(score.kind()).append("** (").append(score.language().code());
        out.append("): ").append(code(question(failure))).append(" — expected ");
        out.append(code(expected(failure))).append(", said ");
        out.append(code(failure.reply().line())).append("\n");
      }
    }
  }

  private static String question(Score.Failure failure) {
    return String.join(
        " ⏎ ",
        failure.exercise().question().stream()
            .filter(t -> !t.content().isEmpty())
            .map(t -> t.content().replace("\n", " ⏎ "))
            .toList());
  }

  private static String expected(Score.Failure failure) {
    Turn answer = failure.exercise().answer();
    List<Turn.Call> calls = answer.call() == null ? List.of() : List.of(answer.call());
    return new Solver.Reply(answer.content(), "", calls).line();
  }

  private static String code(String text) {
    return "`" + text.replace("`", "'").replace("\t", " ") + "`";
  }

  /** Mean over kinds where none is given; a dash where nothing was measured. */
  private static String share(List<Score> scores, String kind, Language language, Split split) {
    return scores.stream()
        .filter(s -> kind == null || s.kind().equals(kind))
        .filter(s -> s.language() == language && s.split() == split && s.total() > 0)
        .mapToDouble(s -> 100.0 * s.right() / s.total())
        .average()
        .stream()
        .mapToObj(x -> String.format(Locale.ROOT, "%.0f", x))
        .findFirst()
        .orElse("–");
  }
}
