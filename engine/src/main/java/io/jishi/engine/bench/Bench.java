// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.bench;

import io.jishi.base.JishiException;
import io.jishi.model.Decoder;
import io.jishi.model.DecoderSpec;
import io.jishi.model.Model;
import io.jishi.model.StoredTensor;
import io.jishi.tensor.Backend;
import io.jishi.tensor.Batch;
import io.jishi.tensor.DType;
import io.jishi.tensor.Ops;
import io.jishi.tensor.Precision;
import io.jishi.tensor.SequenceState;
import io.jishi.tensor.StatePool;
import io.jishi.tensor.StateSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/** Measures prefill and decode of a model, token ids alone. */
public final class Bench implements AutoCloseable {
  /** Tokens of a prefill step, as the engine takes them. */
  private static final int CHUNK = 256;

  /** The JIT compiles what has run for about this long; before, no figure counts. */
  private static final long WARM_UP_NANOS = 3_000_000_000L;

  private final Model model;
  private final Decoder decoder;
  private final BenchOptions options;
  private final Ops ops;
  private final int threads;
  private final Batch batch = new Batch();

  private Bench(Model model, BenchOptions options) {
    this.model = model;
    this.decoder = model.decoder();
    this.options = options;
    this.ops = Backend.cpu().ops(options.threads());
    int all = Backend.cpu().threads();
    this.threads = options.threads() == 0 ? all : Math.min(all, options.threads());
  }

  /**
   * Measures a model.
   *
   * @param progress told what is measured next
   * @throws JishiException as {@link io.jishi.engine.Engine#open} does, and where the context is
   *     too small
   */
  public static BenchReport run(Path path, BenchOptions options, Consumer<String> progress) {
    try (Bench bench = new Bench(Model.open(path, Backend.cpu()), options)) {
      bench.checkContext();
      return bench.measure(progress);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JishiException.Cancelled("the measurement was interrupted");
    }
  }

  private void checkContext() {
    int longest = Math.max(options.prompt(), options.generate() + 1);
    if (longest > decoder.spec().context()) {
      throw new JishiException.BadRequest(
          "prompt",
          longest
              + " tokens are beyond the context of "
              + decoder.spec().context()
              + " of "
              + model.name());
    }
  }

  private BenchReport measure(Consumer<String> progress) throws InterruptedException {
    progress.accept("memory");
    double bytes = MemoryMeter.measure(threads);
    progress.accept("products");
    double peak = Backend.cpu().measureProducts(mainType(), Precision.FAST, threads);
    BenchReport.Limits limits = new BenchReport.Limits(bytes, peak, true);
    List<BenchReport.Run> runs = new ArrayList<>();
    if (options.prompt() > 0) {
      progress.accept("prefill of " + options.prompt());
      runs.add(prefill(limits));
    }
    for (int size : options.generate() > 0 ? options.batches() : List.<Integer>of()) {
      progress.accept("decode of " + options.generate() + ", " + size + " at a time");
      runs.add(decode(limits, size));
    }
    return new BenchReport(model.name(), threads, limits, runs);
  }

  private BenchReport.Run prefill(BenchReport.Limits limits) {
    int n = options.prompt();
    int[] tokens = tokens(n);
    double[] rates;
    try (StatePool pool = pool(n);
        SequenceState state = pool.newState()) {
      rates =
          repeat(
              n,
              () -> {
                state.truncate(0);
                for (int at = 0; at < n; at += CHUNK) {
                  int count = Math.min(CHUNK, n - at);
                  batch.clear();
                  batch.add(state, tokens, at, count, at + count == n ? 1 : 0);
                  decoder.forward(ops, batch, Precision.FAST);
                }
              });
    }
    double operations = 2.0 * (layerWeights() + outputWeights() / n) + attention(n / 2.0);
    double fraction = median(rates) * operations / limits.opsPerSecond();
    return run("prefill", n, 1, rates, fraction);
  }

