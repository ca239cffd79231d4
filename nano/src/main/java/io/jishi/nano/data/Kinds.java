// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;
import java.util.SplittableRandom;

/** The table of all kinds of exercises. */
public final class Kinds {
  /** A kind of exercises. */
  public static final class Kind {
    private final String name;
    private final String about;
    private final double weight;
    private final boolean valued;
    private final Generator generator;

    private Kind(String name, String about, double weight, boolean valued, Generator generator) {
      this.name = name;
      this.about = about;
      this.weight = weight;
      this.valued = valued;
      this.generator = generator;
    }

    /** A word. */
    public String name() {
      return name;
    }

    /** What it asks for, for people. */
    public String about() {
      return about;
    }

    /** Its share of the training data, beside those of the others. */
    public double weight() {
      return weight;
    }

    /** Whether there are values that can be held out; else all of them may be seen in training. */
    public boolean valued() {
      return valued;
    }

    /**
     * An exercise; the same seed makes the same one.
     *
     * @throws IllegalArgumentException where values are to be held out and there are none
     */
    public Exercise make(Language language, Split split, long seed) {
      if (split == Split.VALUES && !valued) {
        throw new IllegalArgumentException(name + " has no values that could be held out");
      }
      SplittableRandom random = new SplittableRandom(Hash.of(name + language + split) ^ seed);
      return generator.make(new Draw(random, name, language, split, valued));
    }
  }

  private static final List<Kind> ALL =
      List.of(
          kind("add", "addition with steps", 3.2, true, Sums::plus),
          kind("subtract", "subtraction with steps", 3.8, true, Sums::minus),
          kind("multiply", "up to 2-digit × 2-digit, with steps", 2.5, true, Products::times),
          kind("divide", "division with remainder", 2.5, true, Products::divided),
          kind("percent", "percentages", 2.4, true, Shares::percent),
          kind("fraction", "sums and lowest terms of fractions", 1.8, true, Shares::fraction),
          kind("units", "conversion of units", 1, true, Measures::units),
          kind("dates", "days and months after others", 1.6, true, Measures::dates),
          kind("compare", "largest or smallest of numbers", 3, true, Order::compare),
          kind("sort", "sorting numbers and words", 6, true, Order::sort),
          kind(
              "countdown",
              "a number from three others, searched for",
              0.5,
              true,
              Puzzles::countdown),
          kind("logic", "orders, families and classes", 1.5, true, Logic::make),
          kind("lists", "count, pick, reverse, remove duplicates", 4.2, true, Lists::lists),
          kind("letters", "spell, count and reverse words", 4, true, Lists::letters),
          kind("lookup", "answers from a text or table, with the source", 7, true, LookUp::lookUp),
          kind("missing", "what the text does not say", 2.2, true, LookUp::missing),
          kind("json", "JSON from a text, by a given schema", 3.5, true, Extraction::make),
          kind("tool", "calls of tools", 1.8, false, ToolUse::call),
          kind("result", "answers with the results of tools", 1, false, ToolUse::result),
          kind("format", "answers in a form that is asked for", 3.5, true, Formatting::make),
          kind("dialogue", "references to earlier turns", 1.5, true, Dialogue::make),
          kind(
              "askback", "one question back where something is missing", 2.4, false, AskBack::make),
          kind("unknown", "topics beyond its knowledge", 1.5, true, Limits::unknown),
          kind("unknowable", "what cannot be known", 1.4, false, Limits::unknowable),
          kind("refuse", "refusals with a reason", 1.8, false, Refusals::make),
          kind("jishi", "Jishi's own commands", 1, false, Commands::make),
          kind("talk", "greetings and who nano is", 1.8, false, SmallTalk::make),
          kind("words", "translations, opposites, capitals", 1.6, false, Words::make));

  private Kinds() {}

  private static Kind kind(
      String name, String about, double weight, boolean valued, Generator generator) {
    return new Kind(name, about, weight, valued, generator);
  }

  /** All kinds, in the order of tables. */
  public static List<Kind> all() {
    return ALL;
  }
}
