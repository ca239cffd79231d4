// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Expression.Applied;
import io.jishi.text.template.Expression.Arithmetic;
import io.jishi.text.template.Expression.Comparand;
import io.jishi.text.template.Expression.Comparison;
import io.jishi.text.template.Expression.Inputs;
import io.jishi.text.template.Expression.Literal;
import io.jishi.text.template.Expression.Named;
import io.jishi.text.template.Expression.Operator;
import io.jishi.text.template.Token.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Expressions, loosest first: {@code if else, or, and, not, comparisons, + -, ~, * / // %, **},
 * signs, then subscripts, calls, filters and tests. The order is Jinja's: {@code ~} binds tighter
 * than {@code +}, and {@code **} groups to the left.
 */
final class ExpressionParser {
  private static final Map<String, Comparison> COMPARISONS =
      Map.of(
          "==", Comparison.EQUAL,
          "!=", Comparison.UNEQUAL,
          "<", Comparison.LESS,
          "<=", Comparison.LESS_OR_EQUAL,
          ">", Comparison.GREATER,
          ">=", Comparison.GREATER_OR_EQUAL);
  private static final Map<String, Operator> SUMS =
      Map.of("+", Operator.ADD, "-", Operator.SUBTRACT);
  private static final Map<String, Operator> PRODUCTS =
      Map.of(
          "*", Operator.MULTIPLY,
          "/", Operator.DIVIDE,
          "//", Operator.FLOOR_DIVIDE,
          "%", Operator.MODULO);

  private final Tokens tokens;

  /** Names read since {@link #startNames}. */
  private Set<String> names = new HashSet<>();

  ExpressionParser(Tokens tokens) {
    this.tokens = tokens;
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

  /** One expression, or a tuple without parentheses. */
  Expression tuple() {
    return tuple(true, false, "");
  }

  /** As {@link #tuple}, for places where {@code if} after a value means something else. */
  Expression tupleWithoutConditional(String... ends) {
    return tuple(false, false, ends.length == 0 ? "" : ends[0]);
  }

  private Expression tuple(boolean conditional, boolean mayBeEmpty, String endName) {
    List<Expression> items = new ArrayList<>();
    boolean tuple = false;
    while (!tupleEnds(endName)) {
      items.add(conditional ? expression() : or());
      if (!tokens.skipOperator(",")) {
        break;
      }
      tuple = true;
    }
    if (!tuple && items.size() == 1) {
      return items.getFirst();
    }
    if (items.isEmpty() && !mayBeEmpty) {
      throw tokens.error("an expression is missing");
    }
    return new Expression.TupleOf(items);
  }

  private boolean tupleEnds(String endName) {
    Token token = tokens.current();
    return token.is(Type.VARIABLE_END)
        || token.is(Type.BLOCK_END)
        || token.isOperator(")")
        || (!endName.isEmpty() && token.isName(endName));
  }

  Expression expression() {
    tokens.enter();
    int line = tokens.current().line();
    Expression value = or();
    while (tokens.skipName("if")) {
      Expression condition = or();
      Expression otherwise = tokens.skipName("else") ? expression() : null;
      value = new Expression.Conditional(condition, value, otherwise, line);
    }
    tokens.leave();
    return value;
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      left = new Expression.Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      left = new Expression.And(left, not());
    }
    return left;
  }

  private Expression not() {
    if (!tokens.skipName("not")) {
      return comparison();
    }
    tokens.enter();
    Expression operand = not();
    tokens.leave();
    return new Expression.Not(operand);
  }

  private Expression comparison() {
    Expression first = sum();
    List<Comparand> rest = new ArrayList<>();
    while (true) {
      Token token = tokens.current();
      Comparison comparison = token.is(Type.OPERATOR) ? COMPARISONS.get(token.text()) : null;
      if (comparison == null && token.isName("in")) {
        comparison = Comparison.IN;
      } else if (token.isName("not") && tokens.following().isName("in")) {
        tokens.next();
        comparison = Comparison.NOT_IN;
      }
      if (comparison == null) {
        return rest.isEmpty() ? first : new Expression.Compare(first, rest);
      }
      tokens.next();
      rest.add(new Comparand(comparison, sum()));
    }
  }

  private Operator operator(Map<String, Operator> operators) {
    Token token = tokens.current();
    Operator operator = token.is(Type.OPERATOR) ? operators.get(token.text()) : null;
    if (operator != null) {
      tokens.next();
    }
    return operator;
  }

  private Expression sum() {
    Expression left = concat();
    for (Operator o = operator(SUMS); o != null; o = operator(SUMS)) {
      left = new Arithmetic(o, left, concat());
    }
    return left;
  }

  private Expression concat() {
    Expression first = product();
    if (!tokens.current().isOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Expression.Concat(parts);
  }

  private Expression product() {
    Expression left = power();
    for (Operator o = operator(PRODUCTS); o != null; o = operator(PRODUCTS)) {
      left = new Arithmetic(o, left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (tokens.skipOperator("**")) {
      left = new Arithmetic(Operator.POWER, left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean filters) {
    Expression value;
    if (tokens.current().isOperator("-") || tokens.current().isOperator("+")) {
      boolean minus = tokens.next().isOperator("-");
      tokens.enter();
      Expression operand = unary(false);
      tokens.leave();
      value = minus ? new Expression.Negate(operand) : new Expression.Plus(operand);
    } else {
      value = primary();
    }
    value = postfix(value);
    return filters ? filtersAndTests(value) : value;
  }

  private Expression primary() {
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
        Expression inner = tuple(true, true, "");
        tokens.expectOperator(")");
        return inner;
      }
      case "[" -> {
        List<Expression> items = new ArrayList<>();
        while (!tokens.skipOperator("]")) {
          items.add(expression());
          separator("]");
        }
        return new Expression.ListOf(items);
      }
      case "{" -> {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.skipOperator("}")) {
          keys.add(expression());
          tokens.expectOperator(":");
          values.add(expression());
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

  private Expression postfix(Expression start) {
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
      start = tuple(true, false, "");
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
    return token.isOperator(":") || token.isOperator("]") ? null : expression();
  }

  private Expression filtersAndTests(Expression start) {
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
        doubleStar = expression();
      } else if (tokens.skipOperator("*")) {
        require(!last && star == null);
        star = expression();
      } else if (tokens.current().is(Type.NAME) && tokens.following().isOperator("=")) {
        require(!last);
        String name = tokens.next().text();
        tokens.next();
        named.add(new Named(name, expression()));
      } else {
        require(!last && star == null && named.isEmpty());
        positional.add(expression());
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
