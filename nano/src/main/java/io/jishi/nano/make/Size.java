// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.make;

import java.util.List;
import java.util.Map;

/** The models that can be made: nano, and smaller ones to compare it with. */
public enum Size {
  /** The built-in model. */
  NANO(
      4096,
      new Part("nano", 300_000, 1),
      new Part("nano-end", 190_000, 2),
      new Part(
          "nano-practice",
          140_000,
          3,
          Map.of(
              "sort",
              2.5,
              "subtract",
              2.5,
              "lookup",
              1.5,
              "missing",
              1.5,
              "logic",
              2.0,
              "fraction",
              1.5,
              "divide",
              1.5))),
  /** A third of it. */
  SMALL(4096, new Part("nano-1m", 64_000, 1)),
  /** A tenth of it. */
  TINY(1024, new Part("nano-300k", 40_000, 1));

  /**
   * One run of training.
   *
   * @param recipe its file in the jar, without {@code .yaml}
   * @param conversations to learn from, of about 52 tokens each: enough that none is read twice
   * @param seed of these
   * @param more kinds that are practised more, and how many times as often
   */
  public record Part(String recipe, int conversations, long seed, Map<String, Double> more) {
    /** All kinds by their usual weights. */
    public Part(String recipe, int conversations, long seed) {
      this(recipe, conversations, seed, Map.of());
    }
  }

  private final int vocabulary;
  private final List<Part> parts;

  Size(int vocabulary, Part... parts) {
    this.vocabulary = vocabulary;
    this.parts = List.of(parts);
  }

  /** Tokens of its vocabulary. */
  public int vocabulary() {
    return vocabulary;
  }

  /** Its runs, in order: each begins with the model that the one before has left. */
  public List<Part> parts() {
    return parts;
  }
}
