// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.text.Vocabulary.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** Builds the tokenizer of a SentencePiece model and the tokens that a folder adds to it. */
final class SentencePieceTokenizer {
  private final SentencePieceModel model;
  private final FolderTokens added;
  private final Vocabulary vocabulary;

  private SentencePieceTokenizer(SentencePieceModel model, FolderTokens added) {
    this.model = model;
    this.added = added;
    String[] pieces = added.extend(model.source(), model.pieces());
    Type[] types = Arrays.copyOf(model.types(), pieces.length);
    Arrays.fill(types, model.types().length, types.length, Type.UNUSED);
    added.type(pieces, types);
    vocabulary = new Vocabulary(model.source(), pieces, types);
  }

  /**
   * The tokenizer.
   *
   * @throws JishiException.Unsupported for an algorithm other than BPE and unigram
   */
  static Tokenizer build(SentencePieceModel model, FolderTokens added) {
    SentencePieceTokenizer t = new SentencePieceTokenizer(model, added);
    OptionalInt bos = added.named("bos_token", t.vocabulary, model.control("<s>"));
    OptionalInt eos = added.named("eos_token", t.vocabulary, model.control("</s>"));
    return t.build(added.framing(t.vocabulary, bos, eos), bos, eos);
  }

  /** The tokenizer of a model whose file names the tokens with a role. */
  static Tokenizer build(
      SentencePieceModel model, Framing framing, OptionalInt bos, OptionalInt eos) {
    FolderTokens none = FolderTokens.none(model.source(), TokenizerFamily.named(""));
    return new SentencePieceTokenizer(model, none).build(framing, bos, eos);
  }

  private Tokenizer build(Framing framing, OptionalInt bos, OptionalInt eos) {
    int unknown = model.first(Type.UNKNOWN);
    if (unknown < 0) {
      throw new JishiException.BadFile(
          model.source() + ": no token stands for unknown characters; SentencePiece needs one");
    }
    WordModel words =
        switch (model.algorithm()) {
          case SentencePieceModel.BPE -> bpe(unknown);
          case SentencePieceModel.UNIGRAM -> unigram(unknown);
          default ->
              throw new JishiException.Unsupported(
                  "%s: the SentencePiece model type %d is not supported; BPE and unigram are"
                      .formatted(model.source(), model.algorithm()));
        };
    boolean bpe = model.algorithm() == SentencePieceModel.BPE;
    AddedTokens defined = new AddedTokens(entries(Type.USER_DEFINED, true));
    List<AddedTokens.Entry> inText = entries(Type.USER_DEFINED, false);
    List<AddedTokens.Entry> inTemplates = new ArrayList<>(inText);
    inTemplates.addAll(entries(Type.CONTROL, true));
    inTemplates.addAll(entries(Type.CONTROL, false));
    inTemplates.addAll(entries(Type.UNKNOWN, true));
    return new PipelineTokenizer(
        new PipelineTokenizer.Parts(
            bpe ? "SentencePiece BPE" : "SentencePiece unigram",
            vocabulary,
            new AddedTokens(inText),
            new AddedTokens(inTemplates),
            // Unigram weighs what users define against other pieces, BPE takes it out first.
            bpe ? defined : new AddedTokens(List.of()),
            new SentencePieceText(
                model.charsmap(),
                model.prefix(),
                model.collapse(),
                model.escape(),
                model.suffix(),
                defined),
            WordPath.of(List.of(), words),
            detokenizer(),
            framing,
            bos,
            eos));
  }

  /** Tokens of a type: of the model itself, or added by the folder. */
  private List<AddedTokens.Entry> entries(Type type, boolean ofModel) {
    List<AddedTokens.Entry> entries = new ArrayList<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      boolean own = id < model.pieces().length && model.pieces()[id].equals(vocabulary.piece(id));
      if (vocabulary.type(id) == type && own == ofModel) {
        entries.add(added.entry(id, vocabulary.piece(id)));
      }
    }
    return entries;
  }

  private WordModel bpe(int unknown) {
    Symbols symbols = Symbols.of(vocabulary);
    float[] scores = Arrays.copyOf(model.scores(), vocabulary.size());
    PairTable pairs = Merges.scored(vocabulary, scores, symbols);
    return new BpeModel(vocabulary, symbols, pairs, vocabulary.byteIds(), unknown, true, false);
  }

  private WordModel unigram(int unknown) {
    double[] scores = new double[vocabulary.size()];
    for (int id = 0; id < model.scores().length; id++) {
      scores[id] = model.scores()[id];
    }
    return new UnigramModel(
        new UnigramModel.Parts(vocabulary, scores, vocabulary.byteIds(), unknown, true));
  }

  private Detokenizer detokenizer() {
    Detokenizer.Leading leading =
        model.collapse()
            ? Detokenizer.Leading.STRIP_ALL
            : model.prefix() ? Detokenizer.Leading.STRIP_ONE : Detokenizer.Leading.KEEP;
    return GgufTokenizer.sentencePieceText(
        vocabulary, leading, model.unknownText().getBytes(StandardCharsets.UTF_8));
  }
}
