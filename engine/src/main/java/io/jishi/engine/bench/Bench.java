// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.JishiException;
import io.jishi.model.Model;
import io.jishi.model.ModelOptions;
import io.jishi.model.RandomSpec;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Ops;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Measures prefill and decode of a model, token ids alone. */
public final class Bench implements AutoCloseable {
  private final Model model;
  private final BenchOptions options;
  private final Consumer<String> progress;
  private final Ops ops;
  private final int threads;
  private final Costs costs;
  private final LimitMeter meter;

  private Bench(Model model, BenchOptions options, Consumer<String> progress) {
    this.model = model;
    this.options = options;
    this.progress = progress;
    Backend backend = Backend.cpu();
    int all = backend.threads();
    this.threads = options.threads() == 0 ? all : Math.min(all, options.threads());
    this.ops = backend.ops(threads);
    this.costs = new Costs(model, options.cache());
    this.meter = new LimitMeter(backend, costs.mainType(), threads);
  }

  /** One kind of run as measured, before its limits are known. */
  private record Measured(
      Workload workload,
      double[] rates,
      double[] memory,
      double[] memoryShares,
      double bytesPerToken,
      double opsPerToken) {
    double max() {
      return rates[rates.length - 1];
    }
  }

  /**
   * Measures a model.
   *
   * @param progress told what is done next
   * @throws JishiException as {@link io.jishi.engine.Engine#open} does, and where the context is
   *     too small
   */
  public static BenchReport run(Path path, BenchOptions options, Consumer<String> progress) {
    ModelOptions loading = new ModelOptions(0, options.repack());
    return run(() -> Model.open(path, Backend.cpu(), loading), options, progress);
  }

  /**
   * Measures a model of random weights, made in memory.
   *
   * @param progress told what is done next
   * @throws JishiException where it does not fit into memory, or the context is too small
   */
  public static BenchReport run(
      RandomSpec random, BenchOptions options, Consumer<String> progress) {
    progress.accept("making " + random.name());
    return run(() -> Model.random(random, Backend.cpu()), options, progress);
  }

  private static BenchReport run(
      Supplier<Model> opener, BenchOptions options, Consumer<String> progress) {
    try (Model model = opener.get();
        Bench bench = new Bench(model, options, progress)) {
      bench.checkContext();
      return bench.measure();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the measurement was interrupted");
    }
  }

  private void checkContext() {
    int context = model.decoder().spec().context();
    if (options.longest() > context) {
      throw new JishiException.BadRequest(
          "prompt",
          options.longest()
              + " tokens are beyond the context of "
              + context
              + " of "
              + model.name());
    }
  }

  private BenchReport measure() throws InterruptedException {
    List<Measured> all = new ArrayList<>();
    List<Profile> profiles = new ArrayList<>();
    measureLimits();
    for (Supplier<Workload> maker : workloads()) {
      try (Workload workload = maker.get()) {
        progress.accept("measuring " + label(workload));
        all.add(measure(workload));
        if (options.profile()) {
          progress.accept("profiling " + label(workload));
          profiles.add(profile(workload));
        }
      }
      measureLimits();
    }
    double bytes = all.stream().mapToDouble(m -> m.max() * m.bytesPerToken).max().orElse(0);
    double operations = all.stream().mapToDouble(m -> m.max() * m.opsPerToken).max().orElse(0);
    BenchReport.Limits limits = meter.limits(bytes, operations);
    List<BenchReport.Run> runs = all.stream().map(m -> run(m, limits)).toList();
    return new BenchReport(model.name(), threads, limits, runs, profiles);
  }

  private void measureLimits() throws InterruptedException {
    progress.accept("measuring memory and products");
    meter.measure();
  }

  private List<Supplier<Workload>> workloads() {
    List<Supplier<Workload>> list = new ArrayList<>();
    for (int prompt : options.prompts()) {
      list.add(() -> new Workload.Prefill(model.decoder(), options.cache(), prompt));
    }
    for (int batch : options.generate() > 0 ? options.batches() : List.<Integer>of()) {
      list.add(
          () -> new Workload.Decode(model.decoder(), options.cache(), options.generate(), batch));
    }
    return list;
  }

  private static String label(Workload workload) {
    return switch (workload) {
      case Workload.Prefill p -> "prefill of " + p.tokens();
      case Workload.Decode d -> "decode of " + d.tokens() + ", " + d.batch() + " at a time";
    };
  }

  /** Tokens per second of each repeat, after the code has been compiled. */
  private Measured measure(Workload workload) {
    WarmUp.run(options.warmUp(), () -> workload.run(ops, meter::sample));
    double tokens = (double) workload.tokens() * workload.batch();
    double bytes = workload.bytes(costs) / tokens;
    double[] rates = new double[options.repeats()];
    double[] memory = new double[rates.length];
    double[] shares = new double[rates.length];
    for (int r = 0; r < rates.length; r++) {
      meter.begin();
      long begin = System.nanoTime();
      workload.run(ops, meter::sample);
      rates[r] = tokens * 1e9 / (System.nanoTime() - begin - meter.sampleNanos());
      memory[r] = Math.max(meter.sampled(), rates[r] * bytes);
      shares[r] = rates[r] * bytes / memory[r];
    }
    Arrays.sort(rates);
    Arrays.sort(memory);
    Arrays.sort(shares);
    return new Measured(
        workload, rates, memory, shares, bytes, workload.operations(costs) / tokens);
  }

  /** Runs it again, watched; the first such run only warms up. */
  private Profile profile(Workload workload) {
    ProfilingOps watched = new ProfilingOps(ops);
    workload.run(watched, () -> {});
    watched.reset();
    long start = System.nanoTime();
    for (int r = 0; r < options.repeats(); r++) {
      workload.run(watched, () -> {});
    }
    long nanos = System.nanoTime() - start;
    return new Profile(
        workload.kind(),
        workload.tokens(),
        workload.batch(),
        options.repeats(),
        nanos,
        watched.operations(nanos));
  }

  private static BenchReport.Run run(Measured m, BenchReport.Limits limits) {
    double median = Quantile.of(m.rates, 0.5);
    double operations = median * m.opsPerToken;
    double ofBytes = Quantile.of(m.memoryShares, 0.5);
    double ofOperations = operations / limits.opsPerSecond();
    double fraction =
        switch (m.workload) {
          case Workload.Prefill _ -> ofOperations;
          case Workload.Decode d -> d.batch() == 1 ? ofBytes : Math.max(ofBytes, ofOperations);
        };
    return new BenchReport.Run(
        m.workload.kind(),
        m.workload.tokens(),
        m.workload.batch(),
        median,
        m.rates[0],
        m.max(),
        median * m.bytesPerToken,
        operations,
        Quantile.of(m.memory, 0.5),
        fraction);
  }

  @Override
  public void close() {
    meter.close();
    ops.close();
  }
}
