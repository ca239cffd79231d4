// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.engine.Answer;
import io.jishi.engine.Capacity;
import io.jishi.engine.Engine;
import io.jishi.engine.EngineOptions;
import io.jishi.engine.Generation;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import io.jishi.engine.Speculation;
import io.jishi.engine.Usage;
import io.jishi.model.RandomSpec;
import io.jishi.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Measures what guesses gain: the same greedy answers with and without them, in turns, in one run
 * of one engine. One text goes on as it began, another does not. Models of random weights end up in
 * loops whatever they read: of those the times tell something, the acceptance nothing.
 */
public final class SpeculateBench {
  private static final String LIST = "a list";
  private static final String PROSE = "prose";

  /** A text that can only be continued with what stands in it. */
  private static final String RECORDS =
      """
      {"id": 1, "name": "river", "kind": "water", "length": 120, "unit": "km"}
      {"id": 2, "name": "hill", "kind": "land", "length": 80, "unit": "km"}
      {"id": 3, "name": "lake", "kind": "water", "length": 40, "unit": "km"}
      {"id": 4, "name": "road", "kind": "land", "length": 200, "unit": "km"}
      {"id": 1, "name": "river", "kind": "water", "length": 120, "unit": "km"}
      {"id": 2, "name": "hill",\
      """
          + " \"kind\":";

  private static final String STORY =
      "When the old clock maker opened his shop on the first morning of winter, he did not expect"
          + " that";

  private final Engine engine;
  private final BenchOptions options;
  private final Speculation.Mode mode;
  private final Consumer<String> progress;

  private SpeculateBench(
      Engine engine, BenchOptions options, Speculation.Mode mode, Consumer<String> progress) {
    this.engine = engine;
    this.options = options;
    this.mode = mode;
    this.progress = progress;
  }

  /**
   * Measures a model.
   *
   * @param options of which prompts count for models of random weights only
   * @param progress told what is done next
   */
  public static SpeculateReport run(
      Path path, BenchOptions options, Speculation speculation, Consumer<String> progress) {
    return run(o -> Engine.open(path, o), false, options, speculation, progress);
  }

  /** Measures a model of random weights. */
  public static SpeculateReport run(
      RandomSpec random, BenchOptions options, Speculation speculation, Consumer<String> progress) {
    progress.accept("making " + random.name());
    return run(o -> Engine.random(random, o), true, options, speculation, progress);
  }

  private static SpeculateReport run(
      Function<EngineOptions, Engine> opener,
      boolean random,
      BenchOptions options,
      Speculation speculation,
      Consumer<String> progress) {
    int callers = options.batches().stream().mapToInt(Integer::intValue).max().orElse(1);
    EngineOptions asked =
        EngineOptions.DEFAULT
            .withThreads(options.threads())
            .withRepack(options.repack())
            .withCache(options.cache())
            .with(Capacity.DEFAULT.withSequences(callers))
            .withQueue(callers)
            .with(speculation);
    try (Engine engine = opener.apply(asked)) {
      SpeculateBench bench = new SpeculateBench(engine, options, speculation.mode(), progress);
      return bench.measure(random ? bench.ids() : bench.texts());
    }
  }

  private Map<String, int[]> texts() {
    Tokenizer tokenizer = engine.tokenizer();
    Map<String, int[]> all = new LinkedHashMap<>();
    all.put(LIST, tokenizer.frame(tokenizer.encode(RECORDS, Tokenizer.Special.TEXT)));
    all.put(PROSE, tokenizer.frame(tokenizer.encode(STORY, Tokenizer.Special.TEXT)));
    return all;
  }

  private Map<String, int[]> ids() {
    SplittableRandom random = new SplittableRandom(1);
    int count = options.prompts().isEmpty() ? 512 : Math.max(8, options.prompts().getFirst());
    int[] line = random.ints(24, 0, engine.info().vocabulary()).toArray();
    int[] lines = new int[count];
    Arrays.setAll(lines, i -> line[i % line.length]);
    Map<String, int[]> all = new LinkedHashMap<>();
    all.put(LIST, lines);
    all.put(PROSE, random.ints(count, 0, engine.info().vocabulary()).toArray());
    return all;
  }

  private SpeculateReport measure(Map<String, int[]> texts) {
    List<SpeculateReport.Run> runs = new ArrayList<>();
    for (int callers : options.batches()) {
      for (Map.Entry<String, int[]> text : texts.entrySet()) {
        progress.accept("measuring " + text.getKey() + ", " + callers + " at a time");
        runs.add(measure(text.getKey(), text.getValue(), callers));
      }
    }
    return new SpeculateReport(
        engine.info().name(), engine.info().threads(), engine.info().speculation(), runs);
  }

  private SpeculateReport.Run measure(String name, int[] text, int callers) {
    List<Double> without = new ArrayList<>();
    List<Double> with = new ArrayList<>();
    long guessed = 0;
    long accepted = 0;
    boolean same = true;
    WarmUp.run(
        options.warmUp(),
        () -> {
          answers(text, callers, Speculation.Mode.OFF);
          answers(text, callers, mode);
        });
    for (int r = 0; r < options.repeats(); r++) {
      List<Answer> plain = answers(text, callers, Speculation.Mode.OFF);
      List<Answer> ahead = answers(text, callers, mode);
      for (int i = 0; i < callers; i++) {
        same &= Arrays.equals(plain.get(i).tokens(), ahead.get(i).tokens());
        Usage.Guesses guesses = ahead.get(i).usage().guesses();
        guessed += guesses.computed();
        accepted += guesses.accepted();
      }
      without.add(rate(plain));
      with.add(rate(ahead));
    }
    return new SpeculateReport.Run(
        name, callers, median(without), median(with), guessed, accepted, same);
  }

  /** Callers that differ in their first token, so that each is computed. */
  private List<Answer> answers(int[] text, int callers, Speculation.Mode how) {
    List<Generation> all = new ArrayList<>();
    for (int c = 0; c < callers; c++) {
      int[] own = text.clone();
      own[own.length / 2] = (own[own.length / 2] + c) % engine.info().vocabulary();
      int tokens = options.generate();
      Request request =
          new Request(new Prompt.Tokens(own), Sampling.GREEDY, tokens, List.of())
              .with(new Request.Ending(tokens, Set.of(), false));
      all.add(engine.start(request.with(request.service().with(how))));
    }
    return all.stream().map(Generation::result).toList();
  }

  private static double rate(List<Answer> answers) {
    long tokens = answers.stream().mapToLong(a -> a.usage().generatedTokens() - 1).sum();
    long nanos = answers.stream().mapToLong(a -> a.usage().decodeNanos()).max().orElse(1);
    return tokens * 1e9 / Math.max(1, nanos);
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
