// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

/**
 * The word rules of GPT-2 and of tiktoken's cl100k and o200k with their kin, in one pass over the
 * characters: the regular expressions that the models publish say the same, and are what this is
 * tested against. Alternatives are tried in the order of those expressions; every character belongs
 * to a word, and each is read a bounded number of times.
 *
 * @param contractions English endings such as {@code 'll} that are words (before the letters) or
 *     end words (after cased letters)
 * @param anyBefore whether any character but letters, numbers and line ends may stand before
 *     letters; if not, a space may, and before numbers too
 * @param letters what a run of letters is
 * @param digits longest word of numbers
 * @param after characters that may follow signs
 * @param lines whether white space up to its last line end is a word
 */
record WordRule(
    Contractions contractions,
    boolean anyBefore,
    Letters letters,
    int digits,
    String after,
    boolean lines)
    implements PreTokenizer {

  /** Which endings count. */
  enum Contractions {
    NONE,
    LOWER_CASE,
    ANY_CASE
  }

  /** What a run of letters is. */
  enum Letters {
    /** {@code \p{L}+}. */
    PLAIN,
    /** {@code [\p{L}\p{M}]+}. */
    WITH_MARKS,
    /** Capitals, then small letters; marks and letters without case are both. */
    CASED,
    /** As {@link #CASED}, and Han characters are words of their own. */
    CASED_HAN_APART
  }

  private static final int UPPER_RUN = CharClass.UPPER | CharClass.UNCASED | CharClass.MARK;
  private static final int LOWER_RUN = CharClass.LOWER | CharClass.UNCASED | CharClass.MARK;

  @Override
  public void split(String text, int from, int to, boolean first, Sink out) {
    for (int at = from; at < to; ) {
      int end = end(text, at, to);
      out.accept(text, at, end, first && at == from);
      at = end;
    }
  }

  /** The end of the word that begins at {@code at}. */
  int end(CharSequence text, int at, int to) {
    int c = codePoint(text, at, to);
    int type = CharClass.of(c);
    if (letters == Letters.CASED_HAN_APART && (type & CharClass.HAN) != 0) {
      return run(text, at, to, CharClass.HAN, 0);
    }
    if (c == '\'' && !isCased()) {
      int end = contraction(text, at, to);
      if (end > at) {
        return end;
      }
    }
    int next = at + Character.charCount(c);
    int word = letters(text, at, next, to, c, type);
    if (word > at) {
      return word;
    }
    int numbers = numbers(text, at, next, to, c);
    if (numbers > at) {
      return numbers;
    }
    int start = c == ' ' && next < to ? next : at;
    int end = signs(text, start, to);
    return end > start ? tail(text, end, to) : spaces(text, at, to);
  }

  private boolean isCased() {
    return letters == Letters.CASED || letters == Letters.CASED_HAN_APART;
  }

  private int letters(CharSequence text, int at, int next, int to, int c, int type) {
    boolean before =
        anyBefore
            ? (type & (CharClass.LETTER | CharClass.NUMBER)) == 0 && !CharClass.isNewline(c)
            : c == ' ';
    return switch (letters) {
      case PLAIN -> run(text, before ? next : at, to, CharClass.LETTER, 0, at);
      case WITH_MARKS -> {
        int mask = CharClass.LETTER | CharClass.MARK;
        int end = before ? run(text, next, to, mask, 0, at) : at;
        yield end > at ? end : run(text, at, to, mask, 0, at);
      }
      case CASED, CASED_HAN_APART -> cased(text, at, before ? next : at, to);
    };
  }

  /** The two alternatives of cased words, each with and without the character before. */
  private int cased(CharSequence text, int at, int next, int to) {
    int none = letters == Letters.CASED_HAN_APART ? CharClass.HAN : 0;
    int end = upperThenLower(text, next, to, none);
    if (end < 0 && next > at) {
      end = upperThenLower(text, at, to, none);
    }
    if (end < 0) {
      end = run(text, next, to, UPPER_RUN, none, -1);
    }
    if (end < 0 && next > at) {
      end = run(text, at, to, UPPER_RUN, none, -1);
    }
    return end < 0 ? at : Math.max(end, contraction(text, end, to));
  }

  /** Greedy {@code U*L+}: where no small letter follows the capitals, the last that is both. */
  private static int upperThenLower(CharSequence text, int at, int to, int none) {
    int upper = run(text, at, to, UPPER_RUN, none);
    int lower = run(text, upper, to, LOWER_RUN, none);
    if (lower > upper) {
      return lower;
    }
    for (int end = upper; end > at; ) {
      int c = Character.codePointBefore(text, end);
      if ((CharClass.of(c) & LOWER_RUN) != 0) {
        return end;
      }
      end -= Character.charCount(c);
    }
    return -1;
  }

  private int numbers(CharSequence text, int at, int next, int to, int c) {
    if (!anyBefore && c == ' ') {
      return run(text, next, to, CharClass.NUMBER, 0, at);
    }
    int end = at;
    for (int left = digits; left > 0 && end < to; left--) {
      int d = codePoint(text, end, to);
      if ((CharClass.of(d) & CharClass.NUMBER) == 0) {
        break;
      }
      end += Character.charCount(d);
    }
    return end;
  }

  private int signs(CharSequence text, int at, int to) {
    int marks = letters == Letters.WITH_MARKS ? CharClass.MARK : 0;
    int others = CharClass.SPACE | CharClass.LETTER | CharClass.NUMBER | marks;
    int end = at;
    while (end < to) {
      int c = codePoint(text, end, to);
      if ((CharClass.of(c) & others) != 0) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }

  private int tail(CharSequence text, int at, int to) {
    int end = at;
    while (end < to && after.indexOf(text.charAt(end)) >= 0) {
      end++;
    }
    return end;
  }

  /** White space up to its last line end; else all of it but the character before a word. */
  private int spaces(CharSequence text, int at, int to) {
    int end = at;
    int line = at;
    while (end < to && CharClass.isWhiteSpace(text.charAt(end))) {
      end++;
      line = CharClass.isNewline(text.charAt(end - 1)) ? end : line;
    }
    if (lines && line > at) {
      return line;
    }
    return end < to && end - at > 1 ? end - 1 : end;
  }

  private int contraction(CharSequence text, int at, int to) {
    if (contractions == Contractions.NONE || to - at < 2 || text.charAt(at) != '\'') {
      return at;
    }
    int one = letter(text.charAt(at + 1));
    if (one == 's' || one == 't' || one == 'm' || one == 'd') {
      return at + 2;
    }
    int two = to - at < 3 ? 0 : letter(text.charAt(at + 2));
    boolean known = (one == 'r' || one == 'v') && two == 'e' || one == 'l' && two == 'l';
    return known ? at + 3 : at;
  }

  private int letter(char c) {
    if (contractions == Contractions.LOWER_CASE) {
      return c;
    }
    return c == '\u017F' ? 's' : c < 0x80 ? c | 0x20 : c; // the long s is an s without case
  }

  /** The end of a run, or {@code otherwise} where it is empty. */
  private static int run(CharSequence text, int at, int to, int mask, int none, int otherwise) {
    int end = run(text, at, to, mask, none);
    return end > at ? end : otherwise;
  }

  /** The end of a run of characters of some class and of no other. */
  private static int run(CharSequence text, int at, int to, int mask, int none) {
    int end = at;
    while (end < to) {
      int c = codePoint(text, end, to);
      int type = CharClass.of(c);
      if ((type & mask) == 0 || (type & none) != 0) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }

  static int codePoint(CharSequence text, int at, int to) {
    char high = text.charAt(at);
    return Character.isHighSurrogate(high) && at + 1 < to
        ? Character.toCodePoint(high, text.charAt(at + 1))
        : high;
  }
}
