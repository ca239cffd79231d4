// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.engine.grammar.Judge;
import io.jishi.engine.grammar.RandomSchema;
import io.jishi.tensor.Precision;
import io.jishi.testkit.BlockType;
import io.jishi.testkit.RandomModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Beams that keep a form or end at texts, on a random model, which left alone writes nonsense. */
class BeamFormTest {
  /** The end token of a random model. */
  private static final int END = 2;

  /** More beams than any text of the small forms has continuations, so that none is dropped. */
  private static final int ALL = 400;

  private static final int SCHEMAS = 40;

  @TempDir static Path temp;
  static Engine engine;

  @BeforeAll
  static void open() {
    Path file = temp.resolve("tiny.gguf");
    RandomModel.write(file, new RandomModel.Shape(1, 64, 128, 4, 2, 320, 1024, BlockType.F32, 5));
    engine = Engine.open(file, EngineOptions.DEFAULT.with(Precision.EXACT));
  }

  @AfterAll
  static void close() {
    engine.close();
    assertThat(engine.metrics().usedBlocks()).isEqualTo(engine.metrics().cachedBlocks());
  }

  private static Request request(int tokens) {
    return new Request(new Prompt.Tokens(BeamTest.PROMPT), null, tokens, List.of())
        .with(new Request.Output(1, -1, false));
  }

  private static Search.Beams beams(int answers, int width) {
    return new Search.Beams(answers, width, 1, Search.Beams.Early.LIKELY);
  }

