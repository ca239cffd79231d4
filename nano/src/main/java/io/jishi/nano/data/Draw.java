// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The dice of one exercise: they know what is held out. */
final class Draw {
  private static final int HELD_OUT = 8; // one of so many values

  private final SplittableRandom random;
  private final String kind;
  private final Language language;
  private final Split split;
  private final boolean valued;
  private String wording = "";
  private String value = "";

  /**
   * Dice for one exercise.
   *
   * @param valued whether the kind has values that can be held out
   */
  Draw(SplittableRandom random, String kind, Language language, Split split, boolean valued) {
    this.random = random;
    this.kind = kind;
    this.language = language;
    this.split = split;
    this.valued = valued;
  }

  /** Whether it is to learn from: what is measured stays the same when more is taught. */
  boolean training() {
    return split == Split.TRAIN;
  }

  boolean english() {
    return language == Language.ENGLISH;
  }

  /** The text in the exercise's language. */
  String local(String english, String chinese) {
    return english() ? english : chinese;
  }

  int between(int low, int high) {
    return random.nextInt(low, high + 1);
  }

  boolean chance(double share) {
    return random.nextDouble() < share;
  }

  @SafeVarargs
  final <T> T of(T... options) {
    return options[random.nextInt(options.length)];
  }

  <T> T of(List<T> options) {
    return options.get(random.nextInt(options.size()));
  }

  /** So many different ones, in random order. */
  <T> List<T> some(List<T> options, int count) {
    return shuffled(options).subList(0, count);
  }

  <T> List<T> shuffled(List<T> options) {
    List<T> all = new ArrayList<>(options);
    for (int i = all.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      T other = all.get(i);
      all.set(i, all.get(j));
      all.set(j, other);
    }
    return all;
  }

  /** Draws until a value belongs to the split; {@code key} is what it is held out by. */
  <T> T value(Supplier<T> draw) {
    return value(draw, _ -> true);
  }

  /** The same, of values that fit. */
  <T> T value(Supplier<T> draw, Predicate<T> fits) {
    for (int tries = 0; tries < 100_000; tries++) {
      T drawn = draw.get();
      if (!fits.test(drawn)) {
        continue;
      }
      String key = drawn.toString();
      if (!valued || heldOut(kind, key) == (split == Split.VALUES)) {
        value = valued ? key : "";
        return drawn;
      }
    }
    throw new IllegalStateException(kind + ": no value belongs to " + split);
  }

  /** Whether a value is held out. */
  static boolean heldOut(String kind, String value) {
    return Hash.of(kind + ": " + value) % HELD_OUT == 0;
  }

  /**
   * The question of the exercise, in a wording of the split.
   *
   * @param places names and values by turns
   */
  String ask(Both wordings, Object... places) {
    wording = wordings.in(language).draw(random, split);
    String said = training() ? Slips.now(wording, this) : wording;
    return fill(Frames.around(said, this), places);
  }

  /** The same with nothing said around it. */
  String askBare(Both wordings) {
    wording = wordings.in(language).draw(random, split);
    return wording;
  }

  /** Another sentence of the exercise, which is not held out. */
  String say(Both wordings, Object... places) {
    return fill(wordings.in(language).draw(random, Split.TRAIN), places);
  }

  static String fill(String sentence, Object... places) {
    String filled = sentence;
    for (int i = 0; i < places.length; i += 2) {
      filled = filled.replace("{" + places[i] + "}", String.valueOf(places[i + 1]));
    }
    return filled;
  }

  /** An exercise of one question. */
  Exercise exercise(String question, Turn answer, Check check) {
    return exercise(List.of(Turn.user(question), answer), List.of(), check);
  }

  /** An exercise of one question whose answer is taken to the letter. */
  Exercise exact(String question, String answer) {
    return exercise(question, Turn.answer(answer), new Check.Exact(answer));
  }

  /** The same with thoughts before the answer. */
  Exercise exact(String question, String reasoning, String answer) {
    return exercise(question, Turn.thought(reasoning, answer), new Check.Exact(answer));
  }

  Exercise exercise(List<Turn> turns, List<ToolSheet> tools, Check check) {
    return new Exercise(kind, language, turns, tools, check, wording, value);
  }
}
