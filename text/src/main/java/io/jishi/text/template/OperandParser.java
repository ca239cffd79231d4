// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Expression.Applied;
import io.jishi.text.template.Expression.Inputs;
import io.jishi.text.template.Expression.Literal;
import io.jishi.text.template.Expression.Named;
import io.jishi.text.template.Token.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The parts of expressions that bind tightest: names, literals, subscripts, calls, filters, tests.
 */
final class OperandParser {
  private final Tokens tokens;
  private final ExpressionParser expressions;

  /** Names read since {@link #startNames}. */
  private Set<String> names = new HashSet<>();

  OperandParser(Tokens tokens, ExpressionParser expressions) {
    this.tokens = tokens;
    this.expressions = expressions;
  }

  /** Starts to collect names that are read; returns those collected before. */
  Set<String> startNames() {
    Set<String> outer = names;
    names = new HashSet<>();
    return outer;
  }

  /** The names since the start, which now belong to the outer ones too. */
  Set<String> endNames(Set<String> outer) {
    Set<String> inner = names;
    names = outer;
    names.addAll(inner);
    return inner;
  }

  Expression primary() {
    Token token = tokens.next();
    return switch (token.type()) {
      case NAME -> name(token.text());
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (tokens.current().is(Type.STRING)) {
          text.append(tokens.next().text());
        }
        yield new Literal(text.toString());
      }
      case NUMBER -> new Literal(token.number());
      case OPERATOR -> bracket(token);
      default -> throw unexpected(token);
    };
  }

  private static RuntimeException unexpected(Token token) {
    return Lexer.error(token.line(), "expected an expression, found " + token.describe());
  }

  private Expression name(String name) {
    return switch (name) {
      case "true", "True" -> new Literal(true);
      case "false", "False" -> new Literal(false);
      case "none", "None" -> new Literal(null);
      default -> {
        names.add(name);
        yield new Expression.Name(name);
      }
    };
  }

  private Expression bracket(Token open) {
    switch (open.text()) {
      case "(" -> {
        Expression inner = expressions.parenthesized();
        tokens.expectOperator(")");
        return inner;
      }
      case "[" -> {
        List<Expression> items = new ArrayList<>();
        while (!tokens.skipOperator("]")) {
          items.add(expressions.expression());
          separator("]");
        }
        return new Expression.ListOf(items);
      }
      case "{" -> {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.skipOperator("}")) {
          keys.add(expressions.expression());
          tokens.expectOperator(":");
          values.add(expressions.expression());
          separator("}");
        }
        return new Expression.DictOf(keys, values);
      }
      default -> throw unexpected(open);
    }
  }

  /** A comma, which may also stand before the end. */
  private void separator(String end) {
    if (!tokens.current().isOperator(end)) {
      tokens.expectOperator(",");
    }
  }

  Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (tokens.skipOperator(".")) {
        value = member(value);
      } else if (tokens.skipOperator("[")) {
        value = subscript(value);
      } else if (tokens.current().isOperator("(")) {
        value = new Expression.Call(value, inputs());
      } else {
        return value;
      }
    }
  }

  private Expression member(Expression object) {
    Token token = tokens.next();
    if (token.is(Type.NAME)) {
      return new Expression.Attribute(object, token.text());
    }
    if (token.number() instanceof Long) {
      return new Expression.Item(object, new Literal(token.number()));
    }
    throw Lexer.error(token.line(), "expected a name after '.', found " + token.describe());
  }

  private Expression subscript(Expression object) {
    Expression start = null;
    if (!tokens.current().isOperator(":")) {
      start = expressions.tuple();
      if (tokens.skipOperator("]")) {
        return new Expression.Item(object, start);
      }
    }
    tokens.expectOperator(":");
    Expression stop = bound();
    Expression step = tokens.skipOperator(":") ? bound() : null;
    tokens.expectOperator("]");
    return new Expression.Slice(object, start, stop, step);
  }

  private Expression bound() {
    Token token = tokens.current();
    return token.isOperator(":") || token.isOperator("]") ? null : expressions.expression();
  }

  Expression filtersAndTests(Expression start) {
    Expression value = start;
    while (true) {
      if (tokens.skipOperator("|")) {
        value = new Expression.Filter(value, applied());
      } else if (tokens.skipName("is")) {
        value = test(value);
      } else if (tokens.current().isOperator("(")) {
        value = new Expression.Call(value, inputs());
      } else {
        return value;
      }
    }
  }

  /** Filters of a block: {@code name | name …}; the first has a bar in front unless inline. */
  List<Applied> filters(boolean inline) {
    List<Applied> filters = new ArrayList<>();
    if (inline) {
      filters.add(applied());
    }
    while (tokens.skipOperator("|")) {
      filters.add(applied());
    }
    return filters;
  }

  private Applied applied() {
    String name = dottedName();
    return new Applied(name, tokens.current().isOperator("(") ? inputs() : Inputs.NONE);
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(tokens.expect(Type.NAME).text());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expect(Type.NAME).text());
    }
    return name.toString();
  }

  private Expression test(Expression operand) {
    boolean negated = tokens.skipName("not");
    String name = dottedName();
    Inputs inputs = Inputs.NONE;
    if (tokens.current().isOperator("(")) {
      inputs = inputs();
    } else if (startsTestArgument(tokens.current())) {
      inputs = new Inputs(List.of(postfix(primary())), List.of(), null, null);
    }
    Expression test = new Expression.Test(operand, new Applied(name, inputs));
    return negated ? new Expression.Not(test) : test;
  }

  private boolean startsTestArgument(Token token) {
    return switch (token.type()) {
      case STRING, NUMBER -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      case NAME ->
          switch (token.text()) {
            case "else", "or", "and" -> false;
            case "is" -> throw tokens.error("tests with 'is' cannot be chained");
            default -> true;
          };
      default -> false;
    };
  }

  private Inputs inputs() {
    tokens.enter();
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<Named> named = new ArrayList<>();
    Expression star = null;
    Expression doubleStar = null;
    while (!tokens.skipOperator(")")) {
      boolean last = doubleStar != null;
      if (tokens.skipOperator("**")) {
        require(!last);
        doubleStar = expressions.expression();
      } else if (tokens.skipOperator("*")) {
        require(!last && star == null);
        star = expressions.expression();
      } else if (tokens.current().is(Type.NAME) && tokens.following().isOperator("=")) {
        require(!last);
        String name = tokens.next().text();
        tokens.next();
        named.add(new Named(name, expressions.expression()));
      } else {
        require(!last && star == null && named.isEmpty());
        positional.add(expressions.expression());
      }
      separator(")");
    }
    tokens.leave();
    return new Inputs(positional, named, star, doubleStar);
  }

  private void require(boolean inOrder) {
    if (!inOrder) {
      throw tokens.error("the arguments of the call are in a wrong order");
    }
  }
}
