// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.base.JishiException;
import io.jishi.text.template.Token.Type;
import java.util.List;

/** The place of the parser in the tokens, and how deep it is nested. */
final class Tokens {
  /** Brackets, operators that stand before a value, and blocks within each other. */
  private static final int MAX_NESTING = 150;

  private final List<Token> tokens;
  private int at;
  private int nesting;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  Token following() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  /** The current token; moves on, but not past the end. */
  Token next() {
    Token token = tokens.get(at);
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean skipOperator(String operator) {
    boolean found = current().isOperator(operator);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipName(String name) {
    boolean found = current().isName(name);
    if (found) {
      next();
    }
    return found;
  }

  Token expect(Type type) {
    if (!current().is(type)) {
      throw error("expected " + type.label);
    }
    return next();
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw error("expected '" + operator + "'");
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw error("expected '" + name + "'");
    }
  }

  void enter() {
    if (++nesting > MAX_NESTING) {
      throw Lexer.error(current().line(), "nested more than " + MAX_NESTING + " levels deep");
    }
  }

  void leave() {
    nesting--;
  }

  JishiException.BadFile error(String what) {
    return Lexer.error(current().line(), what + ", found " + current().describe());
  }
}
