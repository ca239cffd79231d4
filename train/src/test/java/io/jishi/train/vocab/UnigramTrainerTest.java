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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnigramTrainerTest {
  /** Sums of exponents in single precision. */
  private static final double ROUNDING = 1e-4;

  private static final List<String> SPECIAL = List.of("<|endoftext|>");

  @TempDir Path folder;

  private static Map<String, Long> words(String text) {
    Map<String, Long> counts = new HashMap<>();
    UnigramFile.words(text, word -> counts.merge(word, 1L, Long::sum));
    return counts;
  }

  private static String text(String name) throws IOException {
    if (name.equals("license")) {
      return Files.readString(Path.of("..", "LICENSE"));
    }
    return resource(name + ".txt");
  }

  private static String resource(String name) throws IOException {
    try (var in = UnigramTrainerTest.class.getResourceAsStream("/unigram/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The tables are made as the README beside them says. */
  @ParameterizedTest
  @CsvSource({
    "english, 350",
    "chinese, 700",
    "mixed, 1200",
    "odd, 450",
    "license, 400",
    "license, 5000"
  })
  void piecesTheirOrderAndScoresAreThoseOfSentencePieceToTheBit(String name, int size)
      throws IOException {
    List<UnigramTrainer.Piece> expected =
        resource(name + "-" + size + ".tsv")
            .lines() // of pieces; none has a line break
            .map(line -> line.split("\t"))
            .map(parts -> new UnigramTrainer.Piece(parts[0], Float.parseFloat(parts[1])))
            .toList();
    int control = 3; // <unk>, <s>, </s>
    List<UnigramTrainer.Piece> learned =
        UnigramTrainer.train(words(text(name)), size, control, 2, _ -> {});
    assertThat(learned).isEqualTo(expected);
  }

  @Test
  void theNumberOfThreadsChangesNothing() throws IOException {
    Map<String, Long> words = words(text("license"));
    assertThat(UnigramTrainer.train(words, 200, 0, 1, _ -> {}))
        .isEqualTo(UnigramTrainer.train(words, 200, 0, 3, _ -> {}));
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
    String text = text("license");
    Map<String, Long> counts = words(text);
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
