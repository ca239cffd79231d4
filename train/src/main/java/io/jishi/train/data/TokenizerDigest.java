// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What tells one tokenizer from another: SHA-256 over its pieces, which of them are control tokens,
 * and the ids of a few texts, which its merges decide.
 */
public final class TokenizerDigest {
  private static final String[] PROBES = {
    "The quick brown fox jumps over 1,234 lazy dogs; isn't that naïve?\n\n  def f(x):\n\treturn x",
    "基石是用爪哇写成的。Übergrößenträger, привет мир, 안녕하세요 🙂",
  };

  private TokenizerDigest() {}

  /** The digest: 32 bytes. */
  public static byte[] of(Tokenizer tokenizer) {
    MessageDigest sha = sha256();
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      sha.update(tokenizer.piece(id).getBytes(StandardCharsets.UTF_8));
      sha.update((byte) (tokenizer.isControl(id) ? 0xFF : 0xFE)); // no byte of UTF-8
    }
    for (String probe : PROBES) {
      for (int id : tokenizer.encode(probe, Tokenizer.Special.TEXT)) {
        for (int shift = 0; shift < 32; shift += 8) {
          sha.update((byte) (id >>> shift));
        }
      }
    }
    return sha.digest();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }
}
