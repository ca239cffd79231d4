// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Expression.Operator;
import io.jishi.text.template.Values.Generator;
import io.jishi.text.template.Values.Group;
import io.jishi.text.template.Values.Undefined;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The filters of Jinja that work on sequences. */
final class SequenceFilters {
  static final Map<String, Filters.Body> ALL =
      Map.ofEntries(
          Map.entry("batch", SequenceFilters::batch),
          Map.entry("dictsort", SequenceFilters::dictSort),
          Map.entry("first", SequenceFilters::first),
          Map.entry("groupby", SequenceFilters::groupBy),
          Map.entry("join", SequenceFilters::join),
          Map.entry("last", SequenceFilters::last),
          Map.entry("list", (v, a, b) -> list(v, b)),
          Map.entry("map", SequenceFilters::map),
          Map.entry("max", (v, a, b) -> extreme(v, a, 1, b)),
          Map.entry("min", (v, a, b) -> extreme(v, a, -1, b)),
          Map.entry("reject", (v, a, b) -> select(v, a, false, false, b)),
          Map.entry("rejectattr", (v, a, b) -> select(v, a, false, true, b)),
          Map.entry("reverse", SequenceFilters::reverse),
          Map.entry("select", (v, a, b) -> select(v, a, true, false, b)),
          Map.entry("selectattr", (v, a, b) -> select(v, a, true, true, b)),
          Map.entry("slice", SequenceFilters::slice),
          Map.entry("sort", SequenceFilters::sort),
          Map.entry("sum", SequenceFilters::sum),
          Map.entry("unique", SequenceFilters::unique));

  private SequenceFilters() {}

  private static List<Object> list(Object value, Budget budget) {
    List<Object> elements = Python.elements(value, budget);
    budget.items(elements.size());
    return new ArrayList<>(elements);
  }

  /** Reads an attribute such as {@code a.b.0} of a value; null reads the value itself. */
  private static UnaryOperator<Object> getter(
      Object attribute, Object standard, boolean caseSensitive, Budget budget) {
    List<Object> path = new ArrayList<>();
    if (attribute instanceof String s) {
      for (String part : s.split("\\.", -1)) {
        boolean index = part.matches("\\d{1,9}");
        path.add(index ? (Object) Long.valueOf(part) : (Object) part);
      }
    } else if (attribute != null) {
      path.add(attribute);
    }
    return item -> {
      Object value = item;
      for (Object part : path) {
        value = Access.item(value, part, budget);
        value = standard != null && value instanceof Undefined ? standard : value;
      }
      boolean lower = !caseSensitive && value instanceof String;
      return lower ? budget.text(((String) value).toLowerCase(java.util.Locale.ROOT)) : value;
    };
  }

  private static Comparator<Object> order(
      UnaryOperator<Object> key, boolean reverse, Budget budget) {
    Comparator<Object> order = (a, b) -> Python.compare(key.apply(a), key.apply(b), "<", budget);
    return reverse ? order.reversed() : order;
  }

  private static Object sort(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("sort", 0, "reverse", "case_sensitive", "attribute");
    boolean caseSensitive = Arguments.truth(bound[1], false);
    Object attribute = Arguments.or(bound[2], null);
    List<UnaryOperator<Object>> getters = new ArrayList<>();
    if (attribute instanceof String s) {
      for (String part : s.split(",", -1)) {
        getters.add(getter(part, null, caseSensitive, budget));
      }
    } else {
      getters.add(getter(attribute, null, caseSensitive, budget));
    }
    UnaryOperator<Object> key =
        item -> new ArrayList<>(getters.stream().map(getter -> getter.apply(item)).toList());
    List<Object> sorted = list(value, budget);
    sorted.sort(order(key, Arguments.truth(bound[0], false), budget));
    return sorted;
  }

