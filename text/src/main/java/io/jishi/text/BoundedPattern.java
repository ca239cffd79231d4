// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression from a file on a text from a user, neither trusted: the steps of a match are
 * bounded, and a nesting too deep for the stack is an error like any other.
 */
final class BoundedPattern {
  private static final int MAX_LENGTH = 20_000;

  /**
   * Known expressions read a character fewer than 60 times; short texts may cost a tenth second.
   */
  private static final long READS_PER_CHARACTER = 300;

  private static final long FREE_READS = 50_000_000;

  private final String source;
  private final Pattern pattern;

  private BoundedPattern(String source, Pattern pattern) {
    this.source = source;
    this.pattern = pattern;
  }

  /** Compiles an expression in Oniguruma's dialect. */
  static BoundedPattern of(String source, String regex) {
    if (regex.length() > MAX_LENGTH) {
      throw new JishiException.BadFile(
          source + ": the regular expression has more than " + MAX_LENGTH + " characters");
    }
    try {
      String java = OnigPattern.toJava(source, regex);
      int flags = Pattern.MULTILINE | Pattern.UNIX_LINES;
      return new BoundedPattern(source, Pattern.compile(java, flags));
    } catch (PatternSyntaxException e) {
      throw new JishiException.BadFile(
          source + ": not a regular expression: " + e.getDescription() + ": " + regex, e);
    } catch (StackOverflowError | OutOfMemoryError e) {
      throw new JishiException.BadFile(source + ": the regular expression nests too deeply", e);
    }
  }

  /** Compiles an expression that matches a text literally. */
  static BoundedPattern literal(String source, String text) {
    return new BoundedPattern(source, Pattern.compile(text, Pattern.LITERAL));
  }

  /**
   * All matches from left to right.
   *
   * @return start and end of each, one after another
   */
  IntList matches(String text) {
    IntList result = new IntList();
    try {
      Matcher matcher = pattern.matcher(new Counted(text));
      while (matcher.find()) {
        result.add(matcher.start());
        result.add(matcher.end());
      }
      return result;
    } catch (StackOverflowError | TooManyReads e) {
      throw new JishiException.BadRequest(
          null,
          "%s: its regular expression takes too many steps on a text of %d characters; shorten it"
              .formatted(source, text.length()));
    }
  }

  private static final class TooManyReads extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooManyReads() {
      super(null, null, false, false);
    }
  }

  /** A text that counts how often it is read. */
  private static final class Counted implements CharSequence {
    private final String text;
    private long left;

    Counted(String text) {
      this.text = text;
      this.left = FREE_READS + READS_PER_CHARACTER * text.length();
    }

    @Override
    public char charAt(int index) {
      if (--left < 0) {
        throw new TooManyReads();
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
