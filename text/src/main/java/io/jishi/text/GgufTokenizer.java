// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import io.jishi.base.JishiException;
import io.jishi.text.Vocabulary.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/** Reads a tokenizer from the metadata of a GGUF file: the keys {@code tokenizer.ggml.*}. */
public final class GgufTokenizer {
  /** Markers that end a turn; some converters forget to call them control tokens. */
  private static final Set<String> TURN_ENDS =
      Set.of(
          "<|im_end|>",
          "<|eot_id|>",
          "<|eom_id|>",
          "<|eot|>",
          "<|EOT|>",
          "<|end|>",
          "<|endoftext|>",
          "<end_of_turn>");

  private final GgufMetadata metadata;
  private final String source;

  private GgufTokenizer(GgufMetadata metadata) {
    this.metadata = metadata;
    this.source = metadata.source();
  }

  /**
   * Reads the tokenizer of a file.
   *
   * @param source the file's name, for messages
   * @param metadata the value of a key as a plain Java value: {@code String}, {@code Long} (all
   *     integers), {@code Double}, {@code Boolean}, {@code String[]}, {@code float[]}, {@code
   *     int[]}; null where the key is absent
   * @throws JishiException.BadFile where the metadata is damaged: it names the key
   * @throws JishiException.Unsupported for a kind of tokenizer or a word rule that is not known
   */
  public static Tokenizer read(String source, Function<String, Object> metadata) {
    return new GgufTokenizer(new GgufMetadata(source, metadata)).read();
  }

  private Tokenizer read() {
    String model = metadata.requireText("model");
    return switch (model) {
      case "llama" -> sentencePiece();
      case "gpt2" -> byteLevel();
      case "t5" -> unigram();
      case "bert" -> wordPiece();
      case "rwkv" -> rwkv();
      default ->
          throw new JishiException.Unsupported(
              "%s: tokenizer.ggml.model is '%s'; supported are 'llama' (SentencePiece BPE), 'gpt2' (byte-level BPE), 't5' (SentencePiece unigram), 'bert' (WordPiece) and 'rwkv'"
                  .formatted(source, model));
    };
  }

  private Tokenizer sentencePiece() {
    String[] pieces = metadata.texts("tokens").clone();
    float[] scores = metadata.floats("scores", pieces.length);
    if (scores == null) {
      throw metadata.wrong("scores", "is missing: SentencePiece needs them");
    }
    Ids ids = ids(pieces, true);
    Vocabulary vocabulary = new Vocabulary(source, pieces, types(pieces, ids));
    Symbols symbols = Symbols.of(vocabulary);
    PairTable pairs = Merges.scored(vocabulary, scores, symbols);
    boolean prefix = metadata.flag("add_space_prefix", true);
    boolean collapse = metadata.flag("remove_extra_whitespaces", false);
    Detokenizer.Leading leading =
        collapse
            ? Detokenizer.Leading.STRIP_ALL
            : prefix ? Detokenizer.Leading.STRIP_ONE : Detokenizer.Leading.KEEP;
    BpeModel bpe =
        new BpeModel(
            vocabulary,
            symbols,
            pairs,
            vocabulary.byteIds(),
            ids.unknown().orElse(-1),
            true,
            false);
    return tokenizer(
        "SentencePiece BPE",
        vocabulary,
        new TextNormalizer.Spaces(prefix, collapse),
        WordPath.of(List.of(), bpe),
        sentencePieceText(vocabulary, leading, " \u2047 ".getBytes(StandardCharsets.UTF_8)),
        ids,
        true);
  }

