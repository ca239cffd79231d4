// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.text.Vocabulary.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * The vocabulary of RWKV-World: byte strings, of which the longest that fits is taken, from left to
 * right. Its file has a line for each token: the id, the token as a literal of Python, the number
 * of its bytes. Token 0 ends a text.
 */
final class RwkvTokenizer {
  private final String source;
  private final String[] pieces;
  private final byte[][] bytes;

  private RwkvTokenizer(String source, int size) {
    this.source = source;
    this.pieces = new String[size];
    this.bytes = new byte[size][];
    Arrays.fill(pieces, "");
  }

  /** From the lines of {@code rwkv_vocab_v20230424.txt}. */
  static Tokenizer ofLines(String source, List<String> lines) {
    // Ids begin at 1 and follow each other; a few may be missing.
    int size = Math.addExact(lines.size(), 1 << 10);
    RwkvTokenizer t = new RwkvTokenizer(source, size);
    int last = 0;
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        last = Math.max(last, t.line(i + 1, lines.get(i)));
      }
    }
    t.pieces[0] = "<|endoftext|>";
    return t.build(Math.max(last + 1, 1));
  }

  /** From the metadata of a GGUF file, which writes the bytes of a token as Python's repr does. */
  static Tokenizer ofEscaped(String source, String[] escaped, Type[] types) {
    RwkvTokenizer t = new RwkvTokenizer(source, escaped.length);
    for (int id = 1; id < escaped.length; id++) {
      if (types[id] != Type.CONTROL && types[id] != Type.UNUSED) {
        t.put(id, PythonLiteral.unescape(source + ": token " + id, escaped[id], true));
      }
    }
    if (escaped.length > 0) {
      t.pieces[0] = escaped[0];
    }
    return t.build(escaped.length);
  }

  private int line(int number, String line) {
    int first = line.indexOf(' ');
    int last = line.lastIndexOf(' ');
    String where = source + ": line " + number;
    int id = first < 0 ? -1 : number(line.substring(0, first));
    int length = number(line.substring(last + 1));
    if (id < 1 || id >= pieces.length || length < 1 || last <= first) {
      throw new JishiException.BadFile(
          where + ": expected an id, a literal of Python and a number of bytes");
    }
    byte[] token = PythonLiteral.read(where, line.substring(first + 1, last));
    if (token.length != length || bytes[id] != null) {
      throw new JishiException.BadFile(
          bytes[id] != null
              ? where + ": token " + id + " was given before"
              : "%s: the token has %d bytes, not %d".formatted(where, token.length, length));
    }
    put(id, token);
    return id;
  }

  private static int number(String digits) {
    boolean plain = !digits.isEmpty() && digits.length() < 10;
    return plain && digits.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Integer.parseInt(digits)
        : -1;
  }

  private void put(int id, byte[] token) {
    bytes[id] = token;
    String text = new String(token, StandardCharsets.UTF_8);
    boolean whole = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), token);
    // Half a character has no text of its own: it shows as the literal of its bytes.
    pieces[id] = whole ? text : PythonLiteral.ofBytes(token);
  }

  private Tokenizer build(int size) {
    String[] all = Arrays.copyOf(pieces, size);
    Type[] types = new Type[size];
    PieceTrie trie = new PieceTrie(size * 2);
    var out = new Detokenizer.Builder(Utf8Assembler.Errors.PER_SEQUENCE, Detokenizer.Leading.KEEP);
    for (int id = 0; id < size; id++) {
      byte[] token = id == 0 || bytes[id] == null ? new byte[0] : bytes[id];
      types[id] = id == 0 ? Type.CONTROL : token.length == 0 ? Type.UNUSED : Type.NORMAL;
      if (token.length > 0) {
        trie.add(new String(token, StandardCharsets.ISO_8859_1), id);
      }
      out.add(token);
    }
    for (int b = 0; b < 256; b++) {
      if (trie.next(PieceTrie.ROOT, (char) b) < 0) {
        throw new JishiException.BadFile(
            "%s: no token begins with the byte 0x%02X; is the vocabulary complete?"
                .formatted(source, b));
      }
    }
    OptionalInt end = OptionalInt.of(0);
    List<AddedTokens.Entry> control = List.of(new AddedTokens.Entry(0, all[0]));
    return new PipelineTokenizer(
        new PipelineTokenizer.Parts(
            "RWKV trie",
            new Vocabulary(source, all, types),
            new AddedTokens(List.of()),
            new AddedTokens(control),
            new AddedTokens(List.of()),
            TextNormalizer.SAME,
            new WordPath(PreTokenizer.WHOLE, new Longest(trie)),
            out.build(),
            Framing.NONE,
            OptionalInt.empty(),
            end));
  }

  /** The longest token that fits, again and again. */
  private record Longest(PieceTrie trie) implements WordModel {
    @Override
    public void encode(String text, int from, int to, IntList out) {
      byte[] utf8 = text.substring(from, to).getBytes(StandardCharsets.UTF_8);
      for (int at = 0; at < utf8.length; ) {
        int node = PieceTrie.ROOT;
        int token = -1;
        int end = at + 1;
        for (int i = at; i < utf8.length && node >= 0; i++) {
          node = trie.next(node, (char) (utf8[i] & 0xFF));
          out.work++;
          if (node >= 0 && trie.id(node) >= 0) {
            token = trie.id(node);
            end = i + 1;
          }
        }
        if (token >= 0) {
          out.add(token);
        }
        at = end;
      }
    }
  }
}
