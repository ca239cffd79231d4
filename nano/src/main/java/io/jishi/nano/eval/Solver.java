// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.eval;

import io.jishi.nano.data.Exercise;
import io.jishi.nano.data.Turn;
import java.util.List;

/** Whatever answers exercises. */
public interface Solver {

  /**
   * An answer.
   *
   * @param text what is said, without thoughts
   * @param thoughts what was thought before
   * @param calls the tools that are called
   */
  record Reply(String text, String thoughts, List<Turn.Call> calls) {
    /** Copies the list. */
    public Reply {
      calls = List.copyOf(calls);
    }

    /** In one line, for people. */
    public String line() {
      StringBuilder line = new StringBuilder(text.strip().replace("\n", " ⏎ "));
      calls.forEach(c -> line.append(' ').append(c.name()).append(c.arguments()));
      return line.toString();
    }
  }

  /** Answers a question; it does not look at the answer that the exercise ends with. */
  Reply reply(Exercise exercise);
}