  @Test
  void everyBeamsTextValidatesAgainstRandomSchemas() {
    Random random = new Random(3);
    int tried = 0;
    for (int i = 0; tried < SCHEMAS; i++) {
      String schema = Json.write(new RandomSchema(random).root());
      int width = 1 + i % 5;
      List<Answer> answers;
      try {
        Request request = request(400).with(new Constraint.JsonSchema(schema));
        answers = engine.search(request, beams(Math.min(3, width), width)).result();
      } catch (JishiException.BadRequest e) {
        continue; // contradictory
      }
      tried++;
      assertThat(answers).isNotEmpty();
      for (Answer answer : answers) {
        assertThat(answer.finish()).as(schema).isEqualTo(Answer.Finish.STOP);
        assertThat(Judge.errors(schema, answer.text())).as(schema + answer.text()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[0-9]{4}-[a-f]+!", "(a|bc)*d", "é{2,3}", "(ja|nein), [A-Z][a-z]{3,}\\."})
  void everyBeamsTextMatchesItsExpression(String regex) {
    for (int width : new int[] {1, 3, 8}) {
      Request request = request(60).with(new Constraint.Regex(regex));
      List<Answer> answers = engine.search(request, beams(width, width)).result();
      assertThat(answers).isNotEmpty();
      assertThat(answers)
          .allMatch(a -> a.text().matches(regex) && a.finish() == Answer.Finish.STOP);
      assertThat(answers).extracting(a -> List.of(a.logprobs())).doesNotHaveDuplicates();
    }
  }

  static Stream<Arguments> small() {
    return Stream.of(
        Arguments.of(
            new Constraint.Choice(List.of("ab", "abc", "b", "bad")),
            List.of("ab", "abc", "b", "bad")),
        Arguments.of(new Constraint.Regex("[ab]{1,2}"), List.of("a", "b", "aa", "ab", "ba", "bb")),
        Arguments.of(new Constraint.Regex("x(y|z)?"), List.of("x", "xy", "xz")),
        Arguments.of(
            new Constraint.JsonSchema("{\"enum\":[1,12,true]}"), List.of("1", "12", "true")));
  }

  /** Of wide beams, which drop nothing, the best are the best of all texts there are. */
  @ParameterizedTest
  @MethodSource("small")
  void wideBeamsAreAnExhaustiveSearch(Constraint form, List<String> language) {
    for (float penalty : new float[] {0, 1, 2}) {
      List<BeamTest.Plain> all = new ArrayList<>();
      exhaust(language, List.of(), 0, all);
      all.sort(Comparator.comparingDouble((BeamTest.Plain p) -> -p.score(penalty)));
      assertThat(all.size()).isBetween(language.size(), ALL);
      int answers = Math.min(6, all.size());
      Search.Beams rules = new Search.Beams(answers, ALL, penalty, Search.Beams.Early.NEVER);
      List<Answer> found = engine.search(request(40).with(form), rules).result();
      assertThat(found)
          .extracting(a -> a.logprobs().stream().map(TokenLogprob::token).toList())
          .isEqualTo(all.stream().limit(answers).map(BeamTest.Plain::tokens).toList());
      assertThat(found).allMatch(a -> language.contains(a.text()));
      assertThat(found).allMatch(a -> a.finish() == Answer.Finish.STOP);
    }
  }

  /** All token sequences whose text is of the language, ended as soon as nothing can follow. */
  private static void exhaust(
      List<String> language, List<Integer> text, double sum, List<BeamTest.Plain> all) {
    double[] logprobs = BeamTest.logprobs(engine, text);
    String sofar = decode(text);
    if (language.contains(sofar)) {
      all.add(new BeamTest.Plain(with(text, END), sum + logprobs[END], true));
    }
    for (int token = 0; token < logprobs.length; token++) {
      List<Integer> more = with(text, token);
      String now = decode(more);
      boolean fits = language.stream().anyMatch(word -> word.startsWith(now));
      if (!fits || now.equals(sofar)) { // what writes nothing brings no text further
        continue;
      }
      if (language.contains(now)
          && language.stream().noneMatch(w -> w.startsWith(now) && !w.equals(now))) {
        all.add(new BeamTest.Plain(more, sum + logprobs[token], true));
      } else {
        exhaust(language, more, sum + logprobs[token], all);
      }
    }
  }

  private static List<Integer> with(List<Integer> text, int token) {
    List<Integer> more = new ArrayList<>(text);
    more.add(token);
    return more;
  }

  private static String decode(List<Integer> tokens) {
    return engine.tokenizer().decode(tokens.stream().mapToInt(t -> t).toArray());
  }

  @Test
  void aStopTextEndsABeamAsInThePlainSearch() {
    List<BeamTest.Plain> free = BeamTest.oracle(engine, beams(3, 4), Set.of(END), 0, _ -> false);
    int stopped = 0;
    for (BeamTest.Plain plain : free) {
      String text = decode(plain.tokens());
      for (int from = 0; from < text.length(); from++) {
        String stop = text.substring(from, Math.min(text.length(), from + 1 + from % 2));
        if (stop.indexOf(0xFFFD) < 0) { // halves of characters are not text yet
          stopped += assertStops(stop, 1) + assertStops(stop, 4);
        }
      }
    }
    assertThat(stopped).as("stop texts that came up").isPositive();
  }

  private static int assertStops(String stop, int width) {
    Search.Beams rules = beams(Math.min(3, width), width);
    List<BeamTest.Plain> expected =
        BeamTest.oracle(engine, rules, Set.of(END), 0, tokens -> decode(tokens).contains(stop));
    Request request = request(BeamTest.TOKENS).withStop(List.of(stop, "never"));
    List<Answer> found = engine.search(request, rules).result();
    assertThat(found)
        .extracting(a -> a.logprobs().stream().map(TokenLogprob::token).toList())
        .isEqualTo(expected.stream().map(BeamTest.Plain::tokens).toList());
    int count = 0;
    for (Answer answer : found) {
      String whole = engine.tokenizer().decode(answer.tokens());
      int at = whole.indexOf(stop);
      boolean byToken = answer.tokens().length < answer.logprobs().size();
      assertThat(answer.text()).isEqualTo(at < 0 ? whole : whole.substring(0, at));
      assertThat(answer.finish())
          .isEqualTo(at >= 0 || byToken ? Answer.Finish.STOP : Answer.Finish.LENGTH);
      count += at < 0 ? 0 : 1;
    }
    return count;
  }

  @Test
  void aFormAndAStopTextMayBothBeAskedFor() {
    Request request =
        request(60).with(new Constraint.Regex("[a-d]{6}e[a-d]*")).withStop(List.of("e"));
    List<Answer> answers = engine.search(request, beams(3, 4)).result();
    assertThat(answers).hasSize(3).allMatch(a -> a.text().matches("[a-d]{6}"));
  }

  @Test
  void onlyWhatCanBeCompletedWithinTheLimitGoesFurther() {
    Constraint form = new Constraint.Regex("a|[b-d]{2}|e{9}");
    List<Answer> one = engine.search(request(1).with(form), beams(8, 8)).result();
    assertThat(one).isNotEmpty().allMatch(a -> a.text().equals("a"));
    List<Answer> two = engine.search(request(2).with(form), beams(8, 8)).result();
    assertThat(two).hasSize(8).allMatch(a -> a.text().matches("a|[b-d]{2}"));
    assertThat(two).allMatch(a -> a.finish() == Answer.Finish.STOP);
    Constraint many =
        new Constraint.JsonSchema(
            "{\"type\":\"array\",\"items\":{\"type\":\"array\"},\"minItems\":2}");
    for (int limit = 8; limit < 14; limit++) {
      for (Answer answer : engine.search(request(limit).with(many), beams(4, 4)).result()) {
        assertThat(answer.finish()).isEqualTo(Answer.Finish.STOP);
        assertThat(Json.parse("answer", answer.text())).isInstanceOf(List.class);
      }
    }
    Constraint longer = new Constraint.Choice(List.of("bcdef"));
    assertThat(engine.search(request(1).with(longer), beams(1, 2)).result())
        .allMatch(a -> a.finish() == Answer.Finish.LENGTH);
  }

  @Test
  void aFormThatIsEmptyIsAnAnswerAndAWrongOneIsRefused() {
    List<Answer> answers =
        engine.search(request(5).with(new Constraint.Regex("")), beams(1, 2)).result();
    assertThat(answers).hasSize(1);
    assertThat(answers.getFirst().text()).isEmpty();
    assertThat(answers.getFirst().finish()).isEqualTo(Answer.Finish.STOP);
    assertThatThrownBy(
            () -> engine.search(request(5).with(new Constraint.Regex("((")), beams(1, 2)))
        .isInstanceOf(JishiException.BadRequest.class);
  }

  @Test
  void toolCallsOfBeamsFitTheirSchema() {
    Map<String, Object> schema =
        Map.of("type", "object", "properties", Map.of("a", Map.of("type", "integer")));
    String text = Json.write(schema);
    Request request = request(120).with(new Constraint.After("e", new Constraint.JsonSchema(text)));
    // A random model writes no trigger for sure; what has one has its form behind it.
    for (Answer answer : engine.search(request, beams(2, 4)).result()) {
      int at = answer.text().indexOf('e');
      if (answer.finish() == Answer.Finish.STOP) {
        assertThat(Judge.errors(text, answer.text().substring(at + 1))).isEmpty();
      } else {
        assertThat(answer.finish()).isEqualTo(Answer.Finish.LENGTH);
      }
    }
  }
}
