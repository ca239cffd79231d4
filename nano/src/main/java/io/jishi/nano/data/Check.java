// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import java.util.List;
import java.util.Map;

/** Decides whether an answer is right: exactly, never by likeness. */
public sealed interface Check {

  /**
   * Whether an answer is right.
   *
   * @param text what was said, without thoughts
   * @param calls the tools that were called
   */
  boolean accepts(String text, List<Turn.Call> calls);

  /** The text, but for white space around it. */
  record Exact(String answer) implements Check {
    @Override
    public boolean accepts(String text, List<Turn.Call> calls) {
      return calls.isEmpty() && text.strip().equals(answer.strip());
    }
  }

  /** The same JSON value, whatever its white space and the order of its fields. */
  record SameJson(Object value) implements Check {
    @Override
    public boolean accepts(String text, List<Turn.Call> calls) {
      try {
        return calls.isEmpty() && Json.parse("answer", text).equals(value);
      } catch (JishiException.BadFile e) {
        return false;
      }
    }
  }

  /** One call of that tool with those arguments, and nothing said. */
  record Calls(Turn.Call call) implements Check {
    @Override
    public boolean accepts(String text, List<Turn.Call> calls) {
      return text.isBlank()
          && calls.size() == 1
          && calls.getFirst().name().equals(call.name())
          && normal(calls.getFirst().arguments()).equals(normal(call.arguments()));
    }

    /** Numbers as text: 5 and 5.0 come from different parsers. */
    private static Map<String, String> normal(Map<String, Object> arguments) {
      Map<String, String> texts = new java.util.TreeMap<>();
      arguments.forEach((name, value) -> texts.put(name, text(value)));
      return texts;
    }

    private static String text(Object value) {
      return value instanceof Number n && n.doubleValue() == n.longValue()
          ? Long.toString(n.longValue())
          : String.valueOf(value);
    }
  }

  /** An expression over each of the numbers once, equal to the target: {@code 4*5-7=13}. */
  record Reaches(List<Integer> numbers, int target) implements Check {
    /** Copies the list. */
    public Reaches {
      numbers = List.copyOf(numbers);
    }

    @Override
    public boolean accepts(String text, List<Turn.Call> calls) {
      String[] sides = text.replace(" ", "").split("=");
      return calls.isEmpty()
          && sides.length == 2
          && sides[1].equals(Integer.toString(target))
          && Expression.uses(sides[0], numbers)
          && Expression.value(sides[0]).equals(java.util.OptionalLong.of(target));
    }
  }
}
