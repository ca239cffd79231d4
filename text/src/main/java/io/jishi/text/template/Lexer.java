// SPDX-License-Identifier: Apache-2.0
package io.jishi.text.template;

import io.jishi.base.JishiException;
import io.jishi.text.template.Token.Type;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Template source to tokens, with Jinja's whitespace rules: {@code trim_blocks} (a newline right
 * after a block or comment is dropped), {@code lstrip_blocks} (blanks before one at the start of a
 * line are dropped) and the signs {@code -} and {@code +} that override both.
 */
final class Lexer {
  private static final Pattern RAW_BEGIN = Pattern.compile("\\{%[-+]?\\s*raw\\s*(-?)%\\}");
  private static final Pattern RAW_END = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%\\}");
  private static final Pattern FLOAT =
      Pattern.compile(
          "\\d+(?:_\\d+)*(?:\\.\\d+(?:_\\d+)*(?:[eE][-+]?\\d+(?:_\\d+)*)?"
              + "|[eE][-+]?\\d+(?:_\\d+)*)");
  private static final Pattern INTEGER =
      Pattern.compile(
          "0[bB](?:_?[01]){1,400}|0[oO](?:_?[0-7]){1,400}|0[xX](?:_?[0-9a-fA-F]){1,400}"
              + "|[1-9](?:_?\\d){0,400}|0(?:_?0){0,400}");
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",", ";");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  /** Whether what was read last ended with a newline. */
  private boolean lineStart = true;

  private Lexer(String source) {
    String text = source.replace("\r\n", "\n").replace('\r', '\n');
    this.source = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  /** All tokens; the last one is {@link Type#END}. */
  static List<Token> tokens(String source) {
    Lexer lexer = new Lexer(source);
    lexer.text();
    return lexer.tokens;
  }

  static JishiException.BadFile error(int line, String what) {
    return new JishiException.BadFile("chat template, line " + line + ": " + what);
  }

  private void text() {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        data(source.substring(at));
        at = source.length();
        break;
      }
      char kind = source.charAt(tag + 1);
      Matcher raw = RAW_BEGIN.matcher(source).region(tag, source.length());
      boolean isRaw = kind == '%' && raw.lookingAt();
      char sign = sign(tag + 2);
      textBefore(tag, sign, kind != '{');
      if (isRaw) {
        raw(raw);
        continue;
      }
      at = tag + (sign == 0 ? 2 : 3);
      lineStart = false;
      switch (kind) {
        case '#' -> comment();
        case '%' -> inside(Type.BLOCK_BEGIN, Type.BLOCK_END, "%}");
        default -> inside(Type.VARIABLE_BEGIN, Type.VARIABLE_END, "}}");
      }
    }
    add(Type.END, "", null);
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  private char sign(int index) {
    char c = index < source.length() ? source.charAt(index) : 0;
    return c == '-' || c == '+' ? c : 0;
  }

  /** The text up to a tag; lines are counted over what is stripped as well. */
  private void textBefore(int end, char sign, boolean strippable) {
    String text = source.substring(at, end);
    int keep = text.length();
    if (sign == '-') {
      keep = Strings.strip(text, null, false, true).length();
    } else if (sign == 0 && strippable) {
      int start = text.lastIndexOf('\n') + 1;
      boolean blank = text.substring(start).codePoints().allMatch(Strings::isSpace);
      keep = blank && (start > 0 || lineStart) ? start : keep;
    }
    data(text.substring(0, keep));
    countLines(text.substring(keep));
    at = end;
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      add(Type.DATA, text, null);
      countLines(text);
    }
  }

  private void raw(Matcher begin) {
    moveTo(begin.end());
    if (begin.group(1).equals("-")) {
      skipSpace();
    }
    Matcher end = RAW_END.matcher(source);
    if (!end.find(at)) {
      throw error(line, "'raw' is never closed by 'endraw'");
    }
    textBefore(end.start(), end.group(1).isEmpty() ? 0 : end.group(1).charAt(0), true);
    moveTo(end.end());
    afterTag(end.group(2), true);
  }

  private void comment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw error(line, "the comment is never closed by '#}'");
    }
    char before = end > at ? source.charAt(end - 1) : 0;
    moveTo(end + 2);
    afterTag(before == '-' || before == '+' ? String.valueOf(before) : "", true);
  }

  /** What follows the end of a tag: nothing ({@code +}), all blanks ({@code -}) or one newline. */
  private void afterTag(String sign, boolean trim) {
    if (sign.equals("-")) {
      skipSpace();
    } else if (sign.isEmpty() && trim && at < source.length() && source.charAt(at) == '\n') {
      moveTo(at + 1);
    }
  }

  private void skipSpace() {
    int i = at;
    while (i < source.length() && Strings.isSpace(source.charAt(i))) {
      i++;
    }
    moveTo(i);
  }

  private void moveTo(int index) {
    String passed = source.substring(at, index);
    countLines(passed);
    if (!passed.isEmpty()) {
      lineStart = passed.endsWith("\n");
    }
    at = index;
  }

  private void countLines(String text) {
    line += (int) text.chars().filter(c -> c == '\n').count();
  }

  private void inside(Type begin, Type end, String closing) {
    add(begin, "", null);
    int opened = line;
    Deque<Character> brackets = new ArrayDeque<>();
    while (true) {
      int before = at;
      skipSpace();
      if (at >= source.length()) {
        throw error(opened, "the tag is never closed by '" + closing + "'");
      }
      if (brackets.isEmpty() && closes(end, closing)) {
        return;
      }
      token(brackets, at == before);
    }
  }

  private boolean closes(Type end, String closing) {
    char sign = sign(at);
    boolean signed = sign == '-' || (sign == '+' && end == Type.BLOCK_END);
    if (!source.startsWith(closing, at + (signed ? 1 : 0))) {
      return false;
    }
    add(end, "", null);
    moveTo(at + (signed ? 3 : 2));
    afterTag(signed ? String.valueOf(sign) : "", end == Type.BLOCK_END);
    return true;
  }

  private void token(Deque<Character> brackets, boolean glued) {
    char c = source.charAt(at);
    boolean afterDot = glued && at > 0 && source.charAt(at - 1) == '.';
    if (c >= '0' && c <= '9') {
      number(afterDot);
    } else if (c == '_' || Character.isLetter(source.codePointAt(at))) {
      int i = at;
      while (i < source.length() && Character.isUnicodeIdentifierPart(source.charAt(i))) {
        i++;
      }
      take(Type.NAME, Math.max(i, at + 1));
    } else if (c == '\'' || c == '"') {
      string(c);
    } else {
      operator(brackets);
    }
  }

  private void number(boolean afterDot) {
    Matcher matcher = FLOAT.matcher(source).region(at, source.length());
    if (!afterDot && matcher.lookingAt()) {
      add(Type.NUMBER, "", Double.valueOf(matcher.group().replace("_", "")));
    } else {
      matcher = INTEGER.matcher(source).region(at, source.length());
      if (!matcher.lookingAt()) {
        throw error(line, "a number that Python does not read");
      }
      add(Type.NUMBER, "", integer(matcher.group().replace("_", "")));
    }
    at = matcher.end();
  }

  private static Number integer(String digits) {
    String prefix = digits.length() > 1 ? digits.substring(0, 2).toLowerCase() : "";
    int base =
        switch (prefix) {
          case "0b" -> 2;
          case "0o" -> 8;
          case "0x" -> 16;
          default -> 10;
        };
    return Numbers.narrow(new BigInteger(base == 10 ? digits : digits.substring(2), base));
  }

  private void string(char quote) {
    for (int i = at + 1; i < source.length(); i++) {
      if (source.charAt(i) == '\\') {
        i++;
      } else if (source.charAt(i) == quote) {
        add(Type.STRING, Strings.unescape(source.substring(at + 1, i), line), null);
        moveTo(i + 1);
        return;
      }
    }
    throw error(line, "the string is never closed by " + quote);
  }

  private void operator(Deque<Character> brackets) {
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        balance(brackets, operator.charAt(0));
        take(Type.OPERATOR, at + operator.length());
        return;
      }
    }
    throw error(line, "unexpected character '" + Character.toString(source.codePointAt(at)) + "'");
  }

  private void balance(Deque<Character> brackets, char c) {
    switch (c) {
      case '(' -> brackets.push(')');
      case '[' -> brackets.push(']');
      case '{' -> brackets.push('}');
      case ')', ']', '}' -> {
        if (brackets.isEmpty() || brackets.pop() != c) {
          throw error(line, "unexpected '" + c + "'");
        }
      }
      default -> {}
    }
  }

  private void take(Type type, int end) {
    add(type, source.substring(at, end), null);
    at = end;
  }

  private void add(Type type, String text, Number number) {
    tokens.add(new Token(type, text, number, line));
  }
}
