// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A vocabulary in tiktoken's text format: on each line the bytes of a token in Base64, a space, and
 * its rank, which is its id. Of all neighbours that together are a token those of the lowest rank
 * are joined first.
 */
final class TiktokenRanks {
  private TiktokenRanks() {}

  /** Whether a file looks like one: its first line is Base64, a space and a number. */
  static boolean looksSo(byte[] file) {
    int i = 0;
    while (i < file.length && i < 1024 && isBase64(file[i])) {
      i++;
    }
    return i > 0 && i + 1 < file.length && file[i] == ' ' && Character.isDigit(file[i + 1]);
  }

  private static boolean isBase64(byte b) {
    return Character.isLetterOrDigit(b) && b > 0 || b == '+' || b == '/' || b == '=';
  }

  /**
   * The tokens by rank, in the {@link ByteAlphabet}; empty for a rank without a token.
   *
   * @throws JishiException.BadFile for a line that is none: it names the line
   */
  static String[] read(String source, byte[] file) {
    List<String> pieces = new ArrayList<>();
    int line = 0;
    for (int at = 0; at < file.length; ) {
      line++;
      int end = at;
      while (end < file.length && file[end] != '\n') {
        end++;
      }
      int stop = end > at && file[end - 1] == '\r' ? end - 1 : end;
      if (stop > at) {
        one(
            source,
            line,
            new String(file, at, stop - at, java.nio.charset.StandardCharsets.ISO_8859_1),
            pieces);
      }
      at = end + 1;
    }
    if (pieces.isEmpty()) {
      throw new JishiException.BadFile(source + ": the file of token ranks is empty");
    }
    pieces.replaceAll(piece -> piece == null ? "" : piece);
    return pieces.toArray(String[]::new);
  }

  private static void one(String source, int line, String text, List<String> pieces) {
    int space = text.indexOf(' ');
    long rank = space < 0 ? -1 : number(text.substring(space + 1));
    byte[] bytes = null;
    try {
      bytes = space < 0 ? null : Base64.getDecoder().decode(text.substring(0, space));
    } catch (IllegalArgumentException e) {
      // falls through to the one message for a line that is none
    }
    if (bytes == null || bytes.length == 0 || rank < 0 || rank > 2L * line + 65_536) {
      throw bad(source, line, "expected a token in Base64, a space and a rank");
    }
    while (pieces.size() <= rank) {
      pieces.add(null);
    }
    if (pieces.get((int) rank) != null) {
      throw bad(source, line, "the rank " + rank + " was given before");
    }
    pieces.set((int) rank, ByteAlphabet.encode(bytes));
  }

  private static long number(String digits) {
    boolean plain = !digits.isEmpty() && digits.length() < 10;
    return plain && digits.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Long.parseLong(digits)
        : -1;
  }

  private static JishiException bad(String source, int line, String what) {
    return new JishiException.BadFile("%s: line %d: %s".formatted(source, line, what));
  }
}
