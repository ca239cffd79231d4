// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.make;

import io.jishi.base.JishiException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The model card: what {@code jishi info} shows of the built-in model. Scores are those of the page
 * that {@code jishi nano eval} writes; the cost is that of the training runs.
 *
 * @param parameters of the model
 * @param weightBytes of its file
 * @param runs of its training, in order
 * @param price of an hour of one processor, in US dollars
 * @param evaluation the page of {@code jishi nano eval}
 */
public record Card(
    long parameters, long weightBytes, List<RunRecord> runs, double price, String evaluation) {
  private static final String SCORES = "## Exact answers";

  /**
   * The page.
   *
   * @throws JishiException.BadFile where the evaluation has no table of scores
   */
  public String page() {
    return """
    # Nano, the built-in model of Jishi

    A language model of %.1f million parameters (%.1f MB), trained from nothing by `jishi nano train` on exercises that
    Jishi writes itself. It makes every command work without a network, serves as a model for tests, and is a base
    that `jishi tune` specialises.

    ## What it can do

    In English and Chinese, within 512 tokens: sums, differences and products with written steps, fractions,
    percentages, units, dates; comparing and sorting; small puzzles; look-up in a text or table; JSON by a schema;
    calls of a calculator, clock or search; answers in a wanted form; asking back where a request is unclear; saying
    that it does not know; questions about Jishi's own commands. How well is in the table below: take nothing for
    granted that it does not show.

    ## What it cannot do

    It knows next to nothing of the world, writes no prose or program worth reading, follows no long conversation, and
    translates single common words alone. A question that is built otherwise than those it learned from is answered
    right in about two cases of three. It can be wrong in a sure voice. Do not use it for advice, or for anything that matters
    without a check.

    ## Data and licence

    All of its text is written by the generators of the package `io.jishi.nano.data`, from fixed seeds, with an exact
    check of each answer; no text of others is in it. Weights, data and recipe: Apache License 2.0.

    ## What it cost

    %s tokens, %.1f core-hours of processors without accelerator: %.2f US dollars at an assumed price of %.3f dollars for an
    hour of one core.

    | part: recipe | seed of its exercises | conversations written | steps | tokens | core-hours | code |
    |---|--:|--:|--:|--:|--:|---|
    %s

    %s\
    """
        .formatted(
            parameters / 1e6,
            weightBytes / 1e6,
            millions(runs.stream().mapToLong(RunRecord::tokens).sum()),
            coreHours(),
            coreHours() * price,
            price,
            runs.stream().map(Card::row).collect(Collectors.joining("\n")),
            scores());
  }

  private double coreHours() {
    return runs.stream().mapToDouble(RunRecord::coreHours).sum();
  }

  private static String row(RunRecord run) {
    return String.format(
        Locale.ROOT,
        "| `%s` | %d | %,d | %,d | %s | %.1f | %s |",
        run.part(),
        run.seed(),
        run.conversations(),
        run.steps(),
        millions(run.tokens()),
        run.coreHours(),
        run.code());
  }

  private static String millions(long tokens) {
    return String.format(Locale.ROOT, "%.1f million", tokens / 1e6);
  }

  /** The table of the model itself; the rest of the page compares and shows failures. */
  private String scores() {
    int from = evaluation.indexOf(SCORES);
    if (from < 0) {
      throw new JishiException.BadFile(
          "the evaluation has no part '" + SCORES + "'; write it with jishi nano eval --out");
    }
    int to = evaluation.indexOf("\n## ", from);
    String head = "**wordings**, **patterns**, **values**: what of a question training never saw.";
    String part = evaluation.substring(from, to < 0 ? evaluation.length() : to).strip();
    return part.replaceFirst("\n\n", "\n\n" + head + " The whole page is `nano/EVAL.md`.\n\n")
        + "\n";
  }
}
