// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.train.tune.Score;
import io.jishi.train.tune.TuneOptions;
import io.jishi.train.tune.TuneResult;
import io.jishi.train.tune.Tuning;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Specialises a model to one narrow task by examples. */
@Command(
    name = "tune",
    description = {
      "Specialises a model to one narrow task by examples: classification, extraction, short"
          + " answers.",
      "Some examples are held out, and the new model's answers to them are counted.",
      "Ctrl-C ends it; then nothing is written."
    },
    footer = {
      "",
      "Examples:",
      "  jishi tune --data examples.jsonl --out my-model",
      "  jishi tune --base model.gguf --data examples.jsonl --out my-model.gguf",
      "  jishi run -m my-model \"…\"",
      "",
      "An example is a line: {\"input\": \"…\", \"output\": \"…\"}, where the output is a text or"
          + " a JSON object;",
      "or {\"messages\": [{\"role\": \"user\", \"content\": \"…\"}, {\"role\": \"assistant\","
          + " \"content\": \"…\"}]}."
    })
final class TuneCommand extends ModelCommand {
  @Option(
      names = "--base",
      order = MODEL_ORDER,
      paramLabel = "MODEL",
      description = MODEL_HELP + BuiltIn.DEFAULT_HELP)
  private Path base;

  @Option(
      names = "--data",
      order = MODEL_ORDER,
      required = true,
      paramLabel = "FILE",
      description = "examples, one JSON object a line; ten at the least")
  private Path data;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "PATH",
      description = "what to write: a new folder, or a file that ends with .gguf")
  private Path out;

  @Option(
      names = "--test",
      paramLabel = "FILE",
      description = "examples to count by (default: a fifth of the data is held out, at most 200)")
  private Path test;

  @Option(
      names = "--method",
      paramLabel = "HOW",
      description = "auto, full, lora (default: all weights of a small model, else lora)")
  private TuneOptions.Method method = TuneOptions.Method.AUTO;

  @Option(
      names = "--passes",
      paramLabel = "N",
      description = "passes over the examples (default: 3 to 20, more where they are few)")
  private double passes;

  @Option(
      names = "--rate",
      paramLabel = "R",
      description = "highest learning rate (default: follows from the size of the model)")
  private double rate;

  @Option(names = "--rank", paramLabel = "N", description = "rank of lora (default: 16)")
  private int rank = 16;

  @Option(
      names = "--held-out",
      paramLabel = "SHARE",
      description = "share of the examples to count by (default: 0.2)")
  private double heldOut = 0.2;

  @Option(names = "--seed", paramLabel = "N", description = "of all that is drawn (default: 1)")
  private long seed = 1;

  TuneCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    valid(() -> options(data, 0)); // any path stands for a base that may have to be unpacked
  }

  private TuneOptions options(Path from, int threads) {
    return new TuneOptions(
        from, data, test, out, method, passes, rate, rank, heldOut, seed, threads);
  }

  @Override
  protected void work(int threads) {
    TuneOptions options = valid(() -> options(BuiltIn.path(shell, base), threads));
    TuneResult result;
    try (StopSignal stop = new StopSignal()) {
      result = Tuning.run(options, new TrainingView(shell, 0), stop::given);
    }
    if (result.out() == null) {
      shell.note("stopped after step " + result.steps() + ": nothing is written");
      return;
    }
    warn(result);
    shell.out().print(report(result));
  }

  private void warn(TuneResult result) {
    if (result.repeated() > 0) {
      shell.note(
          result.repeated() + " examples were left out: a held-out one asks the same of the model");
    }
    if (result.contradictions() > 0) {
      shell.note(
          result.contradictions() + " inputs have more than one output: no model can please both");
    }
  }

  private String report(TuneResult result) {
    Score score = result.score();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s: %,d parameters, %s; %d examples, %d steps, %.0f s%n",
            result.out(),
            result.parameters(),
            result.full() ? "all weights learned" : "adapters of rank " + rank + " learned",
            result.examples(),
            result.steps(),
            result.trainNanos() / 1e9));
    text.append(
        String.format(
            Locale.ROOT,
            "held out: %d of %d answers are right: %s (the commonest answer alone: %.1f %%)%n",
            score.exact(),
            score.total(),
            percent(score),
            100 * score.commonestShare()));
    if (score.fields() > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "          %d of %d fields are right: %.1f %%%n",
              score.fieldsRight(),
              score.fields(),
              100.0 * score.fieldsRight() / score.fields()));
    }
    for (Score.Wrong wrong : score.wrong()) {
      text.append("  wrong:  ").append(Shell.oneLine(wrong.input())).append('\n');
      text.append("  wanted: ").append(Shell.oneLine(wrong.wanted())).append('\n');
      text.append("  given:  ").append(Shell.oneLine(wrong.given())).append('\n');
    }
    return text.append("run it: jishi run -m ").append(result.out()).append(" \"…\"\n").toString();
  }

  /** With the half width of a 95 % interval: few examples say little. */
  private static String percent(Score score) {
    double p = score.accuracy();
    double half = 1.96 * Math.sqrt(p * (1 - p) / score.total());
    return String.format(Locale.ROOT, "%.1f ± %.1f %%", 100 * p, 100 * half);
  }
}
