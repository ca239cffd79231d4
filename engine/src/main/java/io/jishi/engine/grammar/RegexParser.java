// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Regular expressions in the syntax that ECMAScript (with the flag {@code u}), PCRE and Python
 * share: alternatives, groups, classes, escapes, Unicode categories, greedy and lazy repetition,
 * anchors at the ends. What no finite automaton can do (back references) or what would not be seen
 * from the left alone (look-around, word borders) is refused.
 */
final class RegexParser {
  /** Stand-ins, compared by identity, until anchors are resolved. */
  private static final Expr BEGIN = new Expr.Alt(List.of(Expr.EMPTY));

  private static final Expr END = new Expr.Alt(List.of(Expr.EMPTY));

  private static final CodePoints DIGITS = CodePoints.range('0', '9');
  private static final CodePoints WORD =
      DIGITS.or(CodePoints.range('a', 'z')).or(CodePoints.range('A', 'Z')).or(CodePoints.of('_'));
  private static final CodePoints SPACE =
      CodePoints.of(9, 10, 11, 12, 13, ' ', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
          .or(CodePoints.of(0xFEFF))
          .or(CodePoints.range(0x2000, 0x200A));
  private static final CodePoints LINE_ENDS = CodePoints.of('\n', '\r', 0x2028, 0x2029);

  private final Reader in;
  private final Function<CodePoints, Expr> chars;

  private RegexParser(Reader in, Function<CodePoints, Expr> chars) {
    this.in = in;
    this.chars = chars;
  }

  /**
   * The expression as one that matches whole texts.
   *
   * @param field names the source in errors
   * @param chars how one character of a set is written in the output
   * @param search whether the pattern may stand anywhere in the text, unless anchored
   */
  static Expr parse(
      String field, String pattern, Function<CodePoints, Expr> chars, boolean search) {
    Reader in = new Reader(field, pattern);
    RegexParser parser = new RegexParser(in, chars);
    Expr expr = parser.choices();
    if (in.more()) {
      throw in.bad("')' without '('");
    }
    Expr whole = parser.resolve(expr, search, true, true);
    parser.refuseAnchors(whole);
    return whole;
  }

  private Expr choices() {
    in.enter();
    List<Expr> list = new ArrayList<>();
    do {
      list.add(sequence());
    } while (in.take("|"));
    in.leave();
    return list.size() == 1 ? list.getFirst() : new Expr.Alt(list);
  }

  private Expr sequence() {
    List<Expr> parts = new ArrayList<>();
    while (in.more() && in.peek() != '|' && in.peek() != ')') {
      parts.add(repeated(atom()));
    }
    return parts.size() == 1 ? parts.getFirst() : new Expr.Seq(parts);
  }

  private Expr repeated(Expr atom) {
    Expr out = atom;
    boolean again = false;
    while (true) {
      int min;
      int max = Expr.Repeat.ENDLESS;
      int mark = in.at;
      if (in.take("*")) {
        min = 0;
      } else if (in.take("+")) {
        min = 1;
      } else if (in.take("?")) {
        min = 0;
        max = 1;
      } else if (in.peek() == '{') {
        in.next();
        min = in.number();
        if (in.take(",")) {
          max = in.peek() == '}' ? max : in.number();
        } else {
          max = min;
        }
        in.expect("}");
        if (max < min) {
          throw in.badAt(mark, "the most is less than the least in {" + min + "," + max + "}");
        }
      } else {
        return out;
      }
      if (again || atom == BEGIN || atom == END) {
        throw in.badAt(mark, "nothing that could be repeated stands before this");
      }
      again = true;
      if (in.take("+")) {
        throw in.bad("possessive repetition is not supported");
      }
      in.take("?"); // lazy or not: the same texts
      out = new Expr.Repeat(atom, min, max);
    }
  }

  private Expr atom() {
    int mark = in.at;
    int c = in.next();
    return switch (c) {
      case '(' -> group();
      case '[' -> chars.apply(charClass());
      case '.' -> chars.apply(LINE_ENDS.not());
      case '^' -> BEGIN;
      case '$' -> END;
      case '\\' -> escape();
      case '*', '+', '?', '{' ->
          throw in.badAt(mark, "nothing that could be repeated stands before this");
      default -> chars.apply(CodePoints.of(c));
    };
  }

  private Expr group() {
    if (in.take("?")) {
      if (in.take("=") || in.take("!") || in.take("<=") || in.take("<!")) {
        throw in.bad("look-ahead and look-behind are not supported");
      }
      if (in.take("P<") || in.take("<")) {
        while (in.next() != '>') {
          // the name says nothing about what matches
        }
      } else if (!in.take(":")) {
        throw in.bad("flags and special groups are not supported; (?:…) is");
      }
    }
    Expr body = choices();
    in.expect(")");
    return body;
  }

  private Expr escape() {
    int c = in.peek();
    if (c == 'b' || c == 'B' || c == 'G') {
      throw in.bad("borders such as \\" + (char) c + " are not supported");
    }
    if (c == 'A' || c == 'Z' || c == 'z') {
      in.next();
      return c == 'A' ? BEGIN : END;
    }
    if (c >= '1' && c <= '9' || c == 'k') {
      throw in.bad("back references are not supported");
    }
    return chars.apply(escapedSet());
  }

  /** The set that an escape stands for, in classes and outside. */
  private CodePoints escapedSet() {
    int c = in.next();
    return switch (c) {
      case 'd' -> DIGITS;
      case 'D' -> DIGITS.not();
      case 'w' -> WORD;
      case 'W' -> WORD.not();
      case 's' -> SPACE;
      case 'S' -> SPACE.not();
      case 'p', 'P' -> category(c == 'P');
      case 'n' -> CodePoints.of('\n');
      case 't' -> CodePoints.of('\t');
      case 'r' -> CodePoints.of('\r');
      case 'f' -> CodePoints.of('\f');
      case 'v' -> CodePoints.of(11);
      case '0' -> CodePoints.of(0);
      case 'x' -> CodePoints.of(in.hex(2));
      case 'u' -> CodePoints.of(unicode());
      default -> {
        if (Character.isLetterOrDigit(c)) {
          throw in.bad("the escape \\" + Character.toString(c) + " is not supported");
        }
        yield CodePoints.of(c);
      }
    };
  }

  private int unicode() {
    if (in.take("{")) {
      int value = 0;
      while (!in.take("}")) {
        int digit = Character.digit(in.next(), 16);
        value = value * 16 + digit;
        if (digit < 0 || value > Character.MAX_CODE_POINT) {
          throw in.bad("\\u{…} takes the hexadecimal number of a character");
        }
      }
      return in.scalar(value);
    }
    return in.hex(4);
  }

  private CodePoints category(boolean negated) {
    String name;
    if (in.take("{")) {
      int end = in.text.indexOf('}', in.at);
      if (end < 0) {
        throw in.bad("'}' expected");
      }
      name = in.text.substring(in.at, end);
      in.at = end + 1;
    } else {
      name = Character.toString(in.next());
    }
    CodePoints set = Categories.of(name);
    if (set == null) {
      throw in.bad(
          "\\p{" + name + "} is not supported; general categories such as L, Lu and Nd are");
    }
    return negated ? set.not() : set;
  }

  private CodePoints charClass() {
    boolean negated = in.take("^");
    CodePoints set = CodePoints.NONE;
    while (!in.take("]")) {
      CodePoints low = classAtom();
      if (in.peek() == '-' && !in.text.startsWith("-]", in.at)) {
        in.next();
        CodePoints high = classAtom();
        if (!single(low) || !single(high) || low.ranges()[0] > high.ranges()[0]) {
          throw in.bad("a range in […] goes from a character to a later one");
        }
        low = CodePoints.range(low.ranges()[0], high.ranges()[0]);
      }
      set = set.or(low);
    }
    return negated ? set.not() : set;
  }

  private static boolean single(CodePoints set) {
    return set.ranges().length == 2 && set.ranges()[0] == set.ranges()[1];
  }

  private CodePoints classAtom() {
    int c = in.next();
    if (c == '[' && in.peek() == ':') {
      throw in.bad("POSIX classes such as [:alpha:] are not supported; \\p{L} is");
    }
    if (c != '\\') {
      return CodePoints.of(c);
    }
    if (in.take("b")) {
      return CodePoints.of('\b');
    }
    return escapedSet();
  }

  /** Makes anchors at the ends part of the text's frame. */
  private Expr resolve(Expr expr, boolean search, boolean first, boolean last) {
    if (expr instanceof Expr.Alt a && expr != BEGIN && expr != END) {
      return new Expr.Alt(a.choices().stream().map(e -> resolve(e, search, first, last)).toList());
    }
    List<Expr> parts = new ArrayList<>(expr instanceof Expr.Seq s ? s.parts() : List.of(expr));
    boolean begins = first && !parts.isEmpty() && parts.getFirst() == BEGIN;
    if (begins) {
      parts.removeFirst();
    }
    boolean ends = last && !parts.isEmpty() && parts.getLast() == END;
    if (ends) {
      parts.removeLast();
    }
    if (parts.size() == 1 && !begins && !ends && parts.getFirst() instanceof Expr.Alt) {
      return resolve(parts.getFirst(), search, first, last); // (^a|b$)
    }
    Expr any = Expr.any(chars.apply(CodePoints.ALL));
    if (search && first && !begins) {
      parts.addFirst(any);
    }
    if (search && last && !ends) {
      parts.addLast(any);
    }
    return new Expr.Seq(parts);
  }

  private void refuseAnchors(Expr expr) {
    if (expr == BEGIN || expr == END) {
      throw in.badAt(0, "'^' and '$' are supported at the ends of the pattern only");
    }
    switch (expr) {
      case Expr.Seq s -> s.parts().forEach(this::refuseAnchors);
      case Expr.Alt a -> a.choices().forEach(this::refuseAnchors);
      case Expr.Repeat r -> refuseAnchors(r.body());
      default -> {}
    }
  }
}
