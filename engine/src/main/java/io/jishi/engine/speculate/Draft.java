// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.speculate;

/**
 * What is guessed of one text, step after step, and how often guesses of each kind came true. A
 * kind is how sure a drafter is, from 0 to {@link #KINDS} - 1: what the chances are is learnt.
 */
public final class Draft {
  /** The most guesses in a row. */
  public static final int MOST = 16;

  /** Kinds of guesses that are told apart. */
  public static final int KINDS = 4;

  /** What a guess's chance is taken for at first, by its kind. */
  private static final double[] FIRST = {0.4, 0.5, 0.65, 0.8};

  /** How much one outcome moves a chance: about the last ten count. */
  private static final double LEARNING = 0.1;

  /**
   * How much of the way to its first value a chance goes back in a step without guesses. After some
   * hundred tokens at most it is tried again: a text may begin to repeat itself at any time.
   */
  private static final double FORGETTING = 0.005;

  private final double[] chances = FIRST.clone();
  private final int[] guesses = new int[MOST];
  private int[] history = new int[0];
  private int length;
  private int wanted;
  private int count;
  private int kind;

  /** For {@link Pace}: how many of its guesses have found their place. */
  int rank;

  /** A draft of a text of which nothing is known. */
  public Draft() {}

  /**
   * Begins a step.
   *
   * @param history the text, of which the first {@code length} tokens are valid
   * @param most how many guesses can be of use
   * @param kind of which guesses are, unless the drafter says otherwise
   */
  public void begin(int[] history, int length, int most, int kind) {
    this.history = history;
    this.length = length;
    this.wanted = Math.clamp(most, 0, MOST);
    this.count = 0;
    kind(kind);
  }

  /** The text so far; not to be changed. */
  public int[] history() {
    return history;
  }

  /** Its length, tokens. */
  public int length() {
    return length;
  }

  /** How many guesses are asked for. */
  public int wanted() {
    return wanted;
  }

  /** Asks for no more guesses than this, and drops those that are there beyond. */
  public void want(int most) {
    wanted = Math.clamp(most, 0, wanted);
    count = Math.min(count, wanted);
  }

  /** Adds a guess behind those that are there; false where no further one is wanted. */
  public boolean put(int token) {
    if (count < wanted) {
      guesses[count++] = token;
    }
    return count < wanted;
  }

  /** Says of which kind the guesses of this step are. */
  public void kind(int value) {
    kind = Math.clamp(value, 0, KINDS - 1);
  }

  /** The guesses, {@link #count} of them valid. */
  public int[] guesses() {
    return guesses;
  }

  /** How many there are. */
  public int count() {
    return count;
  }

  /** How likely a guess of this step's kind is to come true, if those before it did. */
  double chance() {
    return chances[kind];
  }

  /** Tells what became of the guesses of a step: the first {@code accepted} of some came true. */
  public void learn(int computed, int accepted) {
    for (int i = 0; i < Math.min(computed, accepted + 1); i++) {
      chances[kind] += LEARNING * ((i < accepted ? 1 : 0) - chances[kind]);
    }
  }

  /** A step without guesses: chances are forgotten bit by bit. */
  public void rest() {
    for (int k = 0; k < KINDS; k++) {
      chances[k] += FORGETTING * (FIRST[k] - chances[k]);
    }
  }
}
