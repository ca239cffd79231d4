// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import java.math.BigInteger;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The kinds of value that a template handles beside the plain ones (null, Boolean, Long,
 * BigInteger, Double, String, List, Map): those of Python and Jinja that JSON does not have.
 */
final class Values {
  private Values() {}

  /** What a missing name, key or attribute gives: empty as text, an error in most other uses. */
  record Undefined(String message) {
    static Undefined name(String name) {
      return new Undefined("'" + name + "' is undefined");
    }

    static Undefined member(Object owner, Object key) {
      String type = ownerType(owner);
      return key instanceof String name
          ? new Undefined("'" + type + "' has no attribute '" + Python.shortened(name) + "'")
          : new Undefined(type + " has no element " + Python.shortText(key));
    }

    private static String ownerType(Object owner) {
      return switch (owner) {
        case null -> "None";
        case Namespace _ -> "jinja2.utils.Namespace object";
        default -> Python.typeName(owner) + " object";
      };
    }

    Fault fault() {
      return Fault.input(message);
    }
  }

  /** A sequence that cannot grow and is written with parentheses. */
  static class Tuple extends AbstractList<Object> {
    private final List<Object> items;

    Tuple(List<Object> items) {
      this.items = items;
    }

    static Tuple of(Object... items) {
      return new Tuple(java.util.Arrays.asList(items));
    }

    @Override
    public Object get(int index) {
      return items.get(index);
    }

    @Override
    public int size() {
      return items.size();
    }
  }

  /** What {@code groupby} gives: a pair with names. */
  static final class Group extends Tuple {
    Group(Object grouper, List<Object> list) {
      super(java.util.Arrays.asList(grouper, list));
    }
  }

  /** {@code start, start + step, …} below {@code stop}; holds no elements. */
  static final class Range extends AbstractList<Object> {
    /** As in Jinja's sandbox. */
    private static final long MAX = 100_000;

    private final long start;
    private final long stop;
    private final long step;
    private final int size;

    Range(long start, long stop, long step) {
      if (step == 0) {
        throw Fault.input("range() arg 3 must not be zero");
      }
      BigInteger span = BigInteger.valueOf(stop).subtract(BigInteger.valueOf(start));
      BigInteger away = BigInteger.valueOf(step);
      BigInteger rounded = span.add(away).subtract(BigInteger.valueOf(Long.signum(step)));
      BigInteger count = rounded.divide(away).max(BigInteger.ZERO);
      if (count.compareTo(BigInteger.valueOf(MAX)) > 0) {
        throw Fault.input("Range too big: at most " + MAX + " elements");
      }
      boolean empty = span.signum() != Long.signum(step);
      this.start = start;
      this.stop = stop;
      this.step = step;
      this.size = empty ? 0 : count.intValue();
    }

    @Override
    public Object get(int index) {
      return start + java.util.Objects.checkIndex(index, size) * step;
    }

    @Override
    public int size() {
      return size;
    }

    String repr() {
      return "range(" + start + ", " + stop + (step == 1 ? ")" : ", " + step + ")");
    }
  }

  /** What {@code items()}, {@code keys()} and {@code values()} of a mapping give. */
  record View(String type, Collection<?> items) {}

  /** What can be gone through once: the result of filters such as {@code map}. */
  static final class Generator implements Iterable<Object> {
    private final Iterator<?> rest;

    Generator(Collection<?> items) {
      this.rest = items.iterator();
    }

    @Override
    public Iterator<Object> iterator() {
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return rest.hasNext();
        }

        @Override
        public Object next() {
          return rest.next();
        }
      };
    }
  }

  /** Variables that outlive the scope in which they are set. */
  record Namespace(Map<String, Object> members) {}

  /**
   * Text that a filter marked as safe HTML: {@code +} escapes what is added to it. The mark is kept
   * in variables and lost in collections, arguments and methods.
   */
  record Safe(String text) {}

  /** The value without the mark of {@link Safe}. */
  static Object plain(Object value) {
    return value instanceof Safe safe ? safe.text() : value;
  }

  /** A function of the language: a method bound to its value, or a global. */
  record Builtin(String name, Function<Arguments, Object> body) {}

  /** A macro with the scope in which it was defined. */
  record Macro(Statement.MacroSource source, Scope scope) {}

  /** Variables by name; a name that is not here is looked up further out. */
  static final class Scope {
    private final Scope outer;
    private final Map<String, Object> variables = new HashMap<>();

    Scope(Scope outer) {
      this.outer = outer;
    }

    void set(String name, Object value) {
      variables.put(name, value);
    }

    Object get(String name) {
      for (Scope scope = this; scope != null; scope = scope.outer) {
        Object value = scope.variables.get(name);
        if (value != null || scope.variables.containsKey(name)) {
          return value;
        }
      }
      return Undefined.name(name);
    }
  }

  /**
   * A copy of plain values, with every integer as Long and every float as Double, so that the
   * renderer meets known types only and nobody changes them meanwhile.
   *
   * @param text what becomes of each string, keys included
   */
  static Object copy(Object value, UnaryOperator<String> text, Budget budget) {
    budget.enter();
    try {
      return switch (value) {
        case null -> null;
        case String s -> text.apply(s);
        case Boolean b -> b;
        case Long l -> l;
        case Integer i -> i.longValue();
        case Short s -> s.longValue();
        case Byte b -> b.longValue();
        case BigInteger b -> Numbers.narrow(b);
        case Double d -> d;
        case Float f -> f.doubleValue();
        case Map<?, ?> map -> {
          Map<Object, Object> copy = LinkedHashMap.newLinkedHashMap(map.size());
          for (Map.Entry<?, ?> entry : map.entrySet()) {
            String key = text.apply(String.valueOf(entry.getKey()));
            copy.put(key, copy(entry.getValue(), text, budget));
          }
          yield copy;
        }
        case Collection<?> items -> {
          List<Object> copy = new ArrayList<>(items.size());
          for (Object item : items) {
            copy.add(copy(item, text, budget));
          }
          yield copy;
        }
        default -> throw Fault.input("a template cannot read a " + value.getClass().getName());
      };
    } finally {
      budget.leave();
    }
  }
}
