// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Expression.Applied;
import java.util.List;

/** A statement of a template, as parsed; {@code line} is where it starts. */
sealed interface Statement {
  /** Where it starts in the template, from 1. */
  int line();

  record Text(String text, int line) implements Statement {}

  record Print(Expression value, int line) implements Statement {}

  record If(List<Branch> branches, List<Statement> otherwise, int line) implements Statement {}

  record Branch(Expression condition, List<Statement> body, int line) {}

  /** {@code filter} may be null. */
  record For(
      Target target,
      Expression items,
      Expression filter,
      boolean recursive,
      List<Statement> body,
      List<Statement> otherwise,
      int line)
      implements Statement {}

  record SetValue(Target target, Expression value, int line) implements Statement {}

  record SetBlock(Target target, List<Applied> filters, List<Statement> body, int line)
      implements Statement {}

  record Define(MacroSource macro, int line) implements Statement {}

  record CallBlock(Expression.Call call, MacroSource caller, int line) implements Statement {}

  record FilterBlock(List<Applied> filters, List<Statement> body, int line) implements Statement {}

  record With(List<Target> targets, List<Expression> values, List<Statement> body, int line)
      implements Statement {}

  /** A body with its own variables and no other effect: {@code generation}. */
  record Scoped(List<Statement> body, int line) implements Statement {}

  record Break(int line) implements Statement {}

  record Continue(int line) implements Statement {}

  /** What a value can be assigned to. */
  sealed interface Target {
    record Variable(String name) implements Target {}

    record Member(String namespace, String name) implements Target {}

    record Unpack(List<Target> parts) implements Target {}
  }

  /** {@code standard} is null where the parameter has no default. */
  record Parameter(String name, Expression standard) {}

  /** A macro; the flags say which of the special names its body reads. */
  record MacroSource(
      String name,
      List<Parameter> parameters,
      List<Statement> body,
      boolean readsCaller,
      boolean readsKwargs,
      boolean readsVarargs) {}
}
