// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class KindsTest {
  private static final int EACH = 60;

  /** Fewer sentences would be learned by heart; frames around them make each of them a hundred. */
  private static final int FEWEST_WORDINGS = 20;

  /** Calls the claim with exercises of every kind, language and split. */
  private static void all(Consumer<Exercise> claim) {
    for (Kinds.Kind kind : Kinds.all()) {
      for (Language language : Language.values()) {
        for (Split split : Split.values()) {
          for (int seed = 0; seed < EACH && (split != Split.VALUES || kind.valued()); seed++) {
            claim.accept(kind.make(language, split, seed));
          }
        }
      }
    }
  }

  private static boolean accepts(Exercise e, String text, List<Turn.Call> calls) {
    return e.check().accepts(text, calls);
  }

  private static List<Turn.Call> calls(Turn turn) {
    return turn.call() == null ? List.of() : List.of(turn.call());
  }

  @Test
  void everyAnswerThatIsGeneratedIsRight() {
    all(e -> assertThat(accepts(e, e.answer().content(), calls(e.answer()))).as("%s", e).isTrue());
  }

  @Test
  void aDamagedAnswerIsWrong() {
    all(
        e -> {
          Turn answer = e.answer();
          if (answer.call() != null) {
            Turn.Call other = new Turn.Call(answer.call().name() + "x", answer.call().arguments());
            assertThat(accepts(e, "", List.of(other))).as("%s", e).isFalse();
            assertThat(accepts(e, "", List.of())).as("%s", e).isFalse();
            return;
          }
          String text = answer.content();
          assertThat(accepts(e, text + "1", List.of())).as("%s", e).isFalse();
          assertThat(accepts(e, text.substring(1), List.of())).as("%s", e).isFalse();
          assertThat(accepts(e, "", List.of())).as("%s", e).isFalse();
        });
  }

  /** Patterns of one direction are made from those of the other. */
  @Test
  void numbersAreSortedTheWayTheSentenceSays() {
    int[] seen = new int[2];
    Kinds.Kind sort = kind("sort");
    for (int seed = 0; seed < 4_000; seed++) {
      Exercise e = sort.make(Language.values()[seed % 2], Split.TRAIN, seed);
      boolean up = e.wording().matches("(?i).*(\\bascending|low to high|从小到大|升序).*");
      boolean down = e.wording().matches("(?i).*(descending|high to low|从大到小|降序).*");
      assertThat(up && down).as(e.wording()).isFalse();
      if (up || down) {
        List<Integer> numbers =
            Arrays.stream(e.answer().content().split(", ")).map(Integer::valueOf).toList();
        Comparator<Integer> order = Comparator.naturalOrder();
        assertThat(numbers).as("%s", e).isSortedAccordingTo(up ? order : order.reversed());
        seen[up ? 0 : 1]++;
      }
    }
    assertThat(seen[0]).isGreaterThan(500);
    assertThat(seen[1]).isGreaterThan(300);
  }

  @Test
  void writtenStepsOfSumsEndWithTheAnswer() {
    int three = 0;
    for (String name : List.of("add", "subtract")) {
      for (int seed = 0; seed < 2_000; seed++) {
        Exercise e = kind(name).make(Language.values()[seed % 2], Split.TRAIN, seed);
        String steps = e.answer().reasoning();
        if (steps != null) {
          String end =
              steps.substring(Math.max(steps.lastIndexOf('→'), steps.lastIndexOf('\n')) + 1);
          assertThat(Integer.parseInt(end))
              .as("%s", e)
              .isEqualTo(Integer.parseInt(e.answer().content()));
        }
        three += e.wording().contains("{c}") ? 1 : 0;
      }
    }
    assertThat(three).isBetween(100, 400);
  }

  private static Kinds.Kind kind(String name) {
    return Kinds.all().stream().filter(k -> k.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void theSameSeedMakesTheSameExercise() {
    for (Kinds.Kind kind : Kinds.all()) {
      Exercise first = kind.make(Language.CHINESE, Split.WORDINGS, 7);
      assertThat(kind.make(Language.CHINESE, Split.WORDINGS, 7)).isEqualTo(first);
      assertThat(kind.make(Language.CHINESE, Split.WORDINGS, 8)).isNotEqualTo(first);
    }
    Corpus one = new Corpus(3);
    Corpus two = new Corpus(3);
    for (int i = 0; i < 500; i++) {
      assertThat(two.next()).isEqualTo(one.next());
    }
  }

  @Test
  void whatIsHeldOutNeverStandsInTheTrainingData() {
    Corpus corpus = new Corpus(11);
    Set<String> questions = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      Exercise e = corpus.next();
      questions.add(e.question().stream().map(Turn::content).toList().toString());
      assertThat(!e.value().isEmpty() && Draw.heldOut(e.kind(), e.value())).as("%s", e).isFalse();
    }
    all(
        e -> {
          if (!e.value().isEmpty() && Draw.heldOut(e.kind(), e.value())) {
            String asked = e.question().stream().map(Turn::content).toList().toString();
            assertThat(questions).doesNotContain(asked);
          }
        });
  }

  @Test
  void aHeldOutSentenceIsNeverDrawnForTraining() {
    for (Kinds.Kind kind : Kinds.all()) {
      for (Language language : Language.values()) {
        Set<String> seen = new HashSet<>();
        for (int seed = 0; seed < 400; seed++) {
          seen.add(kind.make(language, Split.TRAIN, seed).wording());
        }
        for (int seed = 0; seed < EACH; seed++) {
          assertThat(seen).doesNotContain(kind.make(language, Split.WORDINGS, seed).wording());
          assertThat(seen).doesNotContain(kind.make(language, Split.PATTERNS, seed).wording());
        }
      }
    }
  }

  @Test
  void everyKindHasManyWordings() {
    for (Kinds.Kind kind : Kinds.all()) {
      for (Language language : Language.values()) {
        Set<String> wordings = new HashSet<>();
        for (int seed = 0; seed < 600; seed++) {
          wordings.add(kind.make(language, Split.TRAIN, seed).wording());
        }
        assertThat(wordings).as(kind.name()).hasSizeGreaterThan(FEWEST_WORDINGS);
      }
    }
  }

  @Test
  void aLineOfTrainingDataIsAConversationThatEndsWithTheAnswer() {
    all(
        e -> {
          Object read = Json.parse("line", Json.write(e.line()));
          assertThat(read).as("%s", e).isEqualTo(Json.parse("line", Json.write(e.line())));
          List<?> messages = (List<?>) e.line().get("messages");
          assertThat(messages).hasSize(e.turns().size());
          assertThat(e.turns().getLast().role()).isEqualTo("assistant");
        });
  }

  /** Enough to learn to copy by pieces, few enough that ordinary words stay ordinary. */
  @Test
  void aGoodShareOfWhatIsCopiedNobodyHasHeardOf() {
    Draw d = new Draw(new SplittableRandom(3), "lookup", Language.ENGLISH, Split.TRAIN, false);
    Set<String> known = new HashSet<>();
    Lexicon.NAMES.forEach(w -> known.add(w.english()));
    int rare = 0;
    Set<String> different = new HashSet<>();
    for (int i = 0; i < 2_000; i++) {
      String name = Lexicon.name(d);
      rare += known.contains(name) ? 0 : 1;
      different.add(Rare.term(d));
    }
    assertThat(rare).isBetween(700, 1_300);
    assertThat(different).hasSizeGreaterThan(1_800);
    assertThat(different).anyMatch(t -> t.matches("[A-Z][a-z]+-[A-Z][a-z]+ .*"));
    assertThat(different).anyMatch(t -> t.split(" ").length == 4);
  }

  @Test
  void noOpenPlaceIsLeftInAQuestion() {
    all(
        e -> {
          String question = e.question().getLast().content();
          assertThat(question).as("%s", e).doesNotContainPattern("\\{[a-z]+\\}");
          assertThat(question).doesNotContain("[|", "|]", "~");
        });
  }

  @Test
  void bothLanguagesAndAllKindsAreInTheCorpus() {
    Corpus corpus = new Corpus(5);
    List<String> found = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      Exercise e = corpus.next();
      found.add(e.kind() + e.language());
    }
    for (Kinds.Kind kind : Kinds.all()) {
      for (Language language : Language.values()) {
        assertThat(found).contains(kind.name() + language);
      }
    }
  }
}
