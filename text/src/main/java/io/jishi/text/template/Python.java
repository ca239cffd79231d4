// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Values.Builtin;
import io.jishi.text.template.Values.Generator;
import io.jishi.text.template.Values.Macro;
import io.jishi.text.template.Values.Namespace;
import io.jishi.text.template.Values.Range;
import io.jishi.text.template.Values.Safe;
import io.jishi.text.template.Values.Tuple;
import io.jishi.text.template.Values.Undefined;
import io.jishi.text.template.Values.View;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** What every Python value has: truth, type, text, equality, order, length and elements. */
final class Python {
  private Python() {}

  static boolean truth(Object value) {
    return switch (value) {
      case null -> false;
      case Boolean b -> b;
      case Number n -> n.doubleValue() != 0;
      case String s -> !s.isEmpty();
      case Safe s -> !s.text().isEmpty();
      case Collection<?> c -> !c.isEmpty();
      case Map<?, ?> m -> !m.isEmpty();
      case View v -> !v.items().isEmpty();
      case Undefined _ -> false;
      default -> true;
    };
  }

  static String typeName(Object value) {
    return switch (value) {
      case null -> "NoneType";
      case Boolean _ -> "bool";
      case Double _ -> "float";
      case Number _ -> "int";
      case String _ -> "str";
      case Tuple _ -> "tuple";
      case Range _ -> "range";
      case List<?> _ -> "list";
      case Map<?, ?> _ -> "dict";
      case View v -> v.type();
      case Undefined _ -> "Undefined";
      case Generator _ -> "generator";
      case Namespace _ -> "Namespace";
      case Loop _ -> "LoopContext";
      case Macro _ -> "Macro";
      case Builtin _ -> "builtin_function_or_method";
      default -> value.getClass().getSimpleName();
    };
  }

  /** {@code str(value)}: what {@code {{ value }}} writes. */
  static String text(Object value, Budget budget) {
    return switch (value) {
      case String s -> s;
      case Safe s -> s.text();
      case Undefined _ -> "";
      case null, default -> repr(value, budget);
    };
  }

  /** {@code repr(value)} */
  static String repr(Object value, Budget budget) {
    StringBuilder out = new StringBuilder();
    repr(value, out, budget);
    return out.toString();
  }

  /** A value in a message: never long, nor the elements of a collection. */
  static String shortText(Object value) {
    return switch (value) {
      case String s -> Strings.repr(shortened(s));
      case null -> "None";
      case Number n -> Numbers.repr(n);
      case Boolean b -> b ? "True" : "False";
      default -> "(" + typeName(value) + ")";
    };
  }

  /** A name in a message, cut where it is long. */
  static String shortened(String text) {
    return text.length() > 100 ? text.substring(0, 100) + "…" : text;
  }

  private static void repr(Object value, StringBuilder out, Budget budget) {
    budget.enter();
    switch (value) {
      case null -> out.append("None");
      case Boolean b -> out.append(b ? "True" : "False");
      case Number n -> out.append(budget.text(Numbers.repr(n)));
      case String s -> {
        budget.chars(6L * s.length()); // as many as an escape may take
        out.append(Strings.repr(s));
      }
      case Undefined _ -> out.append("Undefined");
      case Range r -> out.append(r.repr());
      case Tuple t -> all(t, out, "(", t.size() == 1 ? ",)" : ")", budget);
      case List<?> l -> all(l, out, "[", "]", budget);
      case View v -> all(v.items(), out, v.type() + "([", "])", budget);
      case Map<?, ?> m -> entries(m, out, budget);
      case Namespace n -> {
        out.append("<Namespace ");
        entries(n.members(), out, budget);
        out.append('>');
      }
      case Macro m -> out.append("<Macro ").append(Strings.repr(m.source().name())).append('>');
      default -> out.append("<").append(typeName(value)).append(" object>");
    }
    budget.leave();
  }

  private static void all(
      Iterable<?> items, StringBuilder out, String open, String close, Budget budget) {
    out.append(open);
    String separator = "";
    for (Object item : items) {
      budget.chars(2);
      out.append(separator);
      repr(item, out, budget);
      separator = ", ";
    }
    out.append(close);
  }

