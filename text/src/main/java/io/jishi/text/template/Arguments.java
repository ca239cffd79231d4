// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import java.util.List;
import java.util.Map;

/** The values of a call's arguments. */
record Arguments(List<Object> positional, Map<String, Object> named) {
  /** Stands for an argument that was not given. */
  static final Object ABSENT = new Object();

  /**
   * The arguments in the order of the parameters' names; {@link #ABSENT} where not given.
   *
   * @param function for messages
   * @param required how many parameters must be given
   */
  Object[] bind(String function, int required, String... parameters) {
    if (positional.size() > parameters.length) {
      throw Fault.input(
          function
              + "() takes at most "
              + parameters.length
              + " arguments ("
              + positional.size()
              + " given)");
    }
    Object[] bound = new Object[parameters.length];
    int used = 0;
    for (int i = 0; i < parameters.length; i++) {
      boolean byName = named.containsKey(parameters[i]);
      if (byName && i < positional.size()) {
        throw Fault.input(function + "() got two values for argument '" + parameters[i] + "'");
      }
      used += byName ? 1 : 0;
      bound[i] =
          i < positional.size() ? positional.get(i) : named.getOrDefault(parameters[i], ABSENT);
      if (bound[i] == ABSENT && i < required) {
        throw Fault.input(function + "() is missing the argument '" + parameters[i] + "'");
      }
    }
    if (used < named.size()) {
      String unknown =
          named.keySet().stream().filter(n -> !List.of(parameters).contains(n)).findFirst().get();
      throw Fault.input(function + "() got an unexpected keyword argument '" + unknown + "'");
    }
    return bound;
  }

  /** The value, or a standard one where the argument was not given. */
  static Object or(Object value, Object standard) {
    return value == ABSENT ? standard : value;
  }

  /** As an integer within 32 bits. */
  static int integer(Object value, int standard) {
    return value == ABSENT ? standard : Numbers.index(value);
  }

  static boolean truth(Object value, boolean standard) {
    return value == ABSENT ? standard : Python.truth(value);
  }
}
