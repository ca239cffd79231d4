// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.JishiException;
import io.jishi.engine.Capacity;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineListener;
import io.jishi.engine.EngineOptions;
import io.jishi.engine.Generation;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.RequestMetrics;
import io.jishi.engine.Sampling;
import io.jishi.engine.StepMetrics;
import io.jishi.model.RandomSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;

/** Measures how an engine serves many callers, in process. */
public final class ServeBench {
  private final Engine engine;
  private final ServeOptions options;
  private final Consumer<String> progress;
  private final Watch watch = new Watch();
  private final SplittableRandom random = new SplittableRandom(1);

  private ServeBench(Engine engine, ServeOptions options, Consumer<String> progress) {
    this.engine = engine;
    this.options = options;
    this.progress = progress;
    engine.listen(watch);
  }

  /** Sums over the steps in which all callers generate, and the ends. */
  private static final class Watch implements EngineListener {
    private int streams;
    private long tokens;
    private long nanos;
    private long anyTokens;
    private long anyNanos;
    private final List<RequestMetrics> ended = new ArrayList<>();

    synchronized void begin(int callers) {
      streams = callers;
      tokens = 0;
      nanos = 0;
      anyTokens = 0;
      anyNanos = 0;
      ended.clear();
    }

    @Override
    public synchronized void stepDone(StepMetrics step) {
      anyTokens += step.generating();
      anyNanos += step.nanos();
      if (step.generating() == streams && step.prompts() == 0) {
        tokens += streams;
        nanos += step.nanos();
      }
    }

    @Override
    public synchronized void requestEnded(RequestMetrics request) {
      ended.add(request);
    }

    /** Of the steps in which all callers decoded; of all steps where short answers left none. */
    synchronized double rate() {
      return tokens > 0 ? tokens * 1e9 / nanos : anyTokens * 1e9 / Math.max(1, anyNanos);
    }

    synchronized List<RequestMetrics> ended() {
      return List.copyOf(ended);
    }
  }

  /**
   * Measures a model.
   *
   * @param progress told what is done next
   * @throws JishiException as {@link Engine#open} does
   */
  public static ServeReport run(Path path, ServeOptions options, Consumer<String> progress) {
    return run(engine -> Engine.open(path, engine), options, progress);
  }

  /** Measures a model of random weights; see {@link #run(Path, ServeOptions, Consumer)}. */
  public static ServeReport run(
      RandomSpec random, ServeOptions options, Consumer<String> progress) {
    progress.accept("making " + random.name());
    return run(engine -> Engine.random(random, engine), options, progress);
  }

  private static ServeReport run(
      Function<EngineOptions, Engine> opener, ServeOptions options, Consumer<String> progress) {
    EngineOptions asked =
        EngineOptions.DEFAULT
            .withContext(options.longest())
            .withThreads(options.threads())
            .with(Capacity.DEFAULT.withSequences(options.most()));
    try (Engine engine = opener.apply(asked)) {
      return new ServeBench(engine, options, progress).measure();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the measurement was interrupted");
    }
  }

  private ServeReport measure() throws InterruptedException {
    List<ServeReport.Run> runs = new ArrayList<>();
    for (int streams : options.streams()) {
      progress.accept("measuring " + streams + " at a time");
      WarmUp.run(options.warmUp(), () -> streams(streams));
      List<ServeReport.Run> repeats = new ArrayList<>();
      for (int r = 0; r < options.repeats(); r++) {
        repeats.add(streams(streams));
      }
      repeats.sort(Comparator.comparingDouble(ServeReport.Run::tokensPerSecond));
      runs.add(repeats.get(repeats.size() / 2));
    }
    ServeReport.Prefix prefix = options.prefix() == 0 ? null : prefix();
    ServeReport.Replay replay = null;
    if (options.trace() != null) {
      progress.accept("replaying " + options.trace().getFileName());
      replay = new Replay(engine, options).run();
    }
    return new ServeReport(engine.info().name(), engine.info().threads(), runs, prefix, replay);
  }

  /** Callers with prompts of their own, all at once. */
  private ServeReport.Run streams(int streams) {
    watch.begin(streams);
    List<Generation> all = new ArrayList<>();
    for (int s = 0; s < streams; s++) {
      all.add(engine.start(request(tokens(options.prompt()), options.generate())));
    }
    all.forEach(Generation::result);
    List<RequestMetrics> ended = watch.ended();
    double mean = ended.stream().mapToLong(RequestMetrics::perTokenNanos).average().orElse(0);
    double worst = ended.stream().mapToLong(RequestMetrics::perTokenNanos).max().orElse(0);
    double first = ended.stream().mapToLong(RequestMetrics::firstTokenNanos).average().orElse(0);
    return new ServeReport.Run(streams, watch.rate(), first, mean, mean == 0 ? 1 : worst / mean);
  }

  private ServeReport.Prefix prefix() {
    progress.accept("measuring a prefix of " + options.prefix());
    int[] beginning = tokens(options.prefix());
    return new ServeReport.Prefix(options.prefix(), firstToken(beginning), firstToken(beginning));
  }

  /** Time to the first token of a prompt that begins so. */
  private double firstToken(int[] beginning) {
    watch.begin(1);
    int[] tail = tokens(ServeOptions.TAIL);
    int[] prompt = new int[beginning.length + tail.length];
    System.arraycopy(beginning, 0, prompt, 0, beginning.length);
    System.arraycopy(tail, 0, prompt, beginning.length, tail.length);
    engine.start(request(prompt, 2)).result();
    return watch.ended().getFirst().firstTokenNanos();
  }

  private int[] tokens(int count) {
    return random.ints(count, 0, engine.info().vocabulary()).toArray();
  }

  /** Exactly so many tokens, whatever the model would end with. */
  static Request request(int[] prompt, int generate) {
    return new Request(new Prompt.Tokens(prompt), Sampling.GREEDY, generate, List.of())
        .with(new Request.Ending(generate, Set.of(), false));
  }
}