  private static Object dictSort(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("dictsort", 0, "case_sensitive", "by", "reverse");
    if (!(value instanceof Map<?, ?> map)) {
      throw Python.undefined(value)
          .orElse(Fault.input("'" + Python.typeName(value) + "' object has no attribute 'items'"));
    }
    long part =
        switch (Python.text(Arguments.or(bound[1], "key"), budget)) {
          case "key" -> 0;
          case "value" -> 1;
          default -> throw Fault.input("You can only sort by either \"key\" or \"value\"");
        };
    List<Object> sorted = Access.pairs(map, budget);
    UnaryOperator<Object> key = getter(part, null, Arguments.truth(bound[0], false), budget);
    sorted.sort(order(key, Arguments.truth(bound[2], false), budget));
    return sorted;
  }

  private static Object groupBy(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("groupby", 1, "attribute", "default", "case_sensitive");
    Object standard = Arguments.or(bound[1], null);
    boolean caseSensitive = Arguments.truth(bound[2], false);
    UnaryOperator<Object> key = getter(bound[0], standard, caseSensitive, budget);
    UnaryOperator<Object> shown = getter(bound[0], standard, true, budget);
    List<Object> sorted = list(value, budget);
    sorted.sort(order(key, false, budget));
    List<Object> groups = new ArrayList<>();
    Object current = null;
    List<Object> members = List.of();
    for (Object item : sorted) {
      Object its = key.apply(item);
      if (members.isEmpty() || !Python.equal(its, current, budget)) {
        members = new ArrayList<>();
        groups.add(new Group(shown.apply(item), members));
        current = its;
      }
      members.add(item);
    }
    return groups;
  }

  private static Object unique(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("unique", 0, "case_sensitive", "attribute");
    UnaryOperator<Object> key =
        getter(Arguments.or(bound[1], null), null, Arguments.truth(bound[0], false), budget);
    Set<Object> seen = new HashSet<>();
    List<Object> kept = new ArrayList<>();
    for (Object item : Python.elements(value, budget)) {
      budget.items(1);
      Object its = Python.key(key.apply(item), budget);
      if (seen.add(its instanceof Boolean b ? Numbers.number(b) : its)) {
        kept.add(item);
      }
    }
    return new Generator(kept);
  }

  private static Object extreme(Object value, Arguments arguments, int sign, Budget budget) {
    Object[] bound = arguments.bind(sign > 0 ? "max" : "min", 0, "case_sensitive", "attribute");
    UnaryOperator<Object> key =
        getter(Arguments.or(bound[1], null), null, Arguments.truth(bound[0], false), budget);
    List<Object> elements = Python.elements(value, budget);
    if (elements.isEmpty()) {
      return new Undefined("No aggregated item, sequence was empty.");
    }
    Object best = elements.getFirst();
    for (Object item : elements.subList(1, elements.size())) {
      if (Python.compare(key.apply(item), key.apply(best), sign > 0 ? ">" : "<", budget) * sign
          > 0) {
        best = item;
      }
    }
    return best;
  }

  private static Object sum(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("sum", 0, "attribute", "start");
    UnaryOperator<Object> get = getter(Arguments.or(bound[0], null), null, true, budget);
    Object sum = Arguments.or(bound[1], 0L);
    for (Object item : Python.elements(value, budget)) {
      budget.step();
      sum = Arithmetics.apply(Operator.ADD, sum, get.apply(item), budget);
    }
    return sum;
  }

  private static Object join(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("join", 0, "d", "attribute");
    UnaryOperator<Object> get = getter(Arguments.or(bound[1], null), null, true, budget);
    List<Object> texts = new ArrayList<>();
    for (Object item : Python.elements(value, budget)) {
      budget.items(1);
      texts.add(Python.text(get.apply(item), budget));
    }
    return Strings.join(Python.text(Arguments.or(bound[0], ""), budget), texts, budget);
  }

  private static Object first(Object value, Arguments arguments, Budget budget) {
    arguments.bind("first", 0);
    if (value instanceof Generator generator) {
      var rest = generator.iterator();
      return rest.hasNext() ? rest.next() : new Undefined("No first item, sequence was empty.");
    }
    List<Object> elements = Python.elements(value, budget);
    return elements.isEmpty()
        ? new Undefined("No first item, sequence was empty.")
        : elements.getFirst();
  }

