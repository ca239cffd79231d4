// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Expression.Applied;
import io.jishi.text.template.Expression.Comparand;
import io.jishi.text.template.Expression.Inputs;
import io.jishi.text.template.Values.Builtin;
import io.jishi.text.template.Values.Macro;
import io.jishi.text.template.Values.Scope;
import io.jishi.text.template.Values.Tuple;
import io.jishi.text.template.Values.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values of expressions. What runs statements (macros, recursive loops) is the interpreter's. */
final class Evaluator {
  private static final Arguments NO_ARGUMENTS = new Arguments(List.of(), Map.of());

  private final Interpreter interpreter;
  private final Budget budget;

  Evaluator(Interpreter interpreter, Budget budget) {
    this.interpreter = interpreter;
    this.budget = budget;
  }

  Object value(Expression expression, Scope scope) {
    budget.enter();
    Object value =
        switch (expression) {
          case Expression.Literal l -> l.value();
          case Expression.Name n -> scope.get(n.name());
          case Expression.Attribute a ->
              Access.attribute(plain(a.object(), scope), a.name(), budget);
          case Expression.Item i ->
              Access.item(plain(i.object(), scope), plain(i.key(), scope), budget);
          case Expression.Slice s -> slice(s, scope);
          case Expression.Call c -> call(c, scope, null);
          case Expression.Filter f -> filter(f.filter(), plain(f.operand(), scope), scope);
          case Expression.Test t -> test(t, scope);
          case Expression.Not n -> !Python.truth(value(n.operand(), scope));
          case Expression.And a -> {
            Object left = value(a.left(), scope);
            yield Python.truth(left) ? value(a.right(), scope) : left;
          }
          case Expression.Or o -> {
            Object left = value(o.left(), scope);
            yield Python.truth(left) ? left : value(o.right(), scope);
          }
          case Expression.Conditional c -> conditional(c, scope);
          case Expression.Arithmetic a ->
              Arithmetics.apply(
                  a.operator(), value(a.left(), scope), value(a.right(), scope), budget);
          case Expression.Compare c -> compare(c, scope);
          case Expression.Concat c -> concat(c, scope);
          case Expression.Negate n -> signed(value(n.operand(), scope), true);
          case Expression.Plus p -> signed(value(p.operand(), scope), false);
          case Expression.ListOf l -> all(l.items(), scope);
          case Expression.TupleOf t -> new Tuple(all(t.items(), scope));
          case Expression.DictOf d -> dict(d, scope);
        };
    budget.leave();
    return value;
  }

  private Object plain(Expression expression, Scope scope) {
    return Values.plain(value(expression, scope));
  }

  private List<Object> all(List<Expression> expressions, Scope scope) {
    budget.items(expressions.size());
    List<Object> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(plain(expression, scope));
    }
    return values;
  }

  private Map<Object, Object> dict(Expression.DictOf dict, Scope scope) {
    budget.items(dict.keys().size());
    Map<Object, Object> made = new LinkedHashMap<>();
    for (int i = 0; i < dict.keys().size(); i++) {
      Object key = Python.key(plain(dict.keys().get(i), scope), budget);
      made.put(key, plain(dict.values().get(i), scope));
    }
    return made;
  }

  private Object slice(Expression.Slice slice, Scope scope) {
    Object object = plain(slice.object(), scope);
    Object start = slice.start() == null ? null : value(slice.start(), scope);
    Object stop = slice.stop() == null ? null : value(slice.stop(), scope);
    Object step = slice.step() == null ? null : value(slice.step(), scope);
    return Access.slice(object, start, stop, step, budget);
  }

  private boolean test(Expression.Test test, Scope scope) {
    Object operand = plain(test.operand(), scope);
    Arguments arguments = arguments(test.test().inputs(), scope);
    return Tests.apply(test.test().name(), operand, arguments, budget);
  }

  private Object conditional(Expression.Conditional conditional, Scope scope) {
    if (Python.truth(value(conditional.condition(), scope))) {
      return value(conditional.then(), scope);
    }
    return conditional.otherwise() != null
        ? value(conditional.otherwise(), scope)
        : new Undefined(
            "the inline if-expression on line "
                + conditional.line()
                + " evaluated to false and no else section was defined.");
  }

  private boolean compare(Expression.Compare compare, Scope scope) {
    Object left = plain(compare.first(), scope);
    for (Comparand comparand : compare.rest()) {
      Object right = plain(comparand.value(), scope);
      if (!Arithmetics.compare(comparand.comparison(), left, right, budget)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private String concat(Expression.Concat concat, Scope scope) {
    StringBuilder text = new StringBuilder();
    for (Expression part : concat.parts()) {
      text.append(budget.text(Python.text(value(part, scope), budget)));
    }
    return text.toString();
  }

  private static Object signed(Object value, boolean minus) {
    if (!Numbers.isNumber(value)) {
      throw Python.undefined(value)
          .orElse(Fault.input("bad operand type for unary -: '" + Python.typeName(value) + "'"));
    }
    return minus ? Numbers.negate(value) : Numbers.number(value);
  }

  Object filter(Applied filter, Object operand, Scope scope) {
    Arguments arguments = arguments(filter.inputs(), scope);
    return Filters.apply(filter.name(), operand, arguments, budget);
  }

  /** The value of a call; {@code caller}, if not null, is handed over under that name. */
  Object call(Expression.Call call, Scope scope, Macro caller) {
    Object function = value(call.function(), scope);
    Arguments arguments = arguments(call.inputs(), scope);
    if (caller != null) {
      Map<String, Object> named = new LinkedHashMap<>(arguments.named());
      named.put("caller", caller);
      arguments = new Arguments(arguments.positional(), named);
    }
    return switch (function) {
      case Builtin b -> b.body().apply(arguments);
      case Macro m -> interpreter.call(m, arguments);
      case Loop l -> interpreter.repeat(l, arguments);
      case Undefined u -> throw u.fault();
      case null, default ->
          throw Fault.input("'" + Python.typeName(function) + "' object is not callable");
    };
  }

  private Arguments arguments(Inputs inputs, Scope scope) {
    if (inputs == Inputs.NONE) {
      return NO_ARGUMENTS;
    }
    List<Object> positional = all(inputs.positional(), scope);
    if (inputs.star() != null) {
      List<Object> more = Python.elements(value(inputs.star(), scope), budget);
      budget.items(more.size());
      positional.addAll(more);
    }
    Map<String, Object> named = new LinkedHashMap<>();
    for (Expression.Named input : inputs.named()) {
      named.put(input.name(), plain(input.value(), scope));
    }
    if (inputs.doubleStar() != null) {
      if (!(value(inputs.doubleStar(), scope) instanceof Map<?, ?> map)) {
        throw Fault.input("argument after ** must be a mapping");
      }
      budget.items(map.size());
      map.forEach((key, value) -> named.put(Python.text(key, budget), value));
    }
    return new Arguments(positional, named);
  }
}
