// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/** Vocabularies for tests, and texts that a model of random logits would write. */
final class Walks {
  /** Words that make tokens cross the borders of JSON's pieces. */
  private static final String[] WORDS = {
    "{\"", "\":", "\",", "\"}", "\": ", "\", \"", "},", "}]", "]}", "{}", "[]", " {", "\n  ", "  ",
    "true", "false", "null", "name", "value", "the", "ing", "12", "100", "2024", "-0", ".5", "e+",
    "é", "中文", "北", "😀", "\\n", "\\u00", "\\\"", "ab", "abc", "a", "http", "://", ".com", "://a",
    "type", "item", "kind", "\"a\"", "[1", "1,", " \"", "-", "T00", ":00", "Z\"", "@a", "\"\"",
    "\n\n"
  };

  private Walks() {}

  /** All single bytes and some words. */
  static byte[][] vocabulary() {
    List<byte[]> tokens = new ArrayList<>();
    tokens.add(new byte[0]); // a control token
    for (int b = 0; b < 256; b++) {
      tokens.add(new byte[] {(byte) b});
    }
    for (String word : WORDS) {
      byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
      tokens.add(bytes);
    }
    byte[] half = "中".getBytes(StandardCharsets.UTF_8);
    tokens.add(new byte[] {half[0], half[1]});
    tokens.add(new byte[] {half[2], '"'});
    return tokens.toArray(byte[][]::new);
  }

  /** The tokens of a mask. */
  static TreeSet<Integer> tokens(long[] mask) {
    TreeSet<Integer> out = new TreeSet<>();
    for (int w = 0; w < mask.length; w++) {
      for (long left = mask[w]; left != 0; left &= left - 1) {
        out.add(w * 64 + Long.numberOfTrailingZeros(left));
      }
    }
    return out;
  }

  /** A text of random tokens, led to its end after some; always complete. */
  static String text(Grammar grammar, byte[][] vocabulary, Random random, int free) {
    Matcher matcher = grammar.matcher(true);
    long[] mask = new long[matcher.words()];
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    for (int step = 0; !matcher.ended(); step++) {
      matcher.mask(mask, step > free ? 0 : Integer.MAX_VALUE);
      List<Integer> allowed = List.copyOf(tokens(mask));
      if (matcher.complete() && (allowed.isEmpty() || random.nextInt(3) == 0)) {
        break;
      }
      if (allowed.isEmpty() || step > free + 5000) {
        throw new AssertionError("no way on after " + out.toString(StandardCharsets.UTF_8));
      }
      int token = allowed.get(random.nextInt(allowed.size()));
      if (!matcher.accept(token)) {
        throw new AssertionError("refused a token of its mask: " + token);
      }
      out.writeBytes(vocabulary[token]);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  /** Whether a text is one of the grammar, token by token through the bytes. */
  static boolean accepts(Grammar grammar, String text) {
    Matcher matcher = grammar.matcher(true);
    return matcher.accept(text.getBytes(StandardCharsets.UTF_8), 0) && matcher.complete();
  }
}
