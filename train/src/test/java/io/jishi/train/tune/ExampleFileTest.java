// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jishi.base.JishiException;
import io.jishi.engine.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExampleFileTest {
  @TempDir Path temp;

  private List<Example> read(String text) throws IOException {
    return ExampleFile.read(Files.writeString(temp.resolve("d.jsonl"), text));
  }

  @Test
  void pairsObjectsAndConversationsAreRead() throws IOException {
    List<Example> read =
        read(
            """
            {"input": " Is it hot? ", "output": "yes"}

            {"input": "in 2024", "output": {"year": 2024, "place": null}}
            {"messages": [{"role": "system", "content": "Be short."}, \
            {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\
            """);
    assertThat(read).hasSize(3);
    assertThat(read.get(0).prompt()).containsExactly(Message.user("Is it hot?"));
    assertThat(read.get(1).answer()).isEqualTo("{\"year\":2024,\"place\":null}");
    assertThat(read.get(2).prompt())
        .containsExactly(Message.system("Be short."), Message.user("hi"));
    assertThat(read.get(2).where()).endsWith("d.jsonl line 4");
  }

  @Test
  void everyBadLineIsToldWithItsNumber() {
    for (List<String> wrong :
        List.of(
            List.of("no json", "line 2"),
            List.of("[1]", "line 2"),
            List.of("{\"input\": \"a\"}", "'output'"),
            List.of("{\"output\": \"a\"}", "'input'"),
            List.of("{\"text\": \"a\"}", "needs either"),
            List.of("{\"input\": \"a\", \"output\": \"b\", \"messages\": []}", "needs either"),
            List.of("{\"input\": \"a\", \"output\": \"  \"}", "'output' is empty"),
            List.of("{\"input\": \"a\", \"output\": 3}", "text or a JSON object"),
            List.of("{\"input\": 3, \"output\": \"a\"}", "input"),
            List.of("{\"messages\": []}", "must end with the assistant"),
            List.of("{\"messages\": [{\"role\": \"robot\", \"content\": \"a\"}]}", "'robot'"),
            List.of("{\"messages\": [{\"role\": \"user\"}]}", "content"),
            List.of(
                "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}",
                "must end with the assistant"))) {
      assertThatThrownBy(
              () -> read("{\"input\": \"a\", \"output\": \"b\"}\n" + wrong.getFirst() + "\n"))
          .as(wrong.getFirst())
          .isInstanceOf(JishiException.BadFile.class)
          .hasMessageContaining("d.jsonl line 2")
          .hasMessageContaining(wrong.getLast());
    }
  }

  @Test
  void filesWithoutExamplesAreRefused() throws IOException {
    assertThatThrownBy(() -> ExampleFile.read(temp.resolve("none.jsonl")))
        .hasMessageContaining("no such file");
    assertThatThrownBy(() -> ExampleFile.read(temp)).hasMessageContaining("is a folder");
    assertThatThrownBy(() -> read("\n \n")).hasMessageContaining("holds no example");
  }

  @Property(tries = 300)
  void anyBytesGiveExamplesOrABadFile(@ForAll @Size(max = 60) byte[] bytes) throws IOException {
    Path file = Files.createTempFile("examples", ".jsonl");
    try {
      Files.write(file, bytes);
      ExampleFile.read(file);
    } catch (JishiException.BadFile e) {
      assertThat(e.getMessage()).contains("examples");
    } finally {
      Files.delete(file);
    }
  }

  private static Example example(int prompt, String answer) {
    return Example.of("question " + prompt, answer, "test");
  }

  @Test
  void whatIsAskedTwiceStandsOnOneSide() {
    List<Example> all = IntStream.range(0, 60).mapToObj(i -> example(i / 3, "a" + i % 3)).toList();
    Split split = Split.drawn(all, 0.25, 7);
    assertThat(split.train()).hasSize(45);
    assertThat(split.heldOut()).hasSize(15);
    assertThat(split.train())
        .map(Example::prompt)
        .doesNotContainAnyElementsOf(split.heldOut().stream().map(Example::prompt).toList());
    assertThat(split.contradictions()).isEqualTo(15);
    assertThat(Split.drawn(all, 0.25, 7)).isEqualTo(split);
    assertThat(Split.drawn(all, 0.25, 8)).isNotEqualTo(split);
  }

  @Test
  void trainingExamplesThatTheTestAsksAreLeftOut() {
    List<Example> all = IntStream.range(0, 20).mapToObj(i -> example(i, "a")).toList();
    Split split = Split.of(all, all.subList(0, 5));
    assertThat(split.train()).isEqualTo(all.subList(5, 20));
    assertThat(split.repeated()).isEqualTo(5);
    assertThatThrownBy(() -> Split.of(all, all)).hasMessageContaining("too few");
    assertThatThrownBy(() -> Split.drawn(all.subList(0, 9), 0.2, 1)).hasMessageContaining("10");
  }

  @Test
  void objectsAreComparedByTheirValuesAndTextsByTheirLetters() {
    List<Example> examples =
        List.of(
            example(1, "{\"a\":1,\"b\":\"x\"}"),
            example(2, "{\"a\":1,\"b\":\"x\"}"),
            example(3, "cat"),
            example(4, "cat"),
            example(5, "{curly"));
    Score score =
        Score.of(
            examples, List.of("{\"b\": \"x\", \"a\": 1}", "{\"a\":1}", " cat\n", "Cat", "{curly"));
    assertThat(score.total()).isEqualTo(5);
    assertThat(score.exact()).isEqualTo(3);
    assertThat(score.fields()).isEqualTo(4);
    assertThat(score.fieldsRight()).isEqualTo(3);
    assertThat(score.commonest()).isEqualTo(2);
    assertThat(score.wrong())
        .containsExactly(
            new Score.Wrong("question 2", "{\"a\":1,\"b\":\"x\"}", "{\"a\":1}"),
            new Score.Wrong("question 4", "cat", "Cat"));
  }
}
