// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * The ways to put one question. A pattern has choices, {@code [What is|Compute]}, which may stand
 * within one another, and open places, {@code {a}}; one that begins with {@code ~} is held out as a
 * whole ({@link Split#PATTERNS}). Of the sentences that the other patterns make, every eighth by
 * its hash is held out ({@link Split#WORDINGS}).
 *
 * @param seen patterns to learn from
 * @param unseen patterns that are held out
 */
record Wordings(List<String> seen, List<String> unseen) {
  private static final int HELD_OUT = 8; // one of so many sentences

  private static final Pattern END = Pattern.compile("[.?!。？！ ]+$");

  /**
   * One pattern a line.
   *
   * @throws IllegalArgumentException where a pattern to learn from makes a held-out sentence
   */
  static Wordings of(String lines) {
    List<String> all = lines.strip().lines().map(String::strip).toList();
    Wordings made =
        new Wordings(
            all.stream().filter(l -> !l.startsWith("~")).toList(),
            all.stream().filter(l -> l.startsWith("~")).map(l -> l.substring(1)).toList());
    for (String pattern : made.unseen) {
      new Expansion(pattern, null).all().forEach(made::refuseToTeach);
    }
    return made;
  }

  /** The end mark does not tell a held-out sentence apart. */
  private void refuseToTeach(String sentence) {
    String bare = END.matcher(sentence).replaceAll("");
    for (String pattern : seen) {
      if (sentences(pattern).matcher(bare).matches()) {
        throw new IllegalArgumentException("'" + pattern + "' would teach '" + sentence + "'");
      }
    }
  }

  /** All that a pattern can say, with any end mark. */
  private static Pattern sentences(String pattern) {
    StringBuilder out = new StringBuilder("(?i)");
    for (char c : pattern.toCharArray()) {
      out.append(
          switch (c) {
            case '[' -> "(?:";
            case ']' -> ")";
            case '|' -> "|";
            case '.', '?', '!', '。', '？', '！' -> "(?:" + Pattern.quote(String.valueOf(c)) + ")?";
            default -> Pattern.quote(String.valueOf(c));
          });
    }
    return Pattern.compile(out.toString());
  }

  /** A sentence of that split, its places open. */
  String draw(SplittableRandom random, Split split) {
    if (split == Split.PATTERNS) {
      return expand(unseen.get(random.nextInt(unseen.size())), random);
    }
    for (int tries = 0; tries < 10_000; tries++) {
      String sentence = expand(seen.get(random.nextInt(seen.size())), random);
      if (heldOut(sentence) == (split == Split.WORDINGS)) {
        return sentence;
      }
    }
    throw new IllegalStateException("too few sentences to hold one out: " + seen);
  }

  /** Whether a sentence with open places is held out. */
  static boolean heldOut(String sentence) {
    return Hash.of(sentence) % HELD_OUT == 0;
  }

  /** Number of sentences that the patterns to learn from make, alike ones counted twice. */
  long count() {
    return seen.stream().mapToLong(p -> new Expansion(p, null).count()).sum();
  }

  private static String expand(String pattern, SplittableRandom random) {
    return new Expansion(pattern, random).text();
  }

  /** Reads one pattern from left to right. */
  private static final class Expansion {
    private final String pattern;
    private final SplittableRandom random;
    private int at;

    Expansion(String pattern, SplittableRandom random) {
      this.pattern = pattern;
      this.random = random;
    }

    String text() {
      StringBuilder out = new StringBuilder();
      while (at < pattern.length() && "|]".indexOf(pattern.charAt(at)) < 0) {
        char c = pattern.charAt(at++);
        out.append(c == '[' ? choice() : String.valueOf(c));
      }
      return out.toString();
    }

    private String choice() {
      List<String> options = new java.util.ArrayList<>();
      do {
        options.add(text());
      } while (pattern.charAt(at++) == '|');
      return options.get(random.nextInt(options.size()));
    }

    /** Every sentence, the choices one after the other. */
    List<String> all() {
      List<String> sentences = List.of("");
      while (at < pattern.length() && "|]".indexOf(pattern.charAt(at)) < 0) {
        char c = pattern.charAt(at++);
        List<String> next = new java.util.ArrayList<>();
        if (c == '[') {
          do {
            next.addAll(all());
          } while (pattern.charAt(at++) == '|');
        } else {
          next.add(String.valueOf(c));
        }
        sentences =
            sentences.stream().flatMap(head -> next.stream().map(tail -> head + tail)).toList();
      }
      return sentences;
    }

    long count() {
      long product = 1;
      while (at < pattern.length() && "|]".indexOf(pattern.charAt(at)) < 0) {
        if (pattern.charAt(at++) == '[') {
          long sum = 0;
          do {
            sum += count();
          } while (pattern.charAt(at++) == '|');
          product *= sum;
        }
      }
      return product;
    }
  }
}
