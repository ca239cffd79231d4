// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.vocab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.testkit.Shared;
import io.jishi.text.HuggingFaceTokenizer;
import io.jishi.text.Tokenizer;
import io.jishi.text.Tokenizer.Special;
import io.jishi.train.data.Documents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BpeTrainerTest {
  private static final List<String> END = List.of("<|endoftext|>");

  @TempDir Path folder;

  /** The textbook: all pairs are counted anew before each merge. */
  private static List<String> textbook(Map<String, Long> words, int size, long least) {
    List<String> pieces = new ArrayList<>(END);
    for (char c = 0; c < 0x200; c++) {
      for (int b = 0; b < 256; b++) {
        if (ByteLetters.of(b) == c) {
          pieces.add(String.valueOf(c));
        }
      }
    }
    Map<List<String>, Long> split = new LinkedHashMap<>();
    words.forEach(
        (word, count) -> {
          List<String> letters = new ArrayList<>();
          for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
            letters.add(String.valueOf(ByteLetters.of(b & 0xFF)));
          }
          split.merge(letters, count, Long::sum);
        });
    List<String> merges = new ArrayList<>();
    while (pieces.size() < size) {
      Map<List<String>, Long> pairs = new HashMap<>();
      split.forEach(
          (word, count) -> {
            for (int i = 0; i + 1 < word.size(); i++) {
              pairs.merge(word.subList(i, i + 2), count, Long::sum);
            }
          });
      List<String> best = null;
      for (Map.Entry<List<String>, Long> pair : pairs.entrySet()) {
        int bytes = pair.getKey().get(0).length() + pair.getKey().get(1).length();
        if (pair.getValue() >= least && bytes <= BpeTrainer.MAX_TOKEN) {
          best = best == null ? pair.getKey() : better(pair.getKey(), best, pairs, pieces);
        }
      }
      if (best == null) {
        break;
      }
      String made = best.get(0) + best.get(1);
      merges.add(best.get(0) + " " + best.get(1));
      if (!pieces.contains(made)) {
        pieces.add(made);
      }
      Map<List<String>, Long> next = new LinkedHashMap<>();
      for (Map.Entry<List<String>, Long> word : split.entrySet()) {
        next.merge(merged(word.getKey(), best, made), word.getValue(), Long::sum);
      }
      split.clear();
      split.putAll(next);
    }
    return merges;
  }

  private static List<String> better(
      List<String> a, List<String> b, Map<List<String>, Long> counts, List<String> pieces) {
    int order = Long.compare(counts.get(a), counts.get(b));
    for (int side = 0; order == 0 && side < 2; side++) {
      order = Integer.compare(pieces.indexOf(b.get(side)), pieces.indexOf(a.get(side)));
    }
    return order > 0 ? a : b;
  }

  private static List<String> merged(List<String> word, List<String> pair, String made) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < word.size(); i++) {
      boolean here =
          i + 1 < word.size()
              && word.get(i).equals(pair.get(0))
              && word.get(i + 1).equals(pair.get(1));
      out.add(here ? made : word.get(i));
      i += here ? 1 : 0;
    }
    return out;
  }

  private static List<String> merges(BpeTrainer.Learned learned) {
    return learned.merges().stream().map(pair -> pair[0] + " " + pair[1]).toList();
  }

  @Property(tries = 200)
  void mergesAreThoseOfTheTextbook(
      @ForAll @Size(max = 30) List<@StringLength(max = 9) String> words) {
    Map<String, Long> counts = new TreeMap<>();
    words.forEach(word -> counts.merge("ab" + word.replaceAll("[^a-c]", "a"), 1L, Long::sum));
    words.forEach(word -> counts.merge(word, 2L, Long::sum));
    for (long least : new long[] {1, 3}) {
      var learned = BpeTrainer.train(counts, 300, least, END, _ -> {});
      assertThat(merges(learned)).isEqualTo(textbook(counts, 300, least));
      assertThat(learned.pieces()).doesNotHaveDuplicates();
    }
  }

  @Test
  void mergesOfARealTextAreThoseOfTheTextbook() throws IOException {
    Path file = Shared.require("data/corpus-tinyshakespeare/input.txt");
    String text = Files.readString(file).substring(0, 20_000);
    Map<String, Long> counts = new TreeMap<>();
    WordRule.LLAMA3.words(text, false, word -> counts.merge(word, 1L, Long::sum));
    var learned = BpeTrainer.train(counts, 400, 2, END, _ -> {});
    assertThat(merges(learned)).isEqualTo(textbook(counts, 400, 2));
    assertThat(learned.pieces()).hasSize(400);
  }

  @Test
  void theResultDoesNotDependOnTheThreads() throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), text());
    Map<String, Long> one = counts(file, 1);
    assertThat(counts(file, 3)).isEqualTo(one);
    assertThat(counts(file, 8)).isEqualTo(one);
  }

  private static Map<String, Long> counts(Path file, int threads) {
    return WordCounts.of(
        List.of(file),
        Documents.Options.DEFAULT,
        (text, out) -> WordRule.GPT2.words(text, false, out),
        threads,
        _ -> {});
  }

  private static String text() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      text.append("The ").append(i % 71).append(" foxes of 北京 naïvely jumped;\n\n  don't ");
    }
    return text.toString();
  }

  @ParameterizedTest
  @EnumSource(WordRule.class)
  void theFileLoadsAndGivesTheTextBack(WordRule rule) {
    for (boolean digits : new boolean[] {false, true}) {
      Map<String, Long> counts = new TreeMap<>();
      rule.words(text(), digits, word -> counts.merge(word, 1L, Long::sum));
      var learned = BpeTrainer.train(counts, 320, 2, END, _ -> {});
      Path out = folder.resolve(rule + "-" + digits);
      TokenizerFile.writeBpe(out, learned, END, rule, digits, false);
      Tokenizer tokenizer = HuggingFaceTokenizer.read(out);
      assertThat(tokenizer.vocabSize()).isEqualTo(learned.pieces().size());
      assertThat(tokenizer.eos()).hasValue(0);
      assertThat(tokenizer.isControl(0)).isTrue();
      String hard = "Ünï 12345 foxes\r\n\u00a0\u2003x  ٣٤ 🙂e\u0301 DON'T\t\n\n<|endoftext|>";
      for (String text : List.of(text().substring(0, 2000), hard)) {
        int[] ids = tokenizer.encode(text, Special.TEXT);
        assertThat(tokenizer.decode(ids)).isEqualTo(text);
        // No token crosses the border of a word that the trainer saw.
        List<Integer> byWord = new ArrayList<>();
        rule.words(
            text,
            digits,
            word -> {
              for (int id : tokenizer.encode(word, Special.TEXT)) {
                byWord.add(id);
              }
            });
        assertThat(ids).containsExactly(byWord.stream().mapToInt(i -> i).toArray());
      }
    }
  }

  @Test
  void aVocabularyTooSmallForTheBytesIsRefused() {
    assertThatThrownBy(() -> BpeTrainer.train(Map.of(), 256, 2, END, _ -> {}))
        .isInstanceOf(JishiException.BadRequest.class)
        .hasMessageContaining("257");
  }
}