  private Tokenizer unigram() {
    String[] pieces = metadata.texts("tokens").clone();
    float[] scores = metadata.floats("scores", pieces.length);
    if (scores == null) {
      throw metadata.wrong("scores", "is missing: SentencePiece needs them");
    }
    for (float score : scores) {
      if (Float.isNaN(score)) {
        throw metadata.wrong("scores", "holds a value that is no number");
      }
    }
    Ids ids = ids(pieces, true);
    byte[] map = metadata.bytes("precompiled_charsmap");
    SentencePieceModel model =
        new SentencePieceModel(
            source,
            pieces,
            scores,
            types(pieces, ids),
            SentencePieceModel.UNIGRAM,
            map == null || map.length == 0 ? null : Charsmap.read(source, map),
            metadata.flag("add_space_prefix", true),
            metadata.flag("remove_extra_whitespaces", true),
            true,
            false,
            " \u2047 ");
    boolean bos = metadata.flag("add_bos_token", false);
    boolean eos = metadata.flag("add_eos_token", true);
    return SentencePieceTokenizer.build(
        model, new Framing(only(bos, ids.bos()), only(eos, ids.eos())), ids.bos(), ids.eos());
  }

  private Tokenizer wordPiece() {
    String[] pieces = metadata.texts("tokens").clone();
    return WordPieceTokenizer.ofMarked(source, pieces, types(pieces, ids(pieces, false)));
  }

  private Tokenizer rwkv() {
    String[] pieces = metadata.texts("tokens").clone();
    return RwkvTokenizer.ofEscaped(source, pieces, types(pieces, ids(pieces, false)));
  }

  private Tokenizer byteLevel() {
    String[] pieces = metadata.texts("tokens").clone();
    String name = metadata.text("pre");
    GgufWords words = GgufWords.named(source, name == null ? "default" : name);
    metadata.floats("scores", pieces.length);
    Ids ids = ids(pieces, false);
    Vocabulary vocabulary = new Vocabulary(source, pieces, types(pieces, ids));
    String[] merges = metadata.texts("merges");
    Merges.Ranked ranked =
        new Merges.Ranked(source + ": tokenizer.ggml.merges", vocabulary, merges.length);
    for (String merge : merges) {
      ranked.add(merge);
    }
    List<PreTokenizer> steps = new ArrayList<>(words.steps(source));
    steps.add(new PreTokenizer.ByteLevel(false));
    BpeModel bpe =
        new BpeModel(
            vocabulary,
            Symbols.of(vocabulary),
            ranked.pairs(),
            null,
            -1, // all 256 bytes have tokens; where a file lacks some, the reference drops them too
            false,
            words.ignoreMerges());
    return tokenizer(
        "byte-level BPE (" + (name == null ? "default" : name) + ")",
        vocabulary,
        TextNormalizer.SAME,
        WordPath.of(steps, bpe),
        byteLevelText(vocabulary),
        ids,
        words.addsBos());
  }

