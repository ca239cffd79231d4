// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.Json;
import io.jishi.engine.Speculation;
import io.jishi.engine.bench.Bench;
import io.jishi.engine.bench.BenchOptions;
import io.jishi.engine.bench.BenchReport;
import io.jishi.engine.bench.ScalingReport;
import io.jishi.engine.bench.ServeBench;
import io.jishi.engine.bench.ServeOptions;
import io.jishi.engine.bench.ServeReport;
import io.jishi.engine.bench.SpeculateBench;
import io.jishi.engine.bench.SpeculateReport;
import io.jishi.model.RandomSpec;
import io.jishi.train.run.Recipe;
import io.jishi.train.run.TrainingBench;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures a model beside the limits of the machine. */
@Command(
    name = "bench",
    description = "Measures prefill and decode of a model, beside what the machine can do.",
    footer = {
      "",
      "Examples:",
      "  jishi bench -m model.gguf -p 512,2048 -n 128 -b 1,16 -r 3",
      "  jishi bench --random llama-1b:q4_0 --profile",
      "  jishi bench --random list",
      "  jishi bench --random llama-1b:q4_0 --serve -b 1,16 --prefix 4000",
      "  jishi bench -m model.gguf --speculate lookup -n 200",
      "  jishi bench --train --precision bf16 -r 5",
      "  jishi bench --train --scaling -r 25"
    })
final class BenchCommand extends ModelCommand {
  private static final String LIST = "list";

  /** What to measure: exactly one of these. */
  static final class Subject {
    @Option(
        names = {"-m", "--model"},
        order = MODEL_ORDER,
        paramLabel = "MODEL",
        description = MODEL_HELP)
    private Path model;

    @Option(
        names = "--random",
        order = MODEL_ORDER,
        paramLabel = "SHAPE:TYPE",
        description =
            "random weights in memory instead, such as llama-1b:q4_0; 'list' shows what there is")
    private String random;

    @Option(
        names = "--train",
        order = MODEL_ORDER,
        description = "whole steps of training instead, of random weights")
    private boolean train;
  }

  @ArgGroup(multiplicity = "1")
  private Subject subject;

  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "TOKENS",
      split = ",",
      defaultValue = "512",
      description = "tokens to read; 0 leaves prefill out (default: ${DEFAULT-VALUE})")
  private List<Integer> prompts;

  @Option(
      names = {"-n", "--generate"},
      paramLabel = "TOKENS",
      defaultValue = "128",
      description = "tokens to generate; 0 leaves decode out (default: ${DEFAULT-VALUE})")
  private int generate;

  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      split = ",",
      defaultValue = "1",
      description = "sequences that decode side by side (default: ${DEFAULT-VALUE})")
  private List<Integer> batches;

  @Option(
      names = {"-r", "--repeats"},
      paramLabel = "N",
      defaultValue = "3",
      description = "runs of each (default: ${DEFAULT-VALUE})")
  private int repeats;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "3",
      description =
          "each runs before it counts until the JIT has rested for so long, but at most ten times"
              + " as long; 0 is one run (default: ${DEFAULT-VALUE})")
  private int warmUp;

  @Mixin private CacheOption cache;

  @Option(names = "--no-repack", description = "run the model from its mapped file")
  private boolean noRepack;

  @Option(names = "--profile", description = "run each again to see how long every operation takes")
  private boolean profile;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      defaultValue = "fp32",
      description = "with --train: fp32 or bf16 (default: ${DEFAULT-VALUE})")
  private Recipe.Precision precision;

  @Option(
      names = "--shape",
      paramLabel = "PARTS",
      defaultValue = "",
      description =
          "with --train: vocabulary=8192,width=320,layers=6,heads=5,ffn=864,context=512,batch=8 or"
              + " parts of it (default: that)")
  private String shape;

  @Option(
      names = "--scaling",
      description = "with --train: one thread as well, in turns with all of them")
  private boolean scaling;

  @Mixin private ServeMixin serve;
  @Mixin private SpeculateOption speculate;

  private RandomSpec random;

  BenchCommand(Shell shell) {
    super(shell);
  }

  @Override
  protected void prepare() {
    if (subject.random != null && !subject.random.equals(LIST)) {
      random = valid(() -> RandomSpec.parse(subject.random));
      valid(random::bytes);
    }
    if (subject.train) {
      training(0);
    } else if (scaling) {
      throw wrongUsage("--scaling measures steps of training: add --train");
    }
    if (serve.asked()) {
      serving(0);
    }
    if (speculate.asked()) {
      speculation();
    }
  }

  @Override
  protected void work(int threads) {
    if (LIST.equals(subject.random)) {
      shell.out().print(BenchTable.shapes());
      return;
    }
    if (subject.train) {
      train(training(threads));
      return;
    }
    if (serve.asked()) {
      serve(serving(threads));
      return;
    }
    BenchOptions options = measuring(threads);
    if (speculate.asked()) {
      speculate(options, speculation());
      return;
    }
    Consumer<String> progress = shell::note;
    BenchReport report =
        random == null
            ? Bench.run(subject.model, options, progress)
            : Bench.run(random, options, progress);
    print(report);
  }

  private Duration warmUp() {
    return Duration.ofSeconds(warmUp);
  }

  private BenchOptions measuring(int threads) {
    return valid(
        () ->
            new BenchOptions(
                prompts,
                generate,
                batches,
                repeats,
                threads,
                warmUp(),
                !noRepack,
                profile,
                cache.type()));
  }

  private Speculation speculation() {
    Speculation asked = valid(speculate::speculation);
    if (asked.mode() == Speculation.Mode.OFF || serve.asked() || subject.train || generate < 2) {
      throw wrongUsage(
          "--speculate lookup or draft measures answers of 2 tokens or more: leave out --serve and"
              + " --train");
    }
    return asked;
  }

  private void speculate(BenchOptions options, Speculation how) {
    SpeculateReport report =
        random == null
            ? SpeculateBench.run(subject.model, options, how, shell::note)
            : SpeculateBench.run(random, options, how, shell::note);
    shell.out().print(json ? Json.write(report.toJson()) + "\n" : SpeculateTable.report(report));
  }

  private ServeOptions serving(int threads) {
    if (subject.train) {
      throw wrongUsage("--serve measures a model that runs: leave out --train");
    }
    return valid(
        () -> serve.options(batches, prompts.getFirst(), generate, repeats, threads, warmUp()));
  }

  private void serve(ServeOptions options) {
    ServeReport report =
        random == null
            ? ServeBench.run(subject.model, options, shell::note)
            : ServeBench.run(random, options, shell::note);
    shell.out().print(json ? Json.write(report.toJson()) + "\n" : ServeTable.report(report));
  }

  private TrainingBench.Options training(int threads) {
    return valid(() -> new TrainingBench.Options(shape, precision, repeats, warmUp(), threads));
  }

  private void train(TrainingBench.Options options) {
    if (!scaling) {
      print(TrainingBench.run(options, shell::note));
      return;
    }
    ScalingReport report = TrainingBench.scaling(options, shell::note);
    shell.out().print(json ? Json.write(report.toJson()) + "\n" : BenchTable.report(report));
  }

  private void print(BenchReport report) {
    shell.out().print(json ? Json.write(report.toJson()) + "\n" : BenchTable.report(report));
  }
}
