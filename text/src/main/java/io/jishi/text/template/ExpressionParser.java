// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.text.template.Expression.Arithmetic;
import io.jishi.text.template.Expression.Comparand;
import io.jishi.text.template.Expression.Comparison;
import io.jishi.text.template.Expression.Operator;
import io.jishi.text.template.Token.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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

  private final OperandParser operands;

  ExpressionParser(Tokens tokens) {
    this.tokens = tokens;
    this.operands = new OperandParser(tokens, this);
  }

  /** What reads operands, and filters of blocks. */
  OperandParser operands() {
    return operands;
  }

  /** One expression, or a tuple without parentheses. */
  Expression tuple() {
    return tuple(true, false, "");
  }

  /** As {@link #tuple}, for places where {@code if} after a value means something else. */
  Expression tupleWithoutConditional(String... ends) {
    return tuple(false, false, ends.length == 0 ? "" : ends[0]);
  }

  /** What stands in parentheses, which may be nothing. */
  Expression parenthesized() {
    return tuple(true, true, "");
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
      value = operands.primary();
    }
    value = operands.postfix(value);
    return filters ? operands.filtersAndTests(value) : value;
  }
}
