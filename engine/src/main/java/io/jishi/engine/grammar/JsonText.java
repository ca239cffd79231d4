// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import io.jishi.base.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The pieces of JSON texts (RFC 8259) as expressions. */
final class JsonText {
  static final CodePoints DIGIT = CodePoints.range('0', '9');

  /** Nothing, a blank, or a new line with some indentation; never without end. */
  static final Expr SPACE =
      Expr.alt(
          Expr.EMPTY,
          Expr.text(" "),
          Expr.seq(
              Expr.text("\n"), new Expr.Repeat(new Expr.Chars(CodePoints.of(' ', '\t')), 0, 20)));

  private static final CodePoints ESCAPED = CodePoints.range(0, 0x1F).or(CodePoints.of('"', '\\'));

  /** Characters that may stand in a string as they are. */
  private static final CodePoints PLAIN = ESCAPED.not();

  private static final String SHORT = "\b\f\n\r\t\"\\";
  private static final String SHORT_NAMES = "bfnrt\"\\";

  /** Most digits in a row: longer numbers are refused by readers or lose their value. */
  private static final int DIGITS = 15;

  static final String VALUE = "json value";
  static final String OBJECT = "json object";
  static final String ARRAY = "json array";
  static final String STRING = "json string";
  static final String NUMBER = "json number";
  static final String INTEGER = "json integer";

  private JsonText() {}

  /** One character of a set as it stands within a string. */
  static Expr character(CodePoints set) {
    CodePoints plain = set.and(PLAIN);
    CodePoints escaped = set.and(ESCAPED);
    if (escaped.isEmpty()) {
      return new Expr.Chars(plain);
    }
    List<Expr> choices = new ArrayList<>();
    if (!plain.isEmpty()) {
      choices.add(new Expr.Chars(plain));
    }
    for (int c = 0; c <= '\\'; c++) {
      if (escaped.contains(c)) {
        int at = SHORT.indexOf(c);
        choices.add(Expr.text(at < 0 ? "\\u%04x".formatted(c) : "\\" + SHORT_NAMES.charAt(at)));
      }
    }
    return new Expr.Alt(choices);
  }

  /** Any character of a string, with all escapes that stand for one character. */
  static Expr anyCharacter() {
    CodePoints hex = DIGIT.or(CodePoints.range('a', 'f')).or(CodePoints.range('A', 'F'));
    CodePoints notD = hex.minus(CodePoints.of('d', 'D'));
    Expr x = new Expr.Chars(hex);
    return Expr.alt(
        new Expr.Chars(PLAIN),
        Expr.seq(
            Expr.text("\\"),
            Expr.alt(
                new Expr.Chars(CodePoints.of('"', '\\', '/', 'b', 'f', 'n', 'r', 't')),
                Expr.seq(Expr.text("u"), new Expr.Chars(notD), x, x, x),
                // No surrogates: half a pair is no character, whole ones can be written out.
                Expr.seq(
                    Expr.text("u"),
                    new Expr.Chars(CodePoints.of('d', 'D')),
                    new Expr.Chars(CodePoints.range('0', '7')),
                    x,
                    x))));
  }

  static Expr quoted(Expr content) {
    return Expr.seq(Expr.text("\""), content, Expr.text("\""));
  }

  /** A value as it stands in an enumeration. */
  static Expr literal(Object value) {
    return Expr.text(Json.write(value));
  }

  static Expr digits(int min, int max) {
    return new Expr.Repeat(new Expr.Chars(DIGIT), min, max);
  }

  private static Expr integer() {
    Expr natural = Expr.seq(new Expr.Chars(CodePoints.range('1', '9')), digits(0, DIGITS - 1));
    return Expr.alt(Expr.text("0"), Expr.seq(Expr.optional(Expr.text("-")), natural));
  }

  private static Expr number() {
    Expr exponent =
        Expr.seq(
            new Expr.Chars(CodePoints.of('e', 'E')),
            Expr.optional(new Expr.Chars(CodePoints.of('+', '-'))),
            digits(1, 2));
    return Expr.seq(
        integer(),
        Expr.optional(Expr.seq(Expr.text("."), digits(1, DIGITS))),
        Expr.optional(exponent));
  }

  /** The rules of plain JSON. */
  static void addRules(Map<String, Expr> rules) {
    rules.put(STRING, quoted(Expr.any(anyCharacter())));
    rules.put(NUMBER, number());
    rules.put(INTEGER, integer());
    Expr value = new Expr.Rule(VALUE);
    Expr member = Expr.seq(new Expr.Rule(STRING), Expr.text(":"), SPACE, value);
    rules.put(OBJECT, list("{", member, "}"));
    rules.put(ARRAY, list("[", value, "]"));
    rules.put(
        VALUE,
        Expr.alt(
            new Expr.Rule(OBJECT),
            new Expr.Rule(ARRAY),
            new Expr.Rule(STRING),
            new Expr.Rule(NUMBER),
            Expr.text("true"),
            Expr.text("false"),
            Expr.text("null")));
  }

  private static Expr list(String open, Expr item, String close) {
    Expr more = Expr.any(Expr.seq(Expr.text(","), SPACE, item));
    return Expr.seq(
        Expr.text(open), SPACE, Expr.optional(Expr.seq(item, more, SPACE)), Expr.text(close));
  }

  /** A string other than these, written without escapes. */
  static Expr otherThan(Iterable<String> names) {
    Trie top = new Trie();
    for (String name : names) {
      Trie at = top;
      for (int c : name.codePoints().toArray()) {
        at = at.next.computeIfAbsent(c, _ -> new Trie());
      }
      at.name = true;
    }
    List<Expr.Arc> arcs = new ArrayList<>();
    int last = top.number(0) + 1; // "last - 1" takes any further characters
    top.arcs(arcs, last - 1, last);
    arcs.add(new Expr.Arc(last - 1, new Expr.Chars(PLAIN), last - 1));
    arcs.add(new Expr.Arc(last - 1, Expr.EMPTY, last));
    return quoted(new Expr.Net(last + 1, arcs));
  }

  private static final class Trie {
    final Map<Integer, Trie> next = new java.util.TreeMap<>();
    boolean name;
    int id;

    /** Numbers the nodes; gives the first number that is free. */
    int number(int from) {
      id = from;
      int free = from + 1;
      for (Trie child : next.values()) {
        free = child.number(free);
      }
      return free;
    }

    void arcs(List<Expr.Arc> arcs, int any, int end) {
      CodePoints others = PLAIN;
      if (!next.isEmpty()) {
        others = PLAIN.minus(CodePoints.of(next.keySet().stream().mapToInt(c -> c).toArray()));
      }
      arcs.add(new Expr.Arc(id, new Expr.Chars(others), any));
      if (!name) {
        arcs.add(new Expr.Arc(id, Expr.EMPTY, end));
      }
      next.forEach(
          (c, child) -> {
            if (PLAIN.contains(c)) { // others are written with escapes, which never come here
              arcs.add(new Expr.Arc(id, new Expr.Chars(CodePoints.of(c)), child.id));
              child.arcs(arcs, any, end);
            }
          });
    }
  }
}
