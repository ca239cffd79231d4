// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.base.JishiException;
import io.jishi.text.template.Expression.Applied;
import io.jishi.text.template.Statement.Branch;
import io.jishi.text.template.Statement.MacroSource;
import io.jishi.text.template.Statement.Parameter;
import io.jishi.text.template.Statement.Target;
import io.jishi.text.template.Values.Macro;
import io.jishi.text.template.Values.Namespace;
import io.jishi.text.template.Values.Scope;
import io.jishi.text.template.Values.Tuple;
import io.jishi.text.template.Values.Undefined;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Runs the statements of one rendering. For one thread, once. */
final class Interpreter {
  /** What a statement means for the loop around it. */
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Budget budget = new Budget();
  private final Evaluator evaluator = new Evaluator(this, budget);
  private StringBuilder out = new StringBuilder();
  private int line = 1;

  /**
   * The text of a template.
   *
   * @throws JishiException.BadRequest where the template refuses or cannot handle the variables
   * @throws JishiException.Unsupported where it uses an unknown filter or test
   */
  static String render(List<Statement> template, Map<String, ?> variables, Clock clock) {
    return new Interpreter().run(template, variables, clock);
  }

  private String run(List<Statement> template, Map<String, ?> variables, Clock clock) {
    try {
      Scope given = new Scope(Globals.scope(clock, budget));
      variables.forEach(
          (name, value) -> given.set(name, Values.copy(value, UnaryOperator.identity(), budget)));
      body(template, new Scope(given));
      return out.toString();
    } catch (Fault fault) {
      String place = "chat template, line " + line + ": " + fault.getMessage();
      throw switch (fault.kind()) {
        case RAISED -> new JishiException.BadRequest("messages", fault.getMessage());
        case INPUT -> new JishiException.BadRequest("messages", place);
        case UNSUPPORTED -> new JishiException.Unsupported(place);
      };
    } catch (StackOverflowError e) {
      // The depth is bounded for stacks of usual size; a caller's thread may have less left.
      throw new JishiException.BadRequest(
          "messages",
          "chat template, line " + line + ": nested too deeply for the stack of this thread");
    }
  }

  private Flow body(List<Statement> statements, Scope scope) {
    budget.enter();
    Flow flow = Flow.NEXT;
    for (int i = 0; i < statements.size() && flow == Flow.NEXT; i++) {
      flow = run(statements.get(i), scope);
    }
    budget.leave();
    return flow;
  }

