// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.mapped;

/** Names from untrusted files, made fit for a message. */
public final class Quote {
  private static final int LONGEST = 80;

  private Quote() {}

  /** The name in quotes, cut when long, without anything that a terminal would obey. */
  public static String of(String name) {
    StringBuilder out = new StringBuilder("'");
    name.codePoints().limit(LONGEST).map(Quote::harmless).forEach(out::appendCodePoint);
    return out.append(name.codePointCount(0, name.length()) > LONGEST ? "…'" : "'").toString();
  }

  private static int harmless(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE -> '\uFFFD';
      case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> '\uFFFD';
      default -> codePoint;
    };
  }
}