  private BenchReport.Run decode(BenchReport.Limits limits, int size) {
    int n = options.generate();
    int[] tokens = tokens(n + 1);
    List<SequenceState> states = new ArrayList<>();
    double[] rates;
    try (StatePool pool = pool((long) size * (n + 1 + StateSpec.BLOCK))) {
      for (int s = 0; s < size; s++) {
        states.add(pool.newState());
      }
      rates =
          repeat(
              size * n,
              () -> {
                states.forEach(state -> state.truncate(0));
                for (int at = 0; at < n; at++) {
                  batch.clear();
                  for (int s = 0; s < size; s++) {
                    batch.add(states.get(s), tokens, at, 1, 1);
                  }
                  decoder.forward(ops, batch, Precision.FAST);
                }
              });
    }
    double weights = weightBytes() / (double) size + cacheBytes(n / 2.0);
    double bytes = median(rates) * weights / limits.bytesPerSecond();
    double operations = 2.0 * (layerWeights() + outputWeights()) + attention(n / 2.0);
    double products = median(rates) * operations / limits.opsPerSecond();
    return run("decode", n, size, rates, size == 1 ? bytes : Math.max(bytes, products));
  }

  /** Tokens per second of each repeat, after the code has been compiled. */
  private double[] repeat(int tokens, Runnable work) {
    long start = System.nanoTime();
    do {
      work.run();
    } while (System.nanoTime() - start < WARM_UP_NANOS);
    double[] rates = new double[options.repeats()];
    for (int r = 0; r < rates.length; r++) {
      long begin = System.nanoTime();
      work.run();
      rates[r] = tokens * 1e9 / (System.nanoTime() - begin);
    }
    Arrays.sort(rates);
    return rates;
  }

  private static BenchReport.Run run(
      String kind, int tokens, int batch, double[] rates, double fraction) {
    return new BenchReport.Run(
        kind, tokens, batch, median(rates), rates[0], rates[rates.length - 1], fraction);
  }

  private static double median(double[] sorted) {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private int[] tokens(int count) {
    int[] tokens = new int[count];
    Arrays.setAll(tokens, i -> (int) ((i * 7919L + 13) % decoder.spec().vocabulary()));
    return tokens;
  }

  private StatePool pool(long tokens) {
    return new StatePool(decoder.stateSpec(DType.F16), tokens);
  }

  /** The type that holds most of the weights. */
  private DType mainType() {
    return model.tensors().values().stream()
        .max(Comparator.comparingLong(t -> bytesOf(t.type())))
        .map(StoredTensor::type)
        .orElse(DType.F32);
  }

  private long bytesOf(DType type) {
    return model.tensors().values().stream()
        .filter(t -> t.type() == type)
        .mapToLong(t -> t.data().byteSize())
        .sum();
  }

  /** Matrix elements that each token of a prefill meets. */
  private double layerWeights() {
    double all = matrices().stream().mapToLong(StoredTensor::elements).sum();
    return all - outputWeights() * (decoder.spec().tiedOutput() ? 1 : 2);
  }

  private double outputWeights() {
    return (double) decoder.spec().vocabulary() * decoder.spec().width();
  }

  /** Bytes of weights that a decode step reads: all but an embedding of its own. */
  private long weightBytes() {
    long all = matrices().stream().mapToLong(t -> t.data().byteSize()).sum();
    return decoder.spec().tiedOutput() ? all : all - embeddingBytes();
  }

  private long embeddingBytes() {
    return matrices().stream()
        .filter(t -> t.elements() == (long) outputWeights())
        .mapToLong(t -> t.data().byteSize())
        .findFirst()
        .orElse(0);
  }

  private List<StoredTensor> matrices() {
    return model.tensors().values().stream().filter(t -> t.shape().size() == 2).toList();
  }

  /** Operations of a token's attention over {@code keys} positions. */
  private double attention(double keys) {
    double sum = 0;
    for (DecoderSpec.Layer layer : decoder.spec().layers()) {
      sum +=
          switch (layer.mixer()) {
            case DecoderSpec.GroupedAttention a -> 4.0 * a.heads() * a.headDim() * keys;
          };
    }
    return sum;
  }

  /** Bytes of cache that a token reads over {@code keys} positions. */
  private double cacheBytes(double keys) {
    double sum = 0;
    for (StateSpec.Layer layer : decoder.stateSpec(DType.F16).layers()) {
      sum +=
          switch (layer) {
            case StateSpec.Rows rows -> rows.tokenBytes() * keys;
            case StateSpec.Recurrent r -> 2.0 * r.bytes();
          };
    }
    return sum;
  }

  @Override
  public void close() {
    ops.close();
    model.close();
  }
}