  private Tokenizer tokenizer(
      String kind,
      Vocabulary vocabulary,
      TextNormalizer normalizer,
      WordPath path,
      Detokenizer detokenizer,
      Ids ids,
      boolean addsBos) {
    List<AddedTokens.Entry> inText = new ArrayList<>();
    List<AddedTokens.Entry> inTemplates = new ArrayList<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      AddedTokens.Entry entry = new AddedTokens.Entry(id, vocabulary.piece(id));
      switch (vocabulary.type(id)) {
        case USER_DEFINED -> {
          inText.add(entry);
          inTemplates.add(entry);
        }
        case CONTROL, UNKNOWN -> inTemplates.add(entry);
        case NORMAL, UNUSED, BYTE -> {}
      }
    }
    boolean bos = metadata.flag("add_bos_token", addsBos);
    boolean eos = metadata.flag("add_eos_token", false);
    return new PipelineTokenizer(
        new PipelineTokenizer.Parts(
            kind,
            vocabulary,
            new AddedTokens(inText),
            new AddedTokens(inTemplates),
            new AddedTokens(List.of()),
            normalizer,
            path,
            detokenizer,
            framing(vocabulary, only(bos, ids.bos()), only(eos, ids.eos())),
            ids.bos(),
            ids.eos()));
  }

  /** By the flags of the file; one family's sequences begin with two tokens that it names. */
  private Framing framing(Vocabulary vocabulary, int[] begin, int[] end) {
    return "chatglm-spm".equals(metadata.text("pre"))
        ? new Framing(
            TokenizerFamily.named("ChatGLMTokenizer").prefix().stream()
                .mapToInt(vocabulary::find)
                .filter(id -> id >= 0)
                .toArray(),
            end)
        : new Framing(begin, end);
  }

  static int[] only(boolean wanted, OptionalInt id) {
    return wanted && id.isPresent() ? new int[] {id.getAsInt()} : new int[0];
  }

  /** The tokens with a role. */
  private record Ids(OptionalInt bos, OptionalInt eos, OptionalInt eot, OptionalInt unknown) {}

  private Ids ids(String[] pieces, boolean sentencePiece) {
    OptionalInt bos = metadata.id("bos_token_id", pieces.length);
    OptionalInt eos = metadata.id("eos_token_id", pieces.length);
    OptionalInt unknown = metadata.id("unknown_token_id", pieces.length);
    if (sentencePiece) { // the ids that SentencePiece gives where nothing else is said
      unknown = orElse(unknown, 0, "<unk>", pieces);
      bos = orElse(bos, 1, "<s>", pieces);
      eos = orElse(eos, 2, "</s>", pieces);
    }
    return new Ids(bos, eos, metadata.id("eot_token_id", pieces.length), unknown);
  }

  private static OptionalInt orElse(OptionalInt id, int other, String piece, String[] pieces) {
    boolean usual = other < pieces.length && pieces[other].equals(piece);
    return id.isEmpty() && usual ? OptionalInt.of(other) : id;
  }

  private Type[] types(String[] pieces, Ids ids) {
    int[] numbers = metadata.ints("token_type", pieces.length);
    Type[] types = new Type[pieces.length];
    for (int id = 0; id < types.length; id++) {
      // 0 is GGUF's "undefined".
      int number = numbers == null || numbers[id] == 0 ? 1 : numbers[id];
      if (number < 1 || number > Type.values().length) {
        throw metadata.wrong("token_type", "has the unknown type %d at %d".formatted(number, id));
      }
      types[id] = Type.values()[number - 1];
      if (types[id] == Type.NORMAL && TURN_ENDS.contains(pieces[id])) {
        types[id] = Type.CONTROL;
      }
    }
    ids.bos().ifPresent(id -> makeControl(types, pieces, id));
    ids.eos().ifPresent(id -> makeControl(types, pieces, id));
    ids.eot().ifPresent(id -> makeControl(types, pieces, id));
    if (numbers == null) {
      ids.unknown().ifPresent(id -> types[id] = Type.UNKNOWN);
    }
    return types;
  }

  /** What frames a sequence is never text; a file that names a letter or a space is mistaken. */
  private static void makeControl(Type[] types, String[] pieces, int id) {
    if (pieces[id].length() >= 3 && (types[id] == Type.NORMAL || types[id] == Type.USER_DEFINED)) {
      types[id] = Type.CONTROL;
    }
  }

  static Detokenizer sentencePieceText(
      Vocabulary vocabulary, Detokenizer.Leading leading, byte[] unknownText) {
    var out = new Detokenizer.Builder(Utf8Assembler.Errors.PER_BYTE, leading);
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      int b = Vocabulary.byteOf(piece);
      switch (vocabulary.type(id)) {
        case CONTROL -> out.add();
        case UNKNOWN -> out.addLiteral(unknownText);
        case BYTE -> {
          if (b < 0) {
            out.add(piece.getBytes(StandardCharsets.UTF_8));
          } else {
            out.addLiteral((byte) b);
          }
        }
        case NORMAL, USER_DEFINED, UNUSED ->
            out.add(piece.replace('\u2581', ' ').getBytes(StandardCharsets.UTF_8));
      }
    }
    return out.build();
  }

  static Detokenizer byteLevelText(Vocabulary vocabulary) {
    var out = new Detokenizer.Builder(Utf8Assembler.Errors.PER_SEQUENCE, Detokenizer.Leading.KEEP);
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      switch (vocabulary.type(id)) {
        case CONTROL -> out.add();
        case USER_DEFINED, UNKNOWN -> out.add(piece.getBytes(StandardCharsets.UTF_8));
        case NORMAL, UNUSED, BYTE -> out.add(ByteAlphabet.decode(piece));
      }
    }
    return out.build();
  }
}
