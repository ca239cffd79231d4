// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.adapter;

import io.jishi.base.JishiException;
import io.jishi.model.adapter.Adapter.Pair;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Finds the tensors that pairs add to. Beside a stack of experts PEFT names the module, not the
 * tensor ({@code mlp.experts}, and {@code mlp.experts.base_layer} for a second one): which it is
 * follows from the shapes.
 */
final class PairTargets {
  private static final String WEIGHT = ".weight";
  private static final String INNER = ".base_layer";

  /** Behind the names of experts of four bits, whose published form is {@code [in, out]}. */
  private static final String BLOCKS = "_blocks";

  private final Adapter adapter;
  private final Set<String> names;
  private final Function<String, List<Long>> shapes;
  private final Set<String> turned;
  private final Map<String, Pair> found = new LinkedHashMap<>();

  PairTargets(
      Adapter adapter, Set<String> names, Function<String, List<Long>> shapes, Set<String> turned) {
    this.adapter = adapter;
    this.names = names;
    this.shapes = shapes;
    this.turned = turned;
  }

  Map<String, Pair> find() {
    adapter.pairs().forEach(this::find);
    return found;
  }

  private void find(String stem, Pair pair) {
    String own = names.contains(stem + WEIGHT) ? stem + WEIGHT : stem;
    if (names.contains(own)) {
      List<Long> shape = shapes.apply(own);
      List<Pair> of = shape.size() == 3 ? stacked(own, pair) : List.of();
      if (of.isEmpty()) {
        check(own, shape, pair);
      }
      put(own, of.isEmpty() ? pair : of.getFirst());
      return;
    }
    String module = stem;
    while (module.endsWith(INNER)) {
      module = module.substring(0, module.length() - INNER.length());
    }
    Map<String, Pair> fitting = new LinkedHashMap<>();
    for (String name : names) {
      if (name.startsWith(module + ".") && name.indexOf('.', module.length() + 1) < 0) {
        stacked(name, pair).forEach(p -> fitting.put(name, p));
      }
    }
    if (fitting.size() != 1) {
      throw fitting.isEmpty() ? absent(stem, pair) : unclear(stem, fitting.keySet().toString());
    }
    fitting.forEach(this::put);
  }

  private void put(String name, Pair pair) {
    if (found.put(name, pair) != null) {
      throw unclear(name, "two pairs for one tensor");
    }
  }

  private void check(String name, List<Long> shape, Pair pair) {
    long high = turned.contains(name) ? pair.in() : pair.out();
    long wide = turned.contains(name) ? pair.out() : pair.in();
    List<Long> fits =
        pair.experts() == 1 ? List.of(high, wide) : List.of((long) pair.experts(), high, wide);
    if (!longer(fits).equals(longer(shape))) {
      throw new JishiException.BadFile(
          adapter.source()
              + ": is an adapter of another model: it adds a matrix "
              + fits
              + " to '"
              + name
              + "', which is "
              + shape);
    }
  }

  /** Dimensions of one do not count: a router of one result may be a vector. */
  private static List<Long> longer(List<Long> shape) {
    return shape.stream().filter(n -> n != 1).toList();
  }

  /** A pair of a module as that of one of its stacks, if it fits: one or none. */
  private List<Pair> stacked(String name, Pair pair) {
    List<Long> shape = shapes.apply(name);
    if (shape.size() != 3 || pair.experts() != 1 || pair.rank() % shape.getFirst() != 0) {
      return List.of();
    }
    int experts = Math.toIntExact(shape.get(0));
    boolean over = turned.contains(name);
    long out = shape.get(over ? 2 : 1);
    long in = shape.get(over ? 1 : 2);
    boolean plain = pair.in() == in && pair.out() == out;
    boolean swapped = !over && pair.in() == out && pair.out() == in;
    if (plain && swapped && !name.endsWith(BLOCKS)) {
      throw unclear(name, "a square matrix could stand either way");
    }
    int rank = pair.rank() / experts;
    List<Pair> result = new ArrayList<>();
    if (plain) {
      result.add(new Pair(experts, rank, pair.in(), pair.out(), pair.a(), pair.b()));
    } else if (swapped) {
      result.add(swapped(pair, experts, rank));
    }
    return result;
  }

  /** A of the rows and B of the columns, as pairs have it the other way round. */
  private static Pair swapped(Pair p, int experts, int rank) {
    float[] a = new float[p.b().length];
    float[] b = new float[p.a().length];
    for (int e = 0; e < experts; e++) {
      for (int k = 0; k < rank; k++) {
        int row = e * rank + k;
        int column = k * experts + e;
        for (int i = 0; i < p.out(); i++) {
          a[row * p.out() + i] = p.b()[i * p.rank() + column];
        }
        for (int i = 0; i < p.in(); i++) {
          b[i * p.rank() + column] = p.a()[row * p.in() + i];
        }
      }
    }
    return new Pair(experts, rank, p.out(), p.in(), a, b);
  }

  private JishiException absent(String stem, Pair pair) {
    return new JishiException.BadFile(
        adapter.source()
            + ": is an adapter of another model: it adds a matrix ["
            + pair.out()
            + ", "
            + pair.in()
            + "] to '"
            + stem
            + "', which this model does not have");
  }

  private JishiException unclear(String stem, String why) {
    return new JishiException.Unsupported(
        adapter.source() + ": which tensor '" + stem + "' adds to cannot be told: " + why);
  }
}
