// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Values.Builtin;
import io.jishi.text.template.Values.Group;
import io.jishi.text.template.Values.Macro;
import io.jishi.text.template.Values.Namespace;
import io.jishi.text.template.Values.Tuple;
import io.jishi.text.template.Values.Undefined;
import io.jishi.text.template.Values.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code value.name}, {@code value[key]}, {@code value[from:to:step]}, and methods of lists. */
final class Access {
  /** Methods that would change a value; the sandbox hands them out as undefined. */
  private static final Set<String> MAP_CHANGES =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  private static final Set<String> LIST_CHANGES =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

  private Access() {}

  /** {@code value.name}: a method of the value if it has one, else an element. */
  static Object attribute(Object owner, String name, Budget budget) {
    Object attribute = attributeOrAbsent(owner, name, budget);
    if (attribute != Arguments.ABSENT) {
      return attribute;
    }
    if (owner instanceof Map<?, ?> map && map.containsKey(name)) {
      return map.get(name);
    }
    return Undefined.member(owner, name);
  }

  /** {@code value[key]}: an element if there is one, else what has that name. */
  static Object item(Object owner, Object key, Budget budget) {
    boolean hashable =
        key instanceof Tuple || !(key instanceof List<?> || key instanceof Map<?, ?>);
    if (owner instanceof Map<?, ?> map && hashable) {
      Object canonical = Python.key(key, budget);
      if (map.containsKey(canonical)) {
        return map.get(canonical);
      }
    } else if (Numbers.isInteger(key) && (owner instanceof String || owner instanceof List<?>)) {
      long length = Python.length(owner, budget);
      long index = Numbers.index(key);
      long at = index < 0 ? index + length : index;
      if (at >= 0 && at < length) {
        return owner instanceof String s
            ? Strings.at(s, (int) at)
            : ((List<?>) owner).get((int) at);
      }
    }
    Object found =
        key instanceof String name
            ? attributeOrAbsent(owner, name, budget)
            : owner instanceof Undefined u ? fail(u) : Arguments.ABSENT;
    return found == Arguments.ABSENT ? Undefined.member(owner, key) : found;
  }

  private static Object fail(Undefined undefined) {
    throw undefined.fault();
  }

  /** What {@code getattr} of Python finds, as far as templates may see it. */
  static Object attributeOrAbsent(Object owner, String name, Budget budget) {
    return switch (owner) {
      case Undefined u -> fail(u);
      case String s when StringMethods.has(name) ->
          new Builtin(name, a -> StringMethods.call(s, name, a, budget));
      case Map<?, ?> map -> mapAttribute(map, name, budget);
      case Group group when name.equals("grouper") -> group.get(0);
      case Group group when name.equals("list") -> group.get(1);
      case List<?> list -> listAttribute(list, name, budget);
      case Namespace n when n.members().containsKey(name) -> n.members().get(name);
      case Loop loop -> {
        Object value = loop.attribute(name, budget);
        yield value instanceof Undefined u && u.message().startsWith("'")
            ? unsafe(owner, name)
            : value;
      }
      case Macro macro when name.equals("name") -> macro.source().name();
      case Double d when name.equals("is_integer") ->
          new Builtin(name, a -> d == Math.rint(d) && !d.isInfinite());
      case null, default -> unsafe(owner, name);
    };
  }

  /** Python's own members begin with two underscores; they exist, but not for templates. */
  private static Object unsafe(Object owner, String name) {
    return name.startsWith("__") ? refused(owner, name) : Arguments.ABSENT;
  }

  private static Undefined refused(Object owner, String name) {
    return new Undefined(
        "access to attribute '"
            + Python.shortened(name)
            + "' of '"
            + Python.typeName(owner)
            + "' object is unsafe.");
  }

  private static Object mapAttribute(Map<?, ?> map, String name, Budget budget) {
    if (MAP_CHANGES.contains(name)) {
      return refused(map, name);
    }
    return switch (name) {
      case "get" -> new Builtin(name, arguments -> get(map, arguments, budget));
      case "items" -> method(name, () -> new View("dict_items", pairs(map, budget)));
      case "keys" -> method(name, () -> new View("dict_keys", map.keySet()));
      case "values" -> method(name, () -> new View("dict_values", map.values()));
      case "copy" -> method(name, () -> Globals.dict(map, budget));
      default ->
          name.startsWith("__") && !map.containsKey(name) ? refused(map, name) : Arguments.ABSENT;
    };
  }

