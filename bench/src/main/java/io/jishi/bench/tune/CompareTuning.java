// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench.tune;

import io.jishi.base.Json;
import io.jishi.model.export.AtomicFiles;
import io.jishi.model.export.Disk;
import io.jishi.nano.Nano;
import io.jishi.train.run.RunListener;
import io.jishi.train.tune.Example;
import io.jishi.train.tune.Score;
import io.jishi.train.tune.TuneOptions;
import io.jishi.train.tune.TuneResult;
import io.jishi.train.tune.Tuning;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes the page of learning curves. Arguments: {@code derived-test.jsonl} of MMLU, the folder of
 * MedQuAD, the page to write, and a base other than nano if wanted.
 */
public final class CompareTuning {
  private static final int[] SIZES = {50, 200, 1000};

  private final Path base;
  private final StringBuilder page = new StringBuilder();

  private CompareTuning(Path base) {
    this.base = base;
  }

  /**
   * Runs all and writes the page.
   *
   * @param arguments see the class
   */
  public static void main(String[] arguments) {
    Path base = arguments.length > 3 ? Path.of(arguments[3]) : Nano.file();
    CompareTuning compare = new CompareTuning(base);
    compare.head();
    compare.task(Task.subjects(Path.of(arguments[0])));
    compare.task(Task.extraction(Path.of(arguments[1])));
    AtomicFiles.replace(
        Path.of(arguments[2]),
        Disk.LOCAL,
        out -> out.write(compare.page.toString().getBytes(StandardCharsets.UTF_8)));
  }

  private void head() {
    page.append(
        """
        # What tuning gives, measured

        Made by `io.jishi.bench.tune.CompareTuning`; how to run it is in [TUNE.md](TUNE.md). Each method learns from the same
        examples, the smaller sizes being the beginning of the larger, and answers the same test examples. A cell is the share of
        answers that are right as a whole, in per cent; half the width of a 95 % interval is about 4 to 6 points.

        """);
  }

  private record Line(String name, List<Score> scores, List<Double> seconds) {}

  private void task(Task task) {
    List<Line> lines = new ArrayList<>();
    lines.add(tuned(task));
    for (Method method : List.of(Plain.linear(task), Plain.nearest())) {
      Line line = new Line(method.name(), new ArrayList<>(), new ArrayList<>());
      for (int size : SIZES) {
        long start = System.nanoTime();
        List<String> answers = method.answers(task.train().subList(0, size), task.test());
        line.scores.add(Score.of(task.test(), answers));
        line.seconds.add((System.nanoTime() - start) / 1e9);
      }
      lines.add(line);
    }
    write(task, lines);
  }

  private Line tuned(Task task) {
    Line line = new Line("nano, tuned", new ArrayList<>(), new ArrayList<>());
    for (int size : SIZES) {
      TuneResult result = tune(task, size);
      line.scores.add(result.score());
      line.seconds.add(result.trainNanos() / 1e9);
      say(
          "%s, %d examples: %.1f %% in %.0f s"
              .formatted(
                  task.title(), size, 100 * result.score().accuracy(), result.trainNanos() / 1e9));
    }
    return line;
  }

  private static void say(String line) {
    PrintStream out = System.err;
    out.println(line);
  }

  private TuneResult tune(Task task, int size) {
    try {
      Path work = Files.createTempDirectory("compare-tuning-");
      try {
        List<Example> examples = task.train().subList(0, size);
        Path train = jsonl(work.resolve("train.jsonl"), examples, task.instruction());
        Path test = jsonl(work.resolve("test.jsonl"), task.test(), task.instruction());
        TuneOptions options = TuneOptions.of(base, train, work.resolve("model")).withTest(test);
        return Tuning.run(options, RunListener.NONE, () -> false);
      } finally {
        AtomicFiles.delete(work);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path jsonl(Path file, List<Example> examples, String instruction)
      throws IOException {
    StringBuilder lines = new StringBuilder();
    for (Example e : examples) {
      Map<String, String> pair =
          Map.of("input", e.prompt().getLast().content() + instruction, "output", e.answer());
      lines.append(Json.write(pair)).append('\n');
    }
    return Files.writeString(file, lines);
  }

  private void write(Task task, List<Line> lines) {
    page.append("## ").append(task.title()).append("\n\n").append(task.about()).append(' ');
    page.append(task.test().size())
        .append(" test examples; the commonest answer alone is right in ");
    page.append(percent(lines.getFirst().scores.getFirst().commonestShare())).append(" %.\n\n");
    page.append("| method | 50 | 200 | 1,000 | seconds for 1,000 |\n|---|---|---|---|---|\n");
    for (Line line : lines) {
      page.append("| ").append(line.name);
      for (Score score : line.scores) {
        page.append(" | ").append(percent(score.accuracy()));
        if (score.fields() > 0) {
          page.append(" (fields ");
          page.append(percent((double) score.fieldsRight() / score.fields())).append(')');
        }
      }
      page.append(String.format(Locale.ROOT, " | %.1f |%n", line.seconds.getLast()));
    }
    page.append('\n');
    verdict(lines);
    wrong(lines.getFirst().scores.getLast());
  }

  /** Where the tuned model wins and where it loses, and by how much. */
  private void verdict(List<Line> lines) {
    for (int i = 0; i < SIZES.length; i++) {
      double own = lines.getFirst().scores.get(i).accuracy();
      Line best = lines.get(1);
      for (Line line : lines.subList(1, lines.size())) {
        best = line.scores.get(i).accuracy() > best.scores.get(i).accuracy() ? line : best;
      }
      double points = 100 * (own - best.scores.get(i).accuracy());
      page.append(
          String.format(
              Locale.ROOT,
              "- %,d examples: nano %s by %.1f points against the best of the others, the %s.%n",
              SIZES[i],
              points >= 0 ? "wins" : "loses",
              Math.abs(points),
              best.name));
    }
    page.append('\n');
  }

  private void wrong(Score score) {
    if (score.wrong().isEmpty()) {
      return;
    }
    page.append("Wrong answers of the tuned nano, after 1,000 examples:\n\n");
    page.append("| question | wanted | given |\n|---|---|---|\n");
    for (Score.Wrong w : score.wrong()) {
      page.append("| ").append(cell(w.input())).append(" | ").append(cell(w.wanted()));
      page.append(" | ").append(cell(w.given())).append(" |\n");
    }
    page.append('\n');
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s+", " ");
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f", 100 * share);
  }
}
