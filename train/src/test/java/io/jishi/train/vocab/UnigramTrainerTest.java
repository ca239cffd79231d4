// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jishi.base.JishiException;
import io.jishi.text.HuggingFaceTokenizer;
import io.jishi.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnigramTrainerTest {
  /** The reference sums in single precision and prints five digits. */
  private static final double SINGLE = 2e-3;

  /**
   * Of the pieces: 394 of 400 agree. The six others stand at the end of what is kept, where losses
   * of pieces with two alternatives and with three lie close.
   */
  private static final double AGREE = 0.98;

  /** Sums of exponents in single precision. */
  private static final double ROUNDING = 1e-4;

  private static final List<String> SPECIAL = List.of("<|endoftext|>");

  @TempDir Path folder;

  /** The words that the tables in the resources were made from; see the README there. */
  private static Map<String, Long> words() throws IOException {
    String[] words = Files.readString(Path.of("..", "LICENSE")).strip().split("\\s+");
    Map<String, Long> counts = new HashMap<>();
    for (String word : words) {
      counts.merge("▁" + word, 2L, Long::sum);
    }
    counts.merge("▁end", 2L * Math.ceilDiv(words.length, 100), Long::sum);
    return counts;
  }

  private static Map<String, Double> table(String name) throws IOException {
    Map<String, Double> table = new LinkedHashMap<>();
    try (var in = UnigramTrainerTest.class.getResourceAsStream("/unigram/" + name)) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        String[] parts = line.split("\t");
        if (!parts[0].matches("<unk>|</?s>")) {
          table.put(parts[0], Double.parseDouble(parts[1]));
        }
      }
    }
    return table;
  }

  private static Map<String, Double> learned(int size) throws IOException {
    Map<String, Double> learned = new LinkedHashMap<>();
    UnigramTrainer.train(words(), size, 3, 2, _ -> {})
        .forEach(piece -> learned.put(piece.text(), piece.score()));
    return learned;
  }

  @Test
  void withoutPruningPiecesAndScoresAreThoseOfSentencePiece() throws IOException {
    Map<String, Double> expected = table("unpruned.tsv");
    Map<String, Double> learned = learned(900);
    assertThat(learned.keySet()).isEqualTo(expected.keySet());
    learned.forEach(
        (piece, score) ->
            assertThat(score).as(piece).isCloseTo(expected.get(piece), within(SINGLE)));
  }

  @Test
  void withPruningNearlyAllPiecesAreThoseOfSentencePiece() throws IOException {
    Map<String, Double> expected = table("pruned.tsv");
    Map<String, Double> learned = learned(403);
    assertThat(learned).hasSameSizeAs(expected);
    Set<String> both = new HashSet<>(learned.keySet());
    both.retainAll(expected.keySet());
    assertThat((double) both.size()).isGreaterThanOrEqualTo(AGREE * expected.size());
  }

  @Test
  void theNumberOfThreadsChangesNothing() throws IOException {
    assertThat(UnigramTrainer.train(words(), 200, 0, 1, _ -> {}))
        .isEqualTo(UnigramTrainer.train(words(), 200, 0, 3, _ -> {}));
  }

  /** All ways to write a word, one after another. */
  private static void ways(
      String word, int at, List<String> way, Map<String, Integer> pieces, List<List<String>> all) {
    if (at == word.length()) {
      all.add(List.copyOf(way));
    }
    for (int end = at + 1; end <= word.length(); end++) {
      if (pieces.containsKey(word.substring(at, end))) {
        way.add(word.substring(at, end));
        ways(word, end, way, pieces, all);
        way.removeLast();
      }
    }
  }

  @Property(tries = 200)
  void expectationsAndBestWaysAreThoseOfAllWaysCounted(
      @ForAll @Size(max = 8)
          Set<@CharRange(from = 'a', to = 'c') @StringLength(min = 2, max = 4) String> more,
      @ForAll @CharRange(from = 'a', to = 'c') @StringLength(min = 1, max = 9) String word,
      @ForAll @IntRange(min = 1, max = 1000) int seed) {
    List<String> list = new ArrayList<>(List.of("a", "b", "c"));
    list.addAll(more.stream().sorted().toList());
    Map<String, Integer> ids = new HashMap<>();
    PieceTree tree = new PieceTree();
    float[] scores = new float[list.size()];
    for (int i = 0; i < list.size(); i++) {
      ids.put(list.get(i), i);
      tree.add(list.get(i).codePoints().toArray(), i);
      scores[i] = -1 - (seed * (i + 1) * 7919 % 1009) / 200f;
    }
    List<List<String>> all = new ArrayList<>();
    ways(word, 0, new ArrayList<>(), ids, all);
    double total = 0;
    double[] expected = new double[scores.length];
    List<Double> sums = new ArrayList<>();
    for (List<String> way : all) {
      double sum = way.stream().mapToDouble(p -> scores[ids.get(p)]).sum();
      sums.add(sum);
      total += Math.exp(sum);
      way.forEach(p -> expected[ids.get(p)] += 3 * Math.exp(sum));
    }
    UnigramLattice lattice = new UnigramLattice(tree, scores);
    lattice.set(word.codePoints().toArray());
    float[] actual = new float[scores.length];
    lattice.expect(3, actual);
    for (int i = 0; i < scores.length; i++) {
      assertThat((double) actual[i]).isCloseTo(expected[i] / total, within(ROUNDING));
    }
    sums.sort((a, b) -> Double.compare(b, a));
    List<int[]> best = lattice.best(2);
    assertThat(best).hasSize(Math.min(2, all.size()));
    for (int rank = 0; rank < best.size(); rank++) {
      double sum = Arrays.stream(best.get(rank)).mapToDouble(p -> scores[p]).sum();
      assertThat(sum).isCloseTo(sums.get(rank), within(ROUNDING));
    }
  }

  @Test
  void digammaIsTheDerivativeOfTheLogarithmOfGamma() {
    // ψ(1) = −γ, ψ(1/2) = −γ − 2 ln 2, ψ(x + 1) = ψ(x) + 1 / x
    double gamma = 0.5772156649015329;
    assertThat(UnigramTrainer.digamma(1)).isCloseTo(-gamma, within(1e-7));
    assertThat(UnigramTrainer.digamma(0.5)).isCloseTo(-gamma - 2 * Math.log(2), within(1e-7));
    assertThat(UnigramTrainer.digamma(31.5))
        .isCloseTo(UnigramTrainer.digamma(30.5) + 1 / 30.5, within(1e-12));
  }

  @Test
  void theFileLoadsAndGivesEveryTextBack() throws IOException {
    String text = Files.readString(Path.of("..", "LICENSE"));
    Map<String, Long> counts = new HashMap<>();
    UnigramFile.words(text, word -> counts.merge(word, 1L, Long::sum));
    int reserved = UnigramFile.reserved(SPECIAL);
    var pieces = UnigramTrainer.train(counts, 700, reserved, 2, _ -> {});
    UnigramFile.write(folder, pieces, SPECIAL);
    Tokenizer tokenizer = HuggingFaceTokenizer.read(folder);
    assertThat(tokenizer.vocabSize()).isEqualTo(700);
    assertThat(tokenizer.eos()).hasValue(0);
    for (String some :
        List.of(text, " two  spaces\n\n and lines ", "你好 naïve 😀", "<0x41> <unk>", "\t\r\n", "")) {
      int[] tokens = tokenizer.encode(some, Tokenizer.Special.TEXT);
      assertThat(tokenizer.decode(tokens)).isEqualTo(some);
    }
    int[] tokens = tokenizer.encode(text, Tokenizer.Special.TEXT);
    assertThat(tokens.length).isLessThan(text.length() * 6 / 10);
    assertThat(tokenizer.encode("<|endoftext|>", Tokenizer.Special.TEXT).length).isGreaterThan(1);
  }

  @Test
  void aVocabularyThatCannotHoldTheCharactersIsRefused() {
    Map<String, Long> words = Map.of("abcdef", 1L);
    assertThatThrownBy(() -> UnigramTrainer.train(words, 5, 0, 1, _ -> {}))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("6 different characters");
    assertThat(
            UnigramTrainer.train(words, 6, 0, 1, _ -> {}).stream()
                .map(UnigramTrainer.Piece::text)
                .collect(Collectors.toSet()))
        .containsExactlyInAnyOrder("a", "b", "c", "d", "e", "f");
  }
}
