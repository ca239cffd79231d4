// SPDX-License-Identifier: Apache-2.0
package io.jishi.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jishi.text.Vocabulary.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The ways of encoding a word, each against a slower one that is plainly right. */
class WordModelsTest {
  private static final String[] PARTS = {
    "a", "b", "ab", "the", "\u2581", "\u2581\u2581", "e", "中", "文", "\uD83D\uDE80", "Ω", "Ж", "7"
  };

  private static String text(Random random, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most); i >= 0; i--) {
      text.append(PARTS[random.nextInt(PARTS.length)]);
    }
    return text.toString();
  }

  private static int[] encode(WordModel model, String text) {
    IntList out = new IntList();
    model.encode(text, 0, text.length(), out);
    return out.toArray();
  }

  /** Scores of a vocabulary with and without bytes, so that unknown characters fuse in one. */
  private static BpeModel bpe(boolean bytes) {
    SentencePieceModel model = TestTokenizers.model("spm_bpe_minicpm");
    Vocabulary v = new Vocabulary("test", model.pieces().clone(), model.types().clone());
    Symbols symbols = Symbols.of(v);
    PairTable pairs = Merges.scored(v, model.scores(), symbols);
    return new BpeModel(v, symbols, pairs, bytes ? v.byteIds() : null, 0, true, false);
  }

  private static final List<BpeModel> BPE = List.of(bpe(true), bpe(false));

  @Property(tries = 2000)
  void cuttingWhereNoPieceGoesOnChangesNoToken(@ForAll long seed) {
    String text = text(new Random(seed), 30);
    for (BpeModel model : BPE) {
      WordModel cut = new CutWords(model.vocabulary(), model.symbols(), new CachedWords(model));
      int[] plain = encode(model, text);
      assertThat(encode(cut, text)).isEqualTo(plain);
      assertThat(encode(cut, text)).as("seen before").isEqualTo(plain);
    }
  }

  private static final String CHARACTERS = "ab ,é中文字的🚀🚁Ω";

  /** Pieces of random neighbours, whole characters or parts of them, as byte-level BPE has. */
  private static BpeModel byteLevel(Random random, boolean wholeWords) {
    List<String> pieces = new java.util.ArrayList<>();
    for (int b = 0; b < 256; b++) {
      pieces.add(String.valueOf(ByteAlphabet.of(b)));
    }
    for (int i = 0; i < 60; i++) {
      String left = pieces.get(random.nextInt(pieces.size()));
      String all = ByteAlphabet.encode(CHARACTERS.repeat(2));
      int from = random.nextInt(all.length() - 6);
      String right = all.substring(from, from + 1 + random.nextInt(5));
      String piece = i % 3 == 0 ? right : i % 3 == 1 ? bytesOf(random) : left + right;
      if (!pieces.contains(piece)) {
        pieces.add(piece);
      }
    }
    Type[] types = new Type[pieces.size()];
    Arrays.fill(types, Type.NORMAL);
    float[] scores = new float[pieces.size()];
    for (int id = 0; id < scores.length; id++) {
      scores[id] = -id;
    }
    Vocabulary v = new Vocabulary("test", pieces.toArray(String[]::new), types);
    Symbols symbols = Symbols.of(v);
    return new BpeModel(v, symbols, Merges.scored(v, scores, symbols), null, -1, false, wholeWords);
  }

  /** Some bytes out of the middle of some characters. */
  private static String bytesOf(Random random) {
    String bytes = ByteAlphabet.encode(characters(random, 4));
    int from = random.nextInt(bytes.length());
    return bytes.substring(from, Math.min(bytes.length(), from + 1 + random.nextInt(7)));
  }

  private static String characters(Random random, int most) {
    int[] all = CHARACTERS.codePoints().toArray();
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most); i >= 0; i--) {
      text.appendCodePoint(all[random.nextInt(all.length)]);
    }
    return text.toString();
  }

  @Property(tries = 2000)
  void cuttingBetweenCharactersThatNoPieceJoinsChangesNoToken(@ForAll long seed) {
    Random random = new Random(seed);
    for (boolean wholeWords : new boolean[] {true, false}) {
      BpeModel model = byteLevel(random, wholeWords);
      WordModel plain = new WordModel.ByteLevel(model);
      WordModel cut = WordPath.byteLevel(model);
      assertThat(cut).isInstanceOf(CutCharacters.class);
      for (int i = 0; i < 20; i++) {
        String text = characters(random, 12);
        assertThat(encode(cut, text)).as(text).isEqualTo(encode(plain, text));
      }
    }
  }

  @Test
  void aVocabularyWithoutSomeByteIsNotCut() {
    BpeModel model = byteLevel(new Random(1), false);
    Vocabulary v = model.vocabulary();
    Type[] types = new Type[v.size()];
    Arrays.fill(types, Type.NORMAL);
    types[0xE4] = Type.UNUSED;
    String[] pieces = new String[v.size()];
    Arrays.setAll(pieces, v::piece);
    Vocabulary less = new Vocabulary("test", pieces, types);
    BpeModel lacking = new BpeModel(less, Symbols.of(less), model.pairs(), null, -1, false, false);
    assertThat(WordPath.byteLevel(lacking)).isNotInstanceOf(CutCharacters.class);
  }

  @Test
  void wordsThatShareAPlaceInTheTableAreNotMixedUp() {
    WordModel length = (text, from, to, out) -> out.add(Integer.parseInt(text, from, to, 10));
    CachedWords cached = new CachedWords(length);
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 300_000; i++) {
        assertThat(encode(cached, Integer.toString(i))[0]).isEqualTo(i);
      }
    }
  }

  /** The highest sum of scores of all ways to write a text, tried one by one. */
  private static double best(Vocabulary v, double[] scores, String text, int at) {
    if (at == text.length()) {
      return 0;
    }
    double best = Double.NEGATIVE_INFINITY;
    for (int end = at + 1; end <= text.length(); end++) {
      int id = v.find(text.substring(at, end));
      if (id > 0) {
        best = Math.max(best, scores[id] + best(v, scores, text, end));
      }
    }
    return best;
  }

  /** Two orders of a few additions of numbers below 20. */
  private static final double ROUNDING = 1e-9;

  @Property(tries = 1000)
  void unigramFindsTheBestOfAllWays(@ForAll long seed) {
    Random random = new Random(seed);
    String[] pieces = {"<unk>", "a", "b", "ab", "ba", "aab", "bb", "abab", "aa"};
    Type[] types = new Type[pieces.length];
    Arrays.fill(types, Type.NORMAL);
    types[0] = Type.UNKNOWN;
    double[] scores = random.doubles(pieces.length, -20, 0).toArray();
    Vocabulary v = new Vocabulary("test", pieces, types);
    UnigramModel model = new UnigramModel(new UnigramModel.Parts(v, scores, null, 0, false));
    String text =
        random
            .ints(1 + random.nextInt(9), 0, 2)
            .collect(StringBuilder::new, (s, i) -> s.append("ab".charAt(i)), StringBuilder::append)
            .toString();
    int[] tokens = encode(model, text);
    double sum = Arrays.stream(tokens).mapToDouble(id -> scores[id]).sum();
    assertThat(sum).isCloseTo(best(v, scores, text, 0), within(ROUNDING));
    assertThat(Arrays.stream(tokens).mapToObj(v::piece).collect(Collectors.joining()))
        .isEqualTo(text);
    assertThat(encode(model, text + "xy")).as("one unknown").endsWith(0).startsWith(tokens);
    assertThat(encode(model, text + "xy")).hasSize(tokens.length + 1);
  }

  @Test
  void wordPieceTakesTheLongestPieceOrGivesUpTheWord() {
    String[] pieces = {"[UNK]", "un", "##aff", "##able", "##a", "u"};
    Type[] types = new Type[pieces.length];
    Arrays.fill(types, Type.NORMAL);
    types[0] = Type.UNKNOWN;
    Vocabulary v = new Vocabulary("test", pieces, types);
    WordModel model = WordPieceModel.of(v, 0, "", "##", 10);
    assertThat(encode(model, "unaffable")).containsExactly(1, 2, 3);
    assertThat(encode(model, "ua")).containsExactly(5, 4);
    assertThat(encode(model, "unx")).containsExactly(0);
    assertThat(encode(model, "unaaaaaaaa")).containsExactly(1, 4, 4, 4, 4, 4, 4, 4, 4);
    assertThat(encode(model, "unaaaaaaaaa")).as("too long").containsExactly(0);
  }

  @Test
  void digitsAreGroupedFromTheRight() {
    List<String> words = new java.util.ArrayList<>();
    new NumberGroups(false)
        .split("a1234567b89", 0, 11, true, (t, from, to, f) -> words.add(t.substring(from, to)));
    assertThat(words).containsExactly("a", "1", "234", "567", "b", "89");
    words.clear();
    new NumberGroups(true)
        .split("1234b 5678.", 0, 11, true, (t, from, to, f) -> words.add(t.substring(from, to)));
    assertThat(words).containsExactly("1234b ", "5", "678", ".");
  }
}
