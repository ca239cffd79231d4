// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Values.Builtin;
import io.jishi.text.template.Values.Scope;
import io.jishi.text.template.Values.Undefined;
import java.util.List;

/** The variable {@code loop} of a {@code for}. */
final class Loop {
  private final Statement.For source;
  private final Scope scope;
  private final List<Object> items;
  private final int depth;
  private int index = -1;
  private Object lastSeen;

  /**
   * The state before the first element.
   *
   * @param scope where the loop stands, for calls of a recursive loop
   * @param depth how deep the recursion is, from 0
   */
  Loop(Statement.For source, Scope scope, List<Object> items, int depth) {
    this.source = source;
    this.scope = scope;
    this.items = items;
    this.depth = depth;
  }

  Statement.For source() {
    return source;
  }

  Scope scope() {
    return scope;
  }

  int depth() {
    return depth;
  }

  int size() {
    return items.size();
  }

  boolean next() {
    return ++index < items.size();
  }

  Object item() {
    return items.get(index);
  }

  Object attribute(String name, Budget budget) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) items.size() - index;
      case "revindex0" -> items.size() - index - 1L;
      case "first" -> index == 0;
      case "last" -> index == items.size() - 1;
      case "length" -> (long) items.size();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" ->
          index == 0 ? new Undefined("there is no previous item") : items.get(index - 1);
      case "nextitem" ->
          index + 1 == items.size() ? new Undefined("there is no next item") : items.get(index + 1);
      case "cycle" -> new Builtin(name, this::cycle);
      case "changed" -> new Builtin(name, arguments -> changed(arguments, budget));
      default -> Undefined.member(this, name);
    };
  }

  private Object cycle(Arguments arguments) {
    List<Object> choices = arguments.positional();
    if (choices.isEmpty()) {
      throw Fault.input("no items for cycling given");
    }
    return choices.get(index % choices.size());
  }

  private Object changed(Arguments arguments, Budget budget) {
    boolean changed = lastSeen == null || !Python.equal(lastSeen, arguments.positional(), budget);
    lastSeen = arguments.positional();
    return changed;
  }
}
