// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import java.util.List;

/** An expression of a template, as parsed. */
sealed interface Expression {
  /** A constant: String, Long, BigInteger, Double, Boolean or null. */
  record Literal(Object value) implements Expression {}

  record Name(String name) implements Expression {}

  record ListOf(List<Expression> items) implements Expression {}

  record TupleOf(List<Expression> items) implements Expression {}

  record DictOf(List<Expression> keys, List<Expression> values) implements Expression {}

  /** {@code object.name} */
  record Attribute(Expression object, String name) implements Expression {}

  /** {@code object[key]} */
  record Item(Expression object, Expression key) implements Expression {}

  /** {@code object[start:stop:step]}; each bound may be null. */
  record Slice(Expression object, Expression start, Expression stop, Expression step)
      implements Expression {}

  record Call(Expression function, Inputs inputs) implements Expression {}

  record Filter(Expression operand, Applied filter) implements Expression {}

  record Test(Expression operand, Applied test) implements Expression {}

  record Negate(Expression operand) implements Expression {}

  record Plus(Expression operand) implements Expression {}

  record Arithmetic(Operator operator, Expression left, Expression right) implements Expression {}

  record Not(Expression operand) implements Expression {}

  record And(Expression left, Expression right) implements Expression {}

  record Or(Expression left, Expression right) implements Expression {}

  /** {@code first op1 a op2 b …}: every neighbouring pair holds. */
  record Compare(Expression first, List<Comparand> rest) implements Expression {}

  /** {@code a ~ b ~ …} */
  record Concat(List<Expression> parts) implements Expression {}

  /** {@code then if condition else otherwise}; {@code otherwise} may be null. */
  record Conditional(Expression condition, Expression then, Expression otherwise, int line)
      implements Expression {}

  /** A filter or test by name, with its arguments. */
  record Applied(String name, Inputs inputs) {}

  record Comparand(Comparison comparison, Expression value) {}

  record Named(String name, Expression value) {}

  /** Arguments as written; {@code star} ({@code *x}) and {@code doubleStar} may be null. */
  record Inputs(
      List<Expression> positional, List<Named> named, Expression star, Expression doubleStar) {
    static final Inputs NONE = new Inputs(List.of(), List.of(), null, null);
  }

  enum Operator {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    DIVIDE("/"),
    FLOOR_DIVIDE("//"),
    MODULO("%"),
    POWER("** or pow()");

    final String sign;

    Operator(String sign) {
      this.sign = sign;
    }
  }

  enum Comparison {
    EQUAL("=="),
    UNEQUAL("!="),
    LESS("<"),
    LESS_OR_EQUAL("<="),
    GREATER(">"),
    GREATER_OR_EQUAL(">="),
    IN("in"),
    NOT_IN("not in");

    final String sign;

    Comparison(String sign) {
      this.sign = sign;
    }
  }
}
