// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Countdown with three numbers: the search is written down, dead ends too. */
final class Puzzles {
  private static final int MOST_TRIES = 6;

  private static final Both COUNTDOWN =
      Both.of(
          """
          [Use|Combine|Take] [the numbers |]{list} [to make|to reach|to get] {target}[.|: each once.|]
          [Make|Reach|Get|Can you make|Build] {target} [from|with|out of|using] [the numbers |]{list}[.|, each once.|]
          [How can I|How do I|How do you] [make|reach|get] {target} [from|with] {list}[?|]
          Countdown: {list}[. Target|, target| →] {target}
          ~Here are {list}. Find a sum, difference or product of all of them that is {target}.
          """,
          """
          [用|请用|只用|怎样用][数字|]{list}[算出|得到|凑出|组成]{target}[。|，每个数用一次。|]
          [怎么|如何|怎样]用{list}[得到|算出|凑出]{target}[？|]
          [倒计时|算数游戏|凑数][：|:]{list}[，目标|，结果是|→]{target}
          [请|帮我|]把{list}[凑成|组成|变成]{target}[。|]
          ~给你{list}，用加减乘使结果是{target}。
          """);

  private record Puzzle(List<Integer> numbers, int target) {}

  /** An order of the numbers and two operations between: {@code (a∘b)•c}. */
  private record Try(int a, int b, int c, char first, char second) {
    int inner() {
      return apply(a, b, first);
    }

    int result() {
      return apply(inner(), c, second);
    }

    String expression() {
      boolean bracket = second == '*' && first != '*';
      String left = "" + a + first + b;
      return (bracket ? "(" + left + ")" : left) + second + c;
    }

    String line() {
      return "" + a + first + b + "=" + inner() + ", " + inner() + second + c + "=" + result();
    }

    private static int apply(int x, int y, char op) {
      return op == '+' ? x + y : op == '-' ? x - y : x * y;
    }
  }

  private Puzzles() {}

  static Exercise countdown(Draw d) {
    Puzzle puzzle = d.value(() -> puzzle(d));
    List<Try> tries = tries(puzzle.numbers, d);
    StringBuilder steps = new StringBuilder();
    Try found = null;
    for (Try t : tries) {
      steps.append(steps.isEmpty() ? "" : "\n").append(t.line());
      if (t.result() == puzzle.target) {
        found = t;
        break;
      }
    }
    if (found == null || steps.toString().lines().count() > MOST_TRIES) {
      found = tries.stream().filter(t -> t.result() == puzzle.target).findFirst().orElseThrow();
      steps = new StringBuilder();
      for (Try t : tries.subList(0, d.between(0, MOST_TRIES - 2))) {
        if (t.result() != puzzle.target) {
          steps.append(t.line()).append("\n");
        }
      }
      steps.append(found.line());
    }
    String list = Order.joined(puzzle.numbers, d.local(", ", "、"));
    String question = d.ask(COUNTDOWN, "list", list, "target", puzzle.target);
    String answer = found.expression() + "=" + puzzle.target;
    assert Expression.value(found.expression()).equals(OptionalLong.of(puzzle.target));
    return d.exercise(
        question,
        Turn.thought(steps.toString(), answer),
        new Check.Reaches(puzzle.numbers, puzzle.target));
  }

  private static Puzzle puzzle(Draw d) {
    while (true) {
      List<Integer> numbers = List.of(d.between(1, 10), d.between(1, 10), d.between(1, 10));
      Try some = d.of(tries(numbers, d));
      if (some.result() > 0) {
        return new Puzzle(numbers, some.result());
      }
    }
  }

  /** All ways, sums first with the larger number in front, in random order. */
  private static List<Try> tries(List<Integer> n, Draw d) {
    List<Try> all = new ArrayList<>();
    for (int last = 0; last < 3; last++) {
      int x = n.get((last + 1) % 3);
      int y = n.get((last + 2) % 3);
      for (char first : new char[] {'+', '-', '*'}) {
        for (char second : new char[] {'+', '-', '*'}) {
          all.add(new Try(Math.max(x, y), Math.min(x, y), n.get(last), first, second));
        }
      }
    }
    return d.shuffled(all.stream().filter(t -> t.result() >= 0).toList());
  }
}