  private static void entries(Map<?, ?> map, StringBuilder out, Budget budget) {
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      budget.chars(4);
      out.append(separator);
      repr(entry.getKey(), out, budget);
      out.append(": ");
      repr(entry.getValue(), out, budget);
      separator = ", ";
    }
    out.append('}');
  }

  /** {@code a == b} */
  static boolean equal(Object a, Object b, Budget budget) {
    budget.enter();
    try {
      if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
        return Numbers.compare(a, b) == 0 && !isNaN(a) && !isNaN(b);
      }
      return switch (a) {
        case null -> b == null;
        case String s -> {
          budget.scan(s.length());
          yield s.equals(b);
        }
        case Undefined _ -> b instanceof Undefined;
        case List<?> l ->
            b instanceof List<?> r
                && sequenceType(l) == sequenceType(r)
                && equalItems(l, r, budget);
        case Map<?, ?> l -> b instanceof Map<?, ?> r && equalEntries(l, r, budget);
        default -> a == b;
      };
    } finally {
      budget.leave();
    }
  }

  private static boolean isNaN(Object value) {
    return value instanceof Double d && d.isNaN();
  }

  private static int sequenceType(List<?> list) {
    return list instanceof Tuple ? 1 : list instanceof Range ? 2 : 0;
  }

  private static boolean equalItems(List<?> a, List<?> b, Budget budget) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i), budget)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalEntries(Map<?, ?> a, Map<?, ?> b, Budget budget) {
    if (a.size() != b.size()) {
      return false;
    }
    for (Map.Entry<?, ?> entry : a.entrySet()) {
      boolean there = b.containsKey(entry.getKey());
      if (!there || !equal(entry.getValue(), b.get(entry.getKey()), budget)) {
        return false;
      }
    }
    return true;
  }

  /** The order of two values, for {@code <} and sorting; {@code operator} is for the message. */
  static int compare(Object a, Object b, String operator, Budget budget) {
    budget.enter();
    try {
      if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
        return Numbers.compare(a, b);
      }
      if (a instanceof String x && b instanceof String y) {
        budget.scan(Math.min(x.length(), y.length()));
        return Strings.compare(x, y);
      }
      if (a instanceof List<?> x && b instanceof List<?> y && sequenceType(x) == sequenceType(y)) {
        for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
          if (!equal(x.get(i), y.get(i), budget)) {
            return compare(x.get(i), y.get(i), operator, budget);
          }
        }
        return Integer.compare(x.size(), y.size());
      }
      throw undefined(a, b)
          .orElse(
              Fault.input(
                  "'"
                      + operator
                      + "' not supported between instances of '"
                      + typeName(a)
                      + "' and '"
                      + typeName(b)
                      + "'"));
    } finally {
      budget.leave();
    }
  }

  /** The error of the first operand that is undefined. */
  static java.util.Optional<Fault> undefined(Object... operands) {
    for (Object operand : operands) {
      if (operand instanceof Undefined u) {
        return java.util.Optional.of(u.fault());
      }
    }
    return java.util.Optional.empty();
  }

  /** {@code len(value)} */
  static long length(Object value, Budget budget) {
    return switch (value) {
      case String s -> {
        budget.scan(s.length());
        yield Strings.length(s);
      }
      case Collection<?> c -> c.size();
      case Map<?, ?> m -> m.size();
      case View v -> v.items().size();
      case Undefined _ -> 0;
      case Loop l -> l.size();
      case null, default ->
          throw Fault.input("object of type '" + typeName(value) + "' has no len()");
    };
  }

  /** {@code iter(value)}, or null where there are no elements to go through. */
  static Iterator<?> iteratorOrNull(Object value, Budget budget) {
    return switch (value) {
      case String s -> Strings.characters(s, budget).iterator();
      case Collection<?> c -> c.iterator();
      case Map<?, ?> m -> m.keySet().iterator();
      case View v -> v.items().iterator();
      case Generator g -> g.iterator();
      case Undefined _ -> List.of().iterator();
      case null, default -> null;
    };
  }

  /** The elements of a value; a new list unless it is a list already. */
  @SuppressWarnings("unchecked") // reading any list as a list of objects is sound
  static List<Object> elements(Object value, Budget budget) {
    if (value instanceof List<?> list) {
      return (List<Object>) list;
    }
    Iterator<?> iterator = iteratorOrNull(value, budget);
    if (iterator == null) {
      throw Fault.input("'" + typeName(value) + "' object is not iterable");
    }
    List<Object> elements = new ArrayList<>();
    while (iterator.hasNext()) {
      budget.items(1);
      elements.add(iterator.next());
    }
    return elements;
  }

  /** A value in the form in which equal keys of a mapping are equal in Java, or an error. */
  static Object key(Object value, Budget budget) {
    return switch (value) {
      case null -> null;
      case Undefined _ -> "";
      case String s -> {
        budget.scan(s.length());
        yield s;
      }
      case Boolean b -> b;
      case Double d when d == Math.rint(d) && Math.abs(d) < 1e18 -> d.longValue();
      case Tuple t -> {
        List<Object> keys = new ArrayList<>();
        budget.enter();
        for (Object item : t) {
          budget.items(1);
          keys.add(key(item, budget));
        }
        budget.leave();
        yield new Tuple(keys);
      }
      case Long l -> l;
      case Double d -> d;
      case BigInteger b -> b;
      // Nothing else: the hash of a collection would go through all that it holds.
      default -> throw Fault.input("unhashable type: '" + typeName(value) + "'");
    };
  }
}
