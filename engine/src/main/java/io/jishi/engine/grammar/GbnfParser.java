// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Grammars in llama.cpp's GBNF: {@code name ::= alternatives}, literals, character classes, {@code
 * .}, groups, {@code * + ? {m,n}}, comments with {@code #}. The text starts at the rule {@code
 * root}.
 */
final class GbnfParser {
  private static final int MAX_RULES = 20_000;

  private final Reader in;
  private final Map<String, Expr> rules = new LinkedHashMap<>();

  private GbnfParser(Reader in) {
    this.in = in;
  }

  static Rules parse(String field, String source) {
    GbnfParser parser = new GbnfParser(new Reader(field, source));
    parser.rules();
    return new Rules(field, parser.rules, "root");
  }

  private void rules() {
    blank(true);
    while (in.more()) {
      int mark = in.at;
      String name = name();
      blank(false);
      in.expect("::=");
      blank(true);
      if (rules.put(name, choices(false)) != null) {
        throw in.badAt(mark, "rule '" + name + "' is defined twice");
      }
      if (rules.size() > MAX_RULES) {
        throw in.bad("more than " + MAX_RULES + " rules");
      }
      if (in.more() && in.peek() != '\n' && in.peek() != '\r') {
        throw in.bad("the end of the line expected");
      }
      blank(true);
    }
  }

  private Expr choices(boolean inGroup) {
    in.enter();
    List<Expr> list = new ArrayList<>();
    list.add(sequence(inGroup));
    while (in.take("|")) {
      blank(true);
      list.add(sequence(inGroup));
    }
    in.leave();
    return list.size() == 1 ? list.getFirst() : new Expr.Alt(list);
  }

  private Expr sequence(boolean inGroup) {
    List<Expr> parts = new ArrayList<>();
    while (true) {
      Expr item = item();
      if (item == null) {
        break;
      }
      parts.add(repeated(item, inGroup));
      blank(inGroup);
    }
    return new Expr.Seq(parts);
  }

  private Expr item() {
    int c = in.peek();
    if (c == '"') {
      in.next();
      StringBuilder text = new StringBuilder();
      while (in.peek() != '"') {
        text.appendCodePoint(character());
      }
      in.next();
      return new Expr.Text(text.toString());
    }
    if (c == '[') {
      in.next();
      return new Expr.Chars(charClass());
    }
    if (c == '.') {
      in.next();
      return new Expr.Chars(CodePoints.ALL);
    }
    if (c == '(') {
      in.next();
      blank(true);
      Expr body = choices(true);
      in.expect(")");
      return body;
    }
    return isName(c) ? new Expr.Rule(name()) : null;
  }

  private Expr repeated(Expr item, boolean inGroup) {
    Expr out = item;
    while (true) {
      int mark = in.at;
      blank(inGroup);
      if (in.take("*")) {
        out = Expr.any(out);
      } else if (in.take("+")) {
        out = new Expr.Repeat(out, 1, Expr.Repeat.ENDLESS);
      } else if (in.take("?")) {
        out = Expr.optional(out);
      } else if (in.take("{")) {
        out = counted(out);
      } else {
        in.at = mark;
        return out;
      }
    }
  }

  private Expr counted(Expr item) {
    blank(false);
    int min = in.peek() == ',' ? 0 : in.number();
    int max = min;
    blank(false);
    if (in.take(",")) {
      blank(false);
      max = in.peek() == '}' ? Expr.Repeat.ENDLESS : in.number();
      blank(false);
    }
    in.expect("}");
    if (max < min) {
      throw in.bad("the most is less than the least in {" + min + "," + max + "}");
    }
    return new Expr.Repeat(item, min, max);
  }

  private CodePoints charClass() {
    boolean negated = in.take("^");
    CodePoints set = CodePoints.NONE;
    while (!in.take("]")) {
      int low = character();
      int high = low;
      if (in.peek() == '-' && !in.text.startsWith("-]", in.at)) {
        in.next();
        high = character();
      }
      if (high < low) {
        throw in.bad("a range in […] goes from a character to a later one");
      }
      set = set.or(CodePoints.range(low, high));
    }
    return negated ? set.not() : set;
  }

  private int character() {
    int c = in.next();
    if (c == '\n' || c == '\r') {
      throw in.bad("a literal or class ends on its line; write \\n for a line feed");
    }
    if (c != '\\') {
      return c;
    }
    int e = in.next();
    return switch (e) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'x' -> in.hex(2);
      case 'u' -> in.hex(4);
      case 'U' -> in.hex(8);
      case '"', '\\', '[', ']', '-', '^' -> e;
      default -> throw in.bad("the escape \\" + Character.toString(e) + " does not exist");
    };
  }

  private static boolean isName(int c) {
    return c == '-' || c == '_' || c < 128 && Character.isLetterOrDigit(c);
  }

  private String name() {
    int from = in.at;
    while (in.more() && isName(in.peek())) {
      in.next();
    }
    if (from == in.at) {
      throw in.bad("the name of a rule expected");
    }
    return in.text.substring(from, in.at);
  }

  /** Skips blanks and comments, and line ends too where the rule may go on behind them. */
  private void blank(boolean lines) {
    while (in.more()) {
      int c = in.peek();
      if (c == '#') {
        while (in.more() && in.peek() != '\n') {
          in.at++;
        }
      } else if (c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r')) {
        in.at++;
      } else {
        return;
      }
    }
  }
}
