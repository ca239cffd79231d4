// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Expression.Comparison;
import io.jishi.text.template.Expression.Operator;
import io.jishi.text.template.Values.Range;
import io.jishi.text.template.Values.Safe;
import io.jishi.text.template.Values.Tuple;
import java.util.ArrayList;
import java.util.List;

/** Python's operators over values of any kind. */
final class Arithmetics {
  private Arithmetics() {}

  static Object apply(Operator operator, Object left, Object right, Budget budget) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.arithmetic(operator, left, right);
    }
    Object result =
        switch (operator) {
          case ADD -> add(left, right, budget);
          case MULTIPLY ->
              Numbers.isInteger(left)
                  ? repeat(Values.plain(right), left, budget)
                  : repeat(Values.plain(left), right, budget);
          case MODULO ->
              Values.plain(left) instanceof String s
                  ? Format.percent(s, Values.plain(right), budget)
                  : null;
          default -> null;
        };
    if (result != null) {
      return result;
    }
    throw Python.undefined(left, right).orElseGet(() -> wrongTypes(operator, left, right));
  }

  private static Object add(Object left, Object right, Budget budget) {
    if (left instanceof Safe || right instanceof Safe) {
      String a = escaped(left, budget);
      String b = escaped(right, budget);
      return a == null || b == null ? null : new Safe(budget.text(a + b));
    }
    if (left instanceof String a && right instanceof String b) {
      budget.chars((long) a.length() + b.length());
      return a.concat(b);
    }
    boolean tuples = left instanceof Tuple && right instanceof Tuple;
    if (tuples || (isList(left) && isList(right))) {
      List<?> a = (List<?>) left;
      List<?> b = (List<?>) right;
      budget.items((long) a.size() + b.size());
      List<Object> sum = new ArrayList<>(a);
      sum.addAll(b);
      return tuples ? new Tuple(sum) : sum;
    }
    return null;
  }

  private static String escaped(Object value, Budget budget) {
    return switch (value) {
      case Safe s -> s.text();
      case String s -> Filters.escape(s, budget);
      case null, default -> null;
    };
  }

  private static boolean isList(Object value) {
    return value instanceof List<?> && !(value instanceof Tuple) && !(value instanceof Range);
  }

  private static Object repeat(Object value, Object count, Budget budget) {
    boolean list = value instanceof List<?> && !(value instanceof Range);
    if (!Numbers.isInteger(count) || !(list || value instanceof String)) {
      return null;
    }
    int times = Math.max(0, Numbers.index(count));
    if (value instanceof String s) {
      return Strings.repeat(s, times, budget);
    }
    List<?> items = (List<?>) value;
    budget.items((long) items.size() * times);
    List<Object> repeated = new ArrayList<>();
    for (int i = 0; i < times && !items.isEmpty(); i++) {
      repeated.addAll(items);
    }
    return value instanceof Tuple ? new Tuple(repeated) : repeated;
  }

  private static Fault wrongTypes(Operator operator, Object left, Object right) {
    String a = Python.typeName(left);
    String b = Python.typeName(right);
    boolean sequence = left instanceof String || isList(left) || left instanceof Tuple;
    return Fault.input(
        operator == Operator.ADD && sequence
            ? "can only concatenate " + a + " (not \"" + b + "\") to " + a
            : "unsupported operand type(s) for " + operator.sign + ": '" + a + "' and '" + b + "'");
  }

  static boolean compare(Comparison comparison, Object left, Object right, Budget budget) {
    return switch (comparison) {
      case EQUAL -> Python.equal(left, right, budget);
      case UNEQUAL -> !Python.equal(left, right, budget);
      case IN -> Access.contains(right, left, budget);
      case NOT_IN -> !Access.contains(right, left, budget);
      case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL -> {
        int order = Python.compare(left, right, comparison.sign, budget);
        boolean incomparable = isNaN(left) || isNaN(right);
        yield !incomparable
            && switch (comparison) {
              case LESS -> order < 0;
              case LESS_OR_EQUAL -> order <= 0;
              case GREATER -> order > 0;
              default -> order >= 0;
            };
      }
    };
  }

  private static boolean isNaN(Object value) {
    return value instanceof Double d && d.isNaN();
  }
}
