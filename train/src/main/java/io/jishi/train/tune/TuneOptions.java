// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import io.jishi.base.JishiException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * What is tuned, on what and how.
 *
 * @param base a GGUF file, or a folder with {@code config.json} and safetensors, with a chat
 *     template
 * @param data examples, see {@link ExampleFile}
 * @param test examples to judge by; null holds some of {@code data} out
 * @param out what to write: a file that ends with {@code .gguf} (its matrices in Q8_0), or a new
 *     folder (in F16)
 * @param method what learns
 * @param passes over the examples; 0 follows from their number
 * @param rate highest learning rate; 0 follows from the size of the model
 * @param rank of the adapters, for {@link Method#LORA}
 * @param heldOut share of the examples to judge by, where there is no {@code test}
 * @param seed of all that is drawn
 * @param threads processors to use, 0 for all
 */
public record TuneOptions(
    Path base,
    Path data,
    Path test,
    Path out,
    Method method,
    double passes,
    double rate,
    int rank,
    double heldOut,
    long seed,
    int threads) {

  /** What of the model learns. */
  public enum Method {
    /** All weights of a small model, adapters of a larger one. */
    AUTO,
    /** All weights. */
    FULL,
    /** Low-rank adapters, which then become part of the weights. */
    LORA
  }

  /** Refuses what is out of range. */
  public TuneOptions {
    Objects.requireNonNull(base, "base");
    Objects.requireNonNull(data, "data");
    Objects.requireNonNull(out, "out");
    Objects.requireNonNull(method, "method");
    check(passes >= 0 && passes <= 1000, "passes", "0 to 1000, not " + passes);
    check(rate >= 0 && rate <= 1, "rate", "0 to 1, not " + rate);
    check(rank >= 1 && rank <= 4096, "rank", "1 to 4096, not " + rank);
    check(heldOut > 0 && heldOut <= 0.5, "held-out", "above 0 and at most 0.5, not " + heldOut);
    check(threads >= 0, "threads", "0 or more, not " + threads);
  }

  /** The defaults for a base, a file of examples and a name for the result. */
  public static TuneOptions of(Path base, Path data, Path out) {
    return new TuneOptions(base, data, null, out, Method.AUTO, 0, 0, 16, 0.2, 1, 0);
  }

  /** The same options, judged by the examples of a file. */
  public TuneOptions withTest(Path file) {
    return new TuneOptions(
        base, data, file, out, method, passes, rate, rank, heldOut, seed, threads);
  }

  /** The same options with another method. */
  public TuneOptions with(Method other) {
    return new TuneOptions(
        base, data, test, out, other, passes, rate, rank, heldOut, seed, threads);
  }

  /** The same options with other numbers of passes and highest learning rate. */
  public TuneOptions with(double otherPasses, double otherRate) {
    return new TuneOptions(
        base, data, test, out, method, otherPasses, otherRate, rank, heldOut, seed, threads);
  }

  /** The same options with another number of threads. */
  public TuneOptions withThreads(int count) {
    return new TuneOptions(base, data, test, out, method, passes, rate, rank, heldOut, seed, count);
  }

  private static void check(boolean ok, String field, String expected) {
    if (!ok) {
      throw new JishiException.BadRequest(field, field + " must be " + expected);
    }
  }
}
