// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Tokens to text: the bytes of every token, and the rule for the space before the first word. */
final class Detokenizer {
  /** What happens to the space that the first word carries. */
  enum Leading {
    /** It is text. */
    KEEP,
    /** The first space of the first piece goes. */
    STRIP_ONE,
    /**
     * A first space of each piece goes until there is text (SentencePiece, extra spaces removed).
     */
    STRIP_ALL,
    /** The first piece has a text of its own (WordPiece). */
    OPENING
  }

  private final Utf8Assembler.Errors errors;
  private final Leading leading;
  private final byte[] bytes;
  private final int[] ends;

  /** With {@link Leading#OPENING}: the texts of first pieces by id. */
  private final Map<Integer, byte[]> openings;

  /** Tokens whose space is never the one before the first word: bytes and the unknown. */
  private final BitSet literal;

  private Detokenizer(Builder builder) {
    this.errors = builder.errors;
    this.leading = builder.leading;
    this.bytes = Arrays.copyOf(builder.bytes, builder.size);
    this.ends = builder.ends.toArray();
    this.literal = builder.literal;
    this.openings = builder.openings;
  }

  /** Collects the bytes of the tokens, in the order of their ids. */
  static final class Builder {
    private final Utf8Assembler.Errors errors;
    private final Leading leading;
    private final IntList ends = new IntList();
    private final BitSet literal = new BitSet();
    private final Map<Integer, byte[]> openings = new HashMap<>();
    private byte[] bytes = new byte[4096];
    private int size;

    Builder(Utf8Assembler.Errors errors, Leading leading) {
      this.errors = errors;
      this.leading = leading;
    }

    void add(byte... token) {
      if (bytes.length - size < token.length) {
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + token.length));
      }
      System.arraycopy(token, 0, bytes, size, token.length);
      size += token.length;
      ends.add(size);
    }

    void addLiteral(byte... token) {
      literal.set(ends.size());
      add(token);
    }

    /** Sets the text that the token added next has where it comes first. */
    void addOpening(byte... token) {
      openings.put(ends.size(), token);
    }

    Detokenizer build() {
      return new Detokenizer(this);
    }
  }

  /** The bytes of a token; the id is checked by the caller. */
  byte[] bytes(int token) {
    return Arrays.copyOfRange(bytes, token == 0 ? 0 : ends[token - 1], ends[token]);
  }

  /** A decoder for one text; ids are checked by the caller. */
  Stream stream(boolean continuing) {
    return new Stream(continuing || leading == Leading.KEEP);
  }

  /** The state of one text. */
  final class Stream {
    private final Utf8Assembler text = new Utf8Assembler(errors);
    private boolean begun;

    private Stream(boolean begun) {
      this.begun = begun;
    }

    void append(int token) {
      int from = token == 0 ? 0 : ends[token - 1];
      int to = ends[token];
      if (from == to) {
        return;
      }
      if (!begun && leading == Leading.OPENING) {
        begun = true;
        append(openings.getOrDefault(token, new byte[0]));
        return;
      }
      if (!begun) {
        from += bytes[from] == ' ' && !literal.get(token) ? 1 : 0;
        begun = leading == Leading.STRIP_ONE || from < to;
      }
      for (int i = from; i < to; i++) {
        text.append(bytes[i] & 0xFF);
      }
    }

    private void append(byte[] utf8) {
      for (byte b : utf8) {
        text.append(b & 0xFF);
      }
    }

    String take() {
      return text.take();
    }

    String finish() {
      text.breakOff();
      return text.take();
    }
  }
}
