// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import io.jishi.engine.Constraint;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
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

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      description = "divides the logits of tokens that occurred; 1 is off")
  private Float repetition;

  @Option(
      names = "--frequency-penalty",
      paramLabel = "X",
      description = "taken off a token's logit for each time it occurred")
  private Float frequency;

  @Option(
      names = "--presence-penalty",
      paramLabel = "X",
      description = "taken off the logit of a token that occurred")
  private Float presence;

  @Option(
      names = "--json-schema",
      paramLabel = "FILE",
      description = "the answer is JSON that fits the schema in FILE")
  private Path jsonSchema;

  @Option(
      names = "--grammar",
      paramLabel = "FILE",
      description = "the answer is a text of the grammar in FILE (GBNF)")
  private Path grammar;

  @Option(
      names = "--regex",
      paramLabel = "PATTERN",
      description = "the answer is a text that PATTERN matches as a whole")
  private String regex;

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
    Request request = new Request(prompt, sampling(), maxTokens, stop);
    return constraint() == null ? request : request.with(constraint());
  }

  private Constraint constraint() {
    List<Constraint> all = new ArrayList<>();
    if (jsonSchema != null) {
      all.add(new Constraint.JsonSchema(read(jsonSchema)));
    }
    if (grammar != null) {
      all.add(new Constraint.Grammar(read(grammar)));
    }
    if (regex != null) {
      all.add(new Constraint.Regex(regex));
    }
    if (all.size() > 1) {
      throw new JishiException.BadRequest(
          null, "only one of --json-schema, --grammar and --regex can be given");
    }
    return all.isEmpty() ? null : all.getFirst();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e, e);
    }
  }

  /** Null where no option is given: then the model's own defaults hold. */
  private Sampling sampling() {
    if (Stream.of(temperature, topK, topP, minP, seed, repetition, frequency, presence)
        .allMatch(Objects::isNull)) {
      return null;
    }
    Sampling sampling =
        new Sampling(
            temperature == null ? TEMPERATURE : temperature,
            topK == null ? 0 : topK,
            topP == null ? 1 : topP,
            minP == null ? 0 : minP,
            seed);
    return sampling.with(
        new Sampling.Penalties(
            repetition == null ? 1 : repetition,
            frequency == null ? 0 : frequency,
            presence == null ? 0 : presence,
            0,
            0,
            null));
  }
}
