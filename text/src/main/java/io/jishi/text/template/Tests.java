// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Expression.Comparison;
import io.jishi.text.template.Expression.Operator;
import io.jishi.text.template.Values.Builtin;
import io.jishi.text.template.Values.Macro;
import io.jishi.text.template.Values.Undefined;
import io.jishi.text.template.Values.View;
import java.util.Collection;
import java.util.Map;

/** The tests of Jinja: {@code value is name}. */
final class Tests {
  private static final Map<String, Comparison> COMPARISONS =
      Map.ofEntries(
          Map.entry("==", Comparison.EQUAL),
          Map.entry("eq", Comparison.EQUAL),
          Map.entry("equalto", Comparison.EQUAL),
          Map.entry("!=", Comparison.UNEQUAL),
          Map.entry("ne", Comparison.UNEQUAL),
          Map.entry(">", Comparison.GREATER),
          Map.entry("gt", Comparison.GREATER),
          Map.entry("greaterthan", Comparison.GREATER),
          Map.entry(">=", Comparison.GREATER_OR_EQUAL),
          Map.entry("ge", Comparison.GREATER_OR_EQUAL),
          Map.entry("<", Comparison.LESS),
          Map.entry("lt", Comparison.LESS),
          Map.entry("lessthan", Comparison.LESS),
          Map.entry("<=", Comparison.LESS_OR_EQUAL),
          Map.entry("le", Comparison.LESS_OR_EQUAL),
          Map.entry("in", Comparison.IN));

  private static final java.util.Set<String> OTHERS =
      java.util.Set.of(
          "odd",
          "even",
          "divisibleby",
          "defined",
          "undefined",
          "filter",
          "test",
          "none",
          "boolean",
          "false",
          "true",
          "integer",
          "float",
          "lower",
          "upper",
          "string",
          "mapping",
          "number",
          "sequence",
          "sameas",
          "iterable",
          "callable",
          "escaped");

  private Tests() {}

  static boolean has(String name) {
    return COMPARISONS.containsKey(name) || OTHERS.contains(name);
  }

  /** {@code value is name(…)} */
  static boolean apply(String name, Object value, Arguments arguments, Budget budget) {
    budget.scan(value);
    Comparison comparison = COMPARISONS.get(name);
    if (comparison != null) {
      return Arithmetics.compare(comparison, value, arguments.bind(name, 1, "other")[0], budget);
    }
    return switch (name) {
      case "divisibleby" -> remainder(value, arguments.bind(name, 1, "num")[0], budget, 0);
      case "sameas" -> same(value, arguments.bind(name, 1, "other")[0]);
      default -> {
        if (!OTHERS.contains(name)) {
          throw Fault.unsupported("No test named '" + name + "' found.");
        }
        arguments.bind(name, 0);
        yield test(name, value, budget);
      }
    };
  }

  private static boolean test(String name, Object value, Budget budget) {
    return switch (name) {
      case "odd" -> remainder(value, 2L, budget, 1);
      case "even" -> remainder(value, 2L, budget, 0);
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "filter" -> value instanceof String s && Filters.has(s);
      case "test" -> value instanceof String s && has(s);
      case "none" -> value == null;
      case "boolean" -> value instanceof Boolean;
      case "false" -> Boolean.FALSE.equals(value);
      case "true" -> Boolean.TRUE.equals(value);
      case "integer" -> Numbers.isInteger(value) && !(value instanceof Boolean);
      case "float" -> value instanceof Double;
      case "lower" -> StringMethods.isCase(Python.text(value, budget), false);
      case "upper" -> StringMethods.isCase(Python.text(value, budget), true);
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map<?, ?>;
      case "number" -> Numbers.isNumber(value);
      case "sequence" -> hasLength(value);
      case "iterable" -> hasLength(value) || value instanceof View || value instanceof Iterable<?>;
      case "callable" ->
          value instanceof Builtin
              || value instanceof Macro
              || value instanceof Loop
              || value instanceof Undefined;
      default -> false; // escaped: no value is marked as safe
    };
  }

  private static boolean hasLength(Object value) {
    return value instanceof String
        || value instanceof Collection<?>
        || value instanceof Map<?, ?>
        || value instanceof Undefined;
  }

  private static boolean remainder(Object value, Object divisor, Budget budget, long wanted) {
    Object rest = Arithmetics.apply(Operator.MODULO, value, divisor, budget);
    return Python.equal(rest, wanted, budget);
  }

  private static boolean same(Object a, Object b) {
    boolean small = a instanceof Boolean || a instanceof Long || a instanceof String;
    return a == b || (small && a.equals(b));
  }
}
