// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.text.AddedTokens.Match;
import io.jishi.text.TextNormalizer.Before;
import io.jishi.text.Vocabulary.Type;
import java.util.OptionalInt;

/**
 * The way of a text: added tokens are taken out, what lies between is normalised, cut into words,
 * and each word encoded. Immutable.
 */
final class PipelineTokenizer implements Tokenizer {

  /** What a file says, read and checked. */
  record Parts(
      String kind,
      Vocabulary vocabulary,
      AddedTokens inText,
      AddedTokens inTemplates,
      AddedTokens inNormalized,
      TextNormalizer normalizer,
      WordPath path,
      Detokenizer detokenizer,
      Framing framing,
      OptionalInt bos,
      OptionalInt eos) {}

  private final Parts parts;
  private final Vocabulary vocabulary;

  PipelineTokenizer(Parts parts) {
    this.parts = parts;
    this.vocabulary = parts.vocabulary();
  }

  @Override
  public int vocabSize() {
    return vocabulary.size();
  }

  @Override
  public int[] encode(String text, Special special) {
    return encodeCounted(text, special).toArray();
  }

  /** The tokens, with the steps that they took. */
  IntList encodeCounted(String text, Special special) {
    String whole = wellFormed(text);
    AddedTokens tokens =
        switch (special) {
          case TEXT -> parts.inText();
          case PARSE -> parts.inTemplates();
        };
    IntList out = new IntList();
    Before before = Before.NOTHING;
    int at = 0;
    for (Match m = tokens.next(whole, 0); m != null; m = tokens.next(whole, at)) {
      boolean control = vocabulary.type(m.id()) != Type.USER_DEFINED;
      if (at < m.start() || m.start() == 0 && !control && parts.normalizer().marksEmptyStart()) {
        between(whole.substring(at, m.start()), before, at == 0, out);
      }
      out.add(m.id());
      before = control ? Before.CONTROL : Before.ADDED;
      at = m.end();
    }
    if (at < whole.length()) {
      between(whole.substring(at), before, at == 0, out);
    }
    return out;
  }

  private void between(String text, Before before, boolean first, IntList out) {
    String normal = parts.normalizer().apply(text, before);
    AddedTokens tokens = parts.inNormalized();
    int at = 0;
    for (Match m = tokens.next(normal, 0); m != null; m = tokens.next(normal, at)) {
      words(normal.substring(at, m.start()), first && at == 0, out);
      out.add(m.id());
      at = m.end();
    }
    words(normal.substring(at), first && at == 0, out);
  }

  private void words(String text, boolean first, IntList out) {
    if (!text.isEmpty()) {
      WordModel model = parts.path().model();
      parts
          .path()
          .words()
          .split(text, 0, text.length(), first, (t, from, to, f) -> model.encode(t, from, to, out));
    }
  }

  /** Half a surrogate pair is no character: it becomes U+FFFD, as in every UTF-8 writer. */
  private static String wellFormed(String text) {
    StringBuilder fixed = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      fixed = fixed == null ? new StringBuilder(text) : fixed;
      fixed.setCharAt(i, '\uFFFD');
    }
    return fixed == null ? text : fixed.toString();
  }

  @Override
  public int[] frame(int[] tokens) {
    return parts.framing().apply(tokens);
  }

  @Override
  public String decode(int[] tokens) {
    Detokenizer.Stream stream = parts.detokenizer().stream(false);
    for (int token : tokens) {
      stream.append(vocabulary.check(token));
    }
    return stream.finish();
  }

  @Override
  public StreamDecoder streamDecoder(boolean continuing) {
    Detokenizer.Stream stream = parts.detokenizer().stream(continuing);
    return new StreamDecoder() {
      @Override
      public String append(int token) {
        stream.append(vocabulary.check(token));
        return stream.take();
      }

      @Override
      public String finish() {
        return stream.finish();
      }
    };
  }

  @Override
  public byte[] bytes(int token) {
    return parts.detokenizer().bytes(vocabulary.check(token));
  }

  @Override
  public String piece(int token) {
    return vocabulary.piece(token);
  }

  @Override
  public OptionalInt token(String piece) {
    int id = vocabulary.find(piece);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public boolean isControl(int token) {
    return vocabulary.type(token) == Type.CONTROL;
  }

  @Override
  public OptionalInt bos() {
    return parts.bos();
  }

  @Override
  public OptionalInt eos() {
    return parts.eos();
  }

  @Override
  public boolean addsBos() {
    int[] prefix = parts.framing().prefix();
    return prefix.length > 0 && parts.bos().isPresent() && prefix[0] == parts.bos().getAsInt();
  }

  @Override
  public String kind() {
    return parts.kind();
  }
}
