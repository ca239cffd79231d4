// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

/**
 * A piece of template source.
 *
 * @param type what it is
 * @param text template text, a name, an operator or the characters of a string literal
 * @param number the value of a number literal: Long, BigInteger or Double; else null
 * @param line where it starts, from 1
 */
record Token(Type type, String text, Number number, int line) {
  enum Type {
    DATA("text"),
    VARIABLE_BEGIN("'{{'"),
    VARIABLE_END("'}}'"),
    BLOCK_BEGIN("'{%'"),
    BLOCK_END("'%}'"),
    NAME("name"),
    STRING("string"),
    NUMBER("number"),
    OPERATOR("operator"),
    END("end of template");

    final String label;

    Type(String label) {
      this.label = label;
    }
  }

  boolean is(Type wanted) {
    return type == wanted;
  }

  boolean isName(String name) {
    return type == Type.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return type == Type.OPERATOR && text.equals(operator);
  }

  String describe() {
    return switch (type) {
      case NAME, OPERATOR -> "'" + text + "'";
      default -> type.label;
    };
  }
}
