// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a recipe comes to once the data is known.
 *
 * @param parameters of the model
 * @param context tokens of a sequence
 * @param steps in all
 * @param batch sequences of a step, over all processes
 * @param micro sequences that are computed at a time
 * @param rate highest learning rate
 * @param evaluateEvery steps between evaluations
 * @param sampleEvery steps between samples
 * @param checkpointEvery steps between checkpoints
 * @param opsPerToken multiplications and additions that a token takes, forwards and backwards
 */
public record Plan(
    long parameters,
    int context,
    long steps,
    int batch,
    int micro,
    double rate,
    long evaluateEvery,
    long sampleEvery,
    long checkpointEvery,
    double opsPerToken) {

  private static final int TIMES =
      20; // checkpoints of a run, and twice the evaluations, unless said
  private static final int MICRO_TOKENS = 4096; // at a time: activations stay small

  /** Tokens of one step. */
  public long tokensPerStep() {
    return (long) batch * context;
  }

  /** Tokens in all. */
  public long tokens() {
    return steps * tokensPerStep();
  }

  /**
   * Decides what the recipe leaves open.
   *
   * @param recipe what is asked for
   * @param parameters of the model
   * @param body the same without embedding and output matrix
   * @param layers of the model
   * @param width of the model
   * @param inData tokens of the data, or rows times the context
   * @param processes that share a batch: it becomes a multiple of them, and of what each computes
   *     at a time where the recipe does not set it
   */
  public static Plan of(
      Recipe recipe,
      long parameters,
      long body,
      int layers,
      int width,
      long inData,
      int processes) {
    Recipe.Training t = recipe.training();
    int context = recipe.shape().context();
    boolean tuning = recipe.fineTune().isPresent();
    long tokens = t.tokens().orElse(tuning ? 3 * inData : Dial.tokens(parameters, inData));
    int unit = recipe.prefers() ? 2 : 1; // a pair is never divided
    int most = Math.max(1, t.micro().orElse(MICRO_TOKENS / context) / unit);
    int units =
        Math.ceilDiv(
            t.batch().orElseGet(() -> batch(body, tokens, context, tuning)), unit * processes);
    int micro = t.batch().isPresent() ? divisor(units, most) : even(units, most);
    units = Math.ceilDiv(units, micro) * micro;
    int batch = units * unit * processes;
    long steps =
        t.steps().map(Long::valueOf).orElse(Math.max(1, tokens / ((long) batch * context)));
    double rate =
        t.rate()
            .orElseGet(
                () -> {
                  long seen = t.steps().isPresent() ? steps * context : tokens;
                  return Dial.rate(body, Math.max(seen, context), recipe);
                });
    long part = Math.max(1, steps / TIMES);
    long evaluate = or(recipe.evaluation().every(), 2 * part);
    return new Plan(
        parameters,
        context,
        steps,
        batch,
        micro * unit,
        rate,
        evaluate,
        or(recipe.samples().every(), evaluate),
        or(recipe.checkpoints().every(), part),
        6.0 * parameters + 6.0 * layers * width * context);
  }

  private static int batch(long body, long tokens, int context, boolean tuning) {
    return tuning ? 8 : Math.clamp(Math.round(Dial.batchTokens(body, tokens) / context), 4, 4096);
  }

  /** The largest divisor of {@code n} that is at most {@code most}. */
  private static int divisor(int n, int most) {
    int d = Math.min(n, most);
    while (n % d != 0) {
      d--;
    }
    return d;
  }

  /** The size of as few parts of {@code n} as there can be of at most {@code most}. */
  private static int even(int n, int most) {
    return Math.ceilDiv(n, Math.ceilDiv(n, most));
  }

  private static long or(int asked, long usual) {
    return asked > 0 ? asked : usual;
  }

  /** What a checkpoint must agree with. */
  Map<String, String> identity() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("steps", Long.toString(steps));
    values.put("batch", Integer.toString(batch));
    values.put("learning rate", Double.toString(rate));
    return values;
  }

  /** For people. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "%s parameters, %,d steps of %d x %d tokens (%s in all), learning rate %.2g",
        short_(parameters),
        steps,
        batch,
        context,
        short_(tokens()),
        rate);
  }

  private static String short_(long n) {
    if (n < 10_000) {
      return Long.toString(n);
    }
    return n < 1_000_000
        ? String.format(Locale.ROOT, "%.0fk", n / 1e3)
        : n < 1_000_000_000
            ? String.format(Locale.ROOT, "%.1fM", n / 1e6)
            : String.format(Locale.ROOT, "%.1fB", n / 1e9);
  }
}
