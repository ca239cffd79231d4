// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Documents of a UTF-8 text. A document longer than a piece is given in pieces, cut after a line
 * where there is one, so that neither a file nor a line of any length takes more memory than that.
 */
final class TextDocuments implements Documents {
  /** Longest piece in UTF-16 units. */
  static final int PIECE = 1 << 20;

  /** Least length of a section in UTF-16 units. */
  static final int SECTION = 8 << 10;

  private final String name;
  private final InputStream in;
  private final Border border;
  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).limit(0);
  private final CharBuffer chars = CharBuffer.allocate(2 * PIECE).limit(0);
  private long read;
  private boolean ended;
  private boolean open;
  private long count;

  TextDocuments(String name, InputStream in, Border border) {
    this.name = name;
    this.in = in;
    this.border = border;
  }

  @Override
  public Document next() {
    while (true) {
      fill();
      if (!chars.hasRemaining()) {
        return null;
      }
      int end = end();
      boolean whole = end >= 0;
      if (!whole) {
        end = ended && chars.remaining() <= PIECE ? chars.remaining() : cut();
      }
      String text = chars.subSequence(0, end).toString();
      chars.position(chars.position() + end);
      boolean continues = open;
      open = !whole && chars.hasRemaining() || !whole && !ended;
      if (!continues) {
        count++;
      }
      boolean strip = border == Border.LINE || border == Border.PARAGRAPH;
      String document = strip && whole ? text.stripTrailing() : text;
      document = strip && !continues ? document.replaceFirst("^[\r\n]+", "") : document;
      if (!document.isBlank() || border == Border.FILE) {
        String where = border == Border.FILE ? name : name + " document " + count;
        return Document.text(document, continues, where);
      }
    }
  }

  /** Where the document that begins here ends, or -1 where that is not in sight. */
  private int end() {
    int limit = Math.min(chars.remaining(), PIECE);
    if (border == Border.FILE) {
      return -1;
    }
    if (border == Border.SECTION) {
      return chars.remaining() < 2 * SECTION ? -1 : section();
    }
    for (int i = 0; i < limit; i++) {
      if (chars.charAt(i) != '\n') {
        continue;
      }
      if (border == Border.LINE) {
        return i + 1;
      }
      int next = i + 1;
      next += next < limit && chars.charAt(next) == '\r' ? 1 : 0;
      if (next < limit && chars.charAt(next) == '\n') {
        return next + 1;
      }
    }
    return -1;
  }

  /** Behind an empty line, a line, or a word that ends after the least length of a section. */
  private int section() {
    for (int i = SECTION; i < 2 * SECTION; i++) {
      if (chars.charAt(i) == '\n' && chars.charAt(i - 1) == '\n') {
        return i + 1;
      }
    }
    for (int i = SECTION; i < 2 * SECTION; i++) {
      if (chars.charAt(i) == '\n') {
        return i + 1;
      }
    }
    for (int i = SECTION; i < 2 * SECTION; i++) {
      if (chars.charAt(i) == ' ') {
        return i;
      }
    }
    return SECTION + (Character.isHighSurrogate(chars.charAt(SECTION - 1)) ? 1 : 0);
  }

  /** A good place to cut: after a line, else before a space, else between two characters. */
  private int cut() {
    int limit = Math.min(chars.remaining(), PIECE);
    for (int i = limit - 1; i > limit / 2; i--) {
      if (chars.charAt(i) == '\n') {
        return i + 1;
      }
    }
    for (int i = limit - 1; i > limit / 2; i--) {
      if (chars.charAt(i) == ' ') {
        return i;
      }
    }
    return Character.isHighSurrogate(chars.charAt(limit - 1)) && limit > 1 ? limit - 1 : limit;
  }

  /** Reads until a piece and a bit are there, or the file ends. */
  private void fill() {
    if (ended || chars.remaining() > PIECE) {
      return;
    }
    chars.compact();
    try {
      while (!ended && chars.position() <= PIECE) {
        bytes.compact();
        int got = in.read(bytes.array(), bytes.position(), bytes.remaining());
        bytes.position(bytes.position() + Math.max(0, got));
        bytes.flip();
        decode(got < 0);
      }
    } catch (IOException e) {
      throw new JishiException.BadFile(name + ": cannot be read: " + e.getMessage(), e);
    }
    chars.flip();
  }

  private void decode(boolean last) {
    int start = chars.position();
    int before = bytes.position();
    CoderResult result = decoder.decode(bytes, chars, last);
    read += bytes.position() - before;
    if (result.isError()) {
      throw new JishiException.BadFile(
          "%s: byte %d is not UTF-8; convert the file first, or leave it out"
              .formatted(name, read));
    }
    for (int i = start; i < chars.position(); i++) {
      if (chars.get(i) == 0) {
        throw new JishiException.BadFile(
            name + ": holds a zero byte near byte " + read + ": it is binary, not text");
      }
    }
    ended = last;
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      // Nothing was written; all that was asked for has been read.
    }
  }
}
