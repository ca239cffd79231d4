// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How tokens are drawn and when to stop: what {@code run} and {@code chat} share. */
final class SamplingOptions {
  private static final float TEMPERATURE = 0.7f;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description =
          "0 takes the most likely token (default: the model's own, else " + TEMPERATURE + ")")
  private Float temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "keep the K most likely tokens; 0 keeps all")
  private Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "keep the most likely tokens that reach probability P together; 1 keeps all")
  private Float topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "drop tokens less likely than P times the most likely; 0 keeps all")
  private Float minP;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "the same seed gives the same draws (default: drawn)")
  private Long seed;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "most tokens to generate (default: up to the end of the context)")
  private int maxTokens;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "a text that ends the answer, and is not part of it; may be repeated")
  private List<String> stop = new ArrayList<>();

  /** The most tokens asked for, 0 for no limit. */
  int maxTokens() {
    return maxTokens;
  }

  /**
   * A request with these options.
   *
   * @throws io.jishi.base.JishiException.BadRequest where one is out of range
   */
  Request request(Prompt prompt) {
    return new Request(prompt, sampling(), maxTokens, stop);
  }

  /** Null where no option is given: then the model's own defaults hold. */
  private Sampling sampling() {
    if (temperature == null && topK == null && topP == null && minP == null && seed == null) {
      return null;
    }
    return new Sampling(
        temperature == null ? TEMPERATURE : temperature,
        topK == null ? 0 : topK,
        topP == null ? 1 : topP,
        minP == null ? 0 : minP,
        seed);
  }
}