  private static Object last(Object value, Arguments arguments, Budget budget) {
    arguments.bind("last", 0);
    if (value instanceof Generator) {
      throw Fault.input("'generator' object is not reversible");
    }
    List<Object> elements = Python.elements(value, budget);
    return elements.isEmpty()
        ? new Undefined("No last item, sequence was empty.")
        : elements.getLast();
  }

  private static Object reverse(Object value, Arguments arguments, Budget budget) {
    arguments.bind("reverse", 0);
    if (value instanceof String s) {
      return budget.text(new StringBuilder(s).reverse().toString());
    }
    List<Object> elements = Python.elements(value, budget);
    return value instanceof Generator ? elements.reversed() : new Generator(elements.reversed());
  }

  private static Object map(Object value, Arguments arguments, Budget budget) {
    List<Object> given = arguments.positional();
    List<Object> results = new ArrayList<>();
    List<Object> elements = Python.truth(value) ? Python.elements(value, budget) : List.of();
    budget.items(elements.size());
    if (given.isEmpty() && arguments.named().containsKey("attribute")) {
      Object[] bound = arguments.bind("map", 0, "attribute", "default");
      Object standard = Arguments.or(bound[1], null);
      UnaryOperator<Object> get = getter(bound[0], standard, true, budget);
      elements.forEach(item -> results.add(get.apply(item)));
    } else {
      if (given.isEmpty()) {
        throw Fault.input("map requires a filter argument");
      }
      String name = Python.text(given.getFirst(), budget);
      Arguments rest = new Arguments(given.subList(1, given.size()), arguments.named());
      elements.forEach(item -> results.add(Values.plain(Filters.apply(name, item, rest, budget))));
    }
    return new Generator(results);
  }

  private static Object select(
      Object value, Arguments arguments, boolean wanted, boolean byAttribute, Budget budget) {
    List<Object> given = arguments.positional();
    if (byAttribute && given.isEmpty()) {
      throw Fault.input("Missing parameter for attribute name");
    }
    int used = byAttribute ? 1 : 0;
    UnaryOperator<Object> get = getter(byAttribute ? given.getFirst() : null, null, true, budget);
    String test = given.size() > used ? Python.text(given.get(used), budget) : null;
    Arguments rest =
        new Arguments(
            given.subList(Math.min(given.size(), used + 1), given.size()), arguments.named());
    List<Object> kept = new ArrayList<>();
    List<Object> elements = Python.truth(value) ? Python.elements(value, budget) : List.of();
    for (Object item : elements) {
      budget.items(1);
      Object tested = get.apply(item);
      boolean passes =
          test == null ? Python.truth(tested) : Tests.apply(test, tested, rest, budget);
      if (passes == wanted) {
        kept.add(item);
      }
    }
    return new Generator(kept);
  }

  private static Object batch(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("batch", 1, "linecount", "fill_with");
    int size = Numbers.index(bound[0]);
    Object fill = Arguments.or(bound[1], null);
    List<Object> batches = new ArrayList<>();
    List<Object> current = new ArrayList<>();
    for (Object item : Python.elements(value, budget)) {
      budget.items(1);
      if (current.size() == size) {
        batches.add(current);
        current = new ArrayList<>();
      }
      current.add(item);
    }
    if (!current.isEmpty()) {
      while (fill != null && current.size() < size) {
        budget.items(1);
        current.add(fill);
      }
      batches.add(current);
    }
    return new Generator(batches);
  }

  private static Object slice(Object value, Arguments arguments, Budget budget) {
    Object[] bound = arguments.bind("slice", 1, "slices", "fill_with");
    int count = Numbers.index(bound[0]);
    Object fill = Arguments.or(bound[1], null);
    if (count == 0) {
      throw Fault.input("integer division or modulo by zero");
    }
    List<Object> items = list(value, budget);
    List<Object> slices = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < count; i++) {
      budget.items(1);
      int longer = items.size() % count;
      int size = items.size() / count + (i < longer ? 1 : 0);
      List<Object> slice = new ArrayList<>(items.subList(at, at + size));
      if (fill != null && i >= longer) {
        slice.add(fill);
      }
      slices.add(slice);
      at += size;
    }
    return new Generator(slices);
  }
}
