// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.base.JsonObject;
import io.jishi.text.Vocabulary.Type;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/** Builds byte-level BPE from files of ranks (tiktoken) or of a vocabulary and its merges. */
final class ByteLevelTokenizer {
  private final String source;
  private final Vocabulary vocabulary;
  private final FolderTokens added;

  private ByteLevelTokenizer(String source, String[] pieces, FolderTokens added) {
    this.source = source;
    this.added = added;
    String[] all = added.extend(source, pieces);
    Type[] types = new Type[all.length];
    Arrays.fill(types, 0, pieces.length, Type.NORMAL);
    Arrays.fill(types, pieces.length, all.length, Type.UNUSED);
    added.type(all, types);
    vocabulary = new Vocabulary(source, all, types);
  }

  /** From ranked tokens. */
  static Tokenizer ofRanks(String source, String[] ranked, FolderTokens added) {
    ByteLevelTokenizer t = new ByteLevelTokenizer(source, ranked, added);
    float[] scores = new float[t.vocabulary.size()];
    for (int id = 0; id < scores.length; id++) {
      scores[id] = -id; // exact: ids stay far below 2^24
    }
    Symbols symbols = Symbols.of(t.vocabulary);
    PairTable pairs = Merges.scored(t.vocabulary, scores, symbols);
    return t.build("byte-level BPE (tiktoken ranks)", symbols, pairs, true);
  }

  /** From {@code vocab.json} and the lines of {@code merges.txt}. */
  static Tokenizer ofMerges(JsonObject vocab, List<String> merges, FolderTokens added) {
    int size = 0;
    for (var one : vocab.fields().entrySet()) {
      size = Math.max(size, HfVocabulary.id(vocab, one.getKey(), one.getValue()) + 1);
    }
    if (size > 16L * vocab.fields().size() + 65_536) {
      throw new JishiException.BadFile(
          "%s: has the token id %d but only %d tokens"
              .formatted(vocab.source(), size - 1, vocab.fields().size()));
    }
    String[] pieces = new String[size];
    Arrays.fill(pieces, "");
    for (var one : vocab.fields().entrySet()) {
      int id = ((Long) one.getValue()).intValue();
      if (!pieces[id].isEmpty()) {
        throw new JishiException.BadFile(
            "%s: token %d is both '%s' and '%s'"
                .formatted(vocab.source(), id, pieces[id], one.getKey()));
      }
      pieces[id] = one.getKey();
    }
    ByteLevelTokenizer t = new ByteLevelTokenizer(vocab.source(), pieces, added);
    Merges.Ranked ranked = new Merges.Ranked(vocab.source(), t.vocabulary, merges.size());
    merges.forEach(ranked::add);
    return t.build("byte-level BPE", Symbols.of(t.vocabulary), ranked.pairs(), false);
  }

  private Tokenizer build(String kind, Symbols symbols, PairTable pairs, boolean wholeWords) {
    TokenizerFamily family = added.family();
    BpeModel bpe = new BpeModel(vocabulary, symbols, pairs, null, -1, false, wholeWords);
    UnaryOperator<String> compose = HfNormalizer.unicode(Normalizer.Form.NFC);
    List<AddedTokens.Entry> inText = new ArrayList<>();
    List<AddedTokens.Entry> inTemplates = new ArrayList<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      AddedTokens.Entry entry = added.entry(id, vocabulary.piece(id));
      if (vocabulary.type(id) == Type.USER_DEFINED) {
        inText.add(entry);
      }
      if (vocabulary.type(id) == Type.USER_DEFINED || vocabulary.type(id) == Type.CONTROL) {
        inTemplates.add(entry);
      }
    }
    OptionalInt bos = added.named("bos_token", vocabulary, vocabulary.find("<|begin_of_text|>"));
    OptionalInt eos = added.named("eos_token", vocabulary, vocabulary.find("<|end_of_text|>"));
    return new PipelineTokenizer(
        new PipelineTokenizer.Parts(
            kind,
            vocabulary,
            new AddedTokens(inText),
            new AddedTokens(inTemplates),
            new AddedTokens(List.of()),
            family.composes() ? (text, before) -> compose.apply(text) : TextNormalizer.SAME,
            WordPath.of(
                List.of(
                    WordRules.isolated(source, family.words()), new PreTokenizer.ByteLevel(false)),
                bpe),
            GgufTokenizer.byteLevelText(vocabulary),
            added.framing(vocabulary, bos, eos),
            bos,
            eos));
  }
}