  private static Builtin method(String name, java.util.function.Supplier<Object> body) {
    return new Builtin(
        name,
        arguments -> {
          arguments.bind(name, 0);
          return body.get();
        });
  }

  private static Object get(Map<?, ?> map, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("get", 1, "key", "default");
    Object key = Python.key(bound[0], budget);
    return map.containsKey(key) ? map.get(key) : Arguments.or(bound[1], null);
  }

  /** The entries of a mapping as pairs. */
  static List<Object> pairs(Map<?, ?> map, Budget budget) {
    budget.items(map.size());
    List<Object> pairs = new ArrayList<>(map.size());
    map.forEach((key, value) -> pairs.add(Tuple.of(key, value)));
    return pairs;
  }

  private static Object listAttribute(List<?> list, String name, Budget budget) {
    boolean changeable = Python.typeName(list).equals("list");
    if (changeable && LIST_CHANGES.contains(name)) {
      return refused(list, name);
    }
    return switch (name) {
      case "index" -> new Builtin(name, a -> indexOf(list, a.bind(name, 1, "value")[0], budget));
      case "count" ->
          new Builtin(
              name,
              a -> {
                Object wanted = a.bind(name, 1, "value")[0];
                return list.stream().filter(item -> Python.equal(item, wanted, budget)).count();
              });
      case "copy" -> changeable ? method(name, () -> list) : Arguments.ABSENT;
      default -> unsafe(list, name);
    };
  }

  private static long indexOf(List<?> list, Object wanted, Budget budget) {
    for (int i = 0; i < list.size(); i++) {
      if (Python.equal(list.get(i), wanted, budget)) {
        return i;
      }
    }
    throw Fault.input(Python.shortText(wanted) + " is not in list");
  }

  /** {@code value[start:stop:step]}; null bounds are open. */
  static Object slice(Object owner, Object start, Object stop, Object step, Budget budget) {
    if (owner instanceof Undefined u) {
      throw u.fault();
    }
    if (!(owner instanceof String) && !(owner instanceof List<?>)) {
      throw Fault.input("'" + Python.typeName(owner) + "' object is not subscriptable");
    }
    int by = step == null ? 1 : Numbers.index(step);
    if (by == 0) {
      throw Fault.input("slice step cannot be zero");
    }
    int length = (int) Python.length(owner, budget);
    int from = bound(start, by < 0 ? length - 1 : 0, length, by);
    int to = bound(stop, by < 0 ? -1 : length, length, by);
    if (owner instanceof String s) {
      return sliceText(s, from, to, by, budget);
    }
    List<Object> picked = new ArrayList<>();
    List<?> list = (List<?>) owner;
    for (long i = from; by > 0 ? i < to : i > to; i += by) {
      budget.items(1);
      picked.add(list.get((int) i));
    }
    return owner instanceof Tuple ? new Tuple(picked) : picked;
  }

  private static int bound(Object given, int open, int length, int step) {
    if (given == null) {
      return open;
    }
    int index = Numbers.index(given);
    int at = index < 0 ? index + length : index;
    return step > 0 ? Math.clamp(at, 0, length) : Math.clamp(at, -1, length - 1);
  }

  private static String sliceText(String text, int from, int to, int by, Budget budget) {
    if (by == 1) {
      int start = Strings.offset(text, from);
      return budget.text(text.substring(start, Math.max(start, Strings.offset(text, to))));
    }
    budget.chars(2L * text.length());
    int[] codePoints = text.codePoints().toArray();
    StringBuilder out = new StringBuilder();
    for (long i = from; by > 0 ? i < to : i > to; i += by) {
      out.appendCodePoint(codePoints[(int) i]);
    }
    return out.toString();
  }

  /** {@code item in container} */
  static boolean contains(Object container, Object item, Budget budget) {
    switch (container) {
      case String text -> {
        if (!(item instanceof String wanted)) {
          throw Python.undefined(item)
              .orElse(
                  Fault.input(
                      "'in <string>' requires string as left operand, not "
                          + Python.typeName(item)));
        }
        budget.search(text, wanted);
        return text.contains(wanted);
      }
      case Map<?, ?> map -> {
        return map.containsKey(Python.key(item, budget));
      }
      case null, default -> {
        var iterator = Python.iteratorOrNull(container, budget);
        if (iterator == null) {
          throw Fault.input(
              "argument of type '" + Python.typeName(container) + "' is not iterable");
        }
        while (iterator.hasNext()) {
          if (Python.equal(iterator.next(), item, budget)) {
            return true;
          }
        }
        return false;
      }
    }
  }
}