  private Flow run(Statement statement, Scope scope) {
    budget.step();
    line = statement.line();
    switch (statement) {
      case Statement.Text t -> write(t.text());
      case Statement.Print p -> write(Python.text(evaluator.value(p.value(), scope), budget));
      case Statement.If i -> {
        return ifElse(i, scope);
      }
      case Statement.For f -> loop(f, Values.plain(evaluator.value(f.items(), scope)), scope, 0);
      case Statement.SetValue s -> assign(s.target(), evaluator.value(s.value(), scope), scope);
      case Statement.SetBlock s ->
          assign(s.target(), filtered(s.filters(), s.body(), scope), scope);
      case Statement.Define d -> scope.set(d.macro().name(), new Macro(d.macro(), scope));
      case Statement.CallBlock c -> {
        Object value = evaluator.call(c.call(), scope, new Macro(c.caller(), scope));
        write(Python.text(value, budget));
      }
      case Statement.FilterBlock f ->
          write(Python.text(filtered(f.filters(), f.body(), scope), budget));
      case Statement.With w -> {
        return with(w, scope);
      }
      case Statement.Scoped s -> {
        return body(s.body(), new Scope(scope));
      }
      case Statement.Break _ -> {
        return Flow.BREAK;
      }
      case Statement.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NEXT;
  }

  private void write(String text) {
    out.append(budget.text(text));
  }

  private Flow ifElse(Statement.If statement, Scope scope) {
    for (Branch branch : statement.branches()) {
      line = branch.line();
      if (Python.truth(evaluator.value(branch.condition(), scope))) {
        return body(branch.body(), scope);
      }
    }
    return body(statement.otherwise(), scope);
  }

  private Flow with(Statement.With with, Scope scope) {
    Scope inner = new Scope(scope);
    for (int i = 0; i < with.targets().size(); i++) {
      assign(with.targets().get(i), evaluator.value(with.values().get(i), scope), inner);
    }
    return body(with.body(), inner);
  }

  private void loop(Statement.For statement, Object iterable, Scope scope, int depth) {
    List<Object> items = Python.elements(iterable, budget);
    if (statement.filter() != null) {
      items = kept(statement, items, scope);
    }
    Loop loop = new Loop(statement, scope, items, depth);
    boolean finished = true;
    while (finished && loop.next()) {
      Scope inner = new Scope(scope);
      inner.set("loop", loop);
      assign(statement.target(), loop.item(), inner);
      finished = body(statement.body(), inner) != Flow.BREAK;
    }
    if (items.isEmpty()) {
      body(statement.otherwise(), new Scope(scope));
    }
  }

  private List<Object> kept(Statement.For statement, List<Object> items, Scope scope) {
    List<Object> kept = new ArrayList<>();
    for (Object item : items) {
      Scope inner = new Scope(scope);
      assign(statement.target(), item, inner);
      if (Python.truth(evaluator.value(statement.filter(), inner))) {
        budget.items(1);
        kept.add(item);
      }
    }
    return kept;
  }

  /** What a recursive loop writes for the elements below the current one. */
  String repeat(Loop loop, Arguments arguments) {
    if (!loop.source().recursive()) {
      throw Fault.input("the loop must have the 'recursive' marker to be called recursively");
    }
    Object iterable = arguments.bind("loop", 1, "iterable")[0];
    return captured(() -> loop(loop.source(), iterable, loop.scope(), loop.depth() + 1));
  }

  private Object filtered(List<Applied> filters, List<Statement> body, Scope scope) {
    Object value = captured(() -> body(body, new Scope(scope)));
    for (Applied filter : filters) {
      value = evaluator.filter(filter, Values.plain(value), scope);
    }
    return value;
  }

  /** What an action writes, instead of writing it. */
  private String captured(Runnable action) {
    StringBuilder outer = out;
    int outerLine = line;
    out = new StringBuilder();
    action.run();
    String text = budget.text(out.toString());
    out = outer;
    line = outerLine;
    return text;
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Target.Variable variable -> scope.set(variable.name(), value);
      case Target.Member member -> {
        if (!(scope.get(member.namespace()) instanceof Namespace namespace)) {
          throw Fault.input("cannot assign attribute on non-namespace object");
        }
        namespace.members().put(member.name(), value);
      }
      case Target.Unpack unpack -> {
        List<Object> values = Python.elements(Values.plain(value), budget);
        int expected = unpack.parts().size();
        if (values.size() != expected) {
          boolean many = values.size() > expected;
          throw Fault.input(
              (many ? "too many" : "not enough")
                  + " values to unpack (expected "
                  + expected
                  + (many ? ")" : ", got " + values.size() + ")"));
        }
        for (int i = 0; i < expected; i++) {
          assign(unpack.parts().get(i), values.get(i), scope);
        }
      }
    }
  }

  /** What a macro writes. */
  String call(Macro macro, Arguments arguments) {
    Scope scope = new Scope(macro.scope());
    bind(macro.source(), arguments, scope);
    return captured(() -> body(macro.source().body(), scope));
  }

  private void bind(MacroSource macro, Arguments arguments, Scope scope) {
    List<Object> positional = arguments.positional();
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    int count = macro.parameters().size();
    for (int i = 0; i < count; i++) {
      Parameter parameter = macro.parameters().get(i);
      scope.set(parameter.name(), argument(parameter, i, positional, named, scope));
    }
    if (macro.readsCaller()
        && macro.parameters().stream().noneMatch(p -> p.name().equals("caller"))) {
      Object caller = named.remove("caller");
      scope.set("caller", caller == null ? new Undefined("No caller defined") : caller);
    }
    if (macro.readsKwargs()) {
      scope.set("kwargs", named);
    } else if (!named.isEmpty()) {
      String name = named.keySet().iterator().next();
      throw Fault.input("macro '" + macro.name() + "' takes no keyword argument '" + name + "'");
    }
    if (macro.readsVarargs()) {
      int from = Math.min(count, positional.size());
      scope.set("varargs", new Tuple(positional.subList(from, positional.size())));
    } else if (positional.size() > count) {
      throw Fault.input(
          "macro '" + macro.name() + "' takes not more than " + count + " argument(s)");
    }
  }

  private Object argument(
      Parameter parameter,
      int index,
      List<Object> positional,
      Map<String, Object> named,
      Scope scope) {
    if (index < positional.size()) {
      return positional.get(index);
    }
    if (named.containsKey(parameter.name())) {
      return named.remove(parameter.name());
    }
    return parameter.standard() != null
        ? evaluator.value(parameter.standard(), scope)
        : new Undefined("parameter '" + parameter.name() + "' was not provided");
  }
}
