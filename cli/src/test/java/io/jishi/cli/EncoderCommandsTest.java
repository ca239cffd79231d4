// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code jishi embed}, {@code jishi rerank} and {@code jishi convert} on small models. */
class EncoderCommandsTest {
  @TempDir Path temp;
  private final Session session = new Session();

  private String withWords(String name, int vocabulary) throws Exception {
    Path folder = Files.createDirectories(temp.resolve(name));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(Shared.require("goldens/" + name).resolve(file), folder.resolve(file));
    }
    List<String> pieces =
        new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "dog"));
    while (pieces.size() < vocabulary) {
      pieces.add("[unused" + pieces.size() + "]");
    }
    Files.write(folder.resolve("vocab.txt"), pieces);
    return folder.toString();
  }

  @Test
  void aLineOfNumbersForEachText() throws Exception {
    String model = withWords("bert_embed", 301);
    assertThat(session.jishi("embed", "-m", model, "--dimensions", "5", "cat", "dog")).isZero();
    assertThat(session.out()).hasLineCount(2);
    assertThat(session.out().lines().findFirst().orElseThrow().split(" ")).hasSize(5);
    Session piped = new Session().input("cat\n\ndog\n");
    assertThat(piped.jishi("embed", "-m", model, "--dimensions", "5")).isZero();
    assertThat(piped.out()).isEqualTo(session.out());
    Session json = new Session();
    assertThat(json.jishi("embed", "-m", model, "--json", "--pooling", "cls", "cat")).isZero();
    JsonObject answer = JsonObject.of("answer", Json.parse("answer", json.out()));
    assertThat(answer.text("pooling")).contains("cls");
    assertThat(answer.requireInt("tokens")).isEqualTo(3);
    assertThat((List<?>) answer.array("embeddings").orElseThrow().getFirst()).hasSize(60);
  }

  @Test
  void documentsByTheirScores() throws Exception {
    String model = withWords("xlm_roberta_reranker", 257);
    int code = session.jishi("rerank", "-m", model, "--query", "cat", "--top", "1", "dog", "cat");
    assertThat(code).isZero();
    assertThat(session.out()).matches("[01]\\.\\d{4}  (dog|cat)\n");
    Session json = new Session().input("dog\ncat\n");
    assertThat(json.jishi("rerank", "-m", model, "--query", "cat", "--json")).isZero();
    JsonObject answer = JsonObject.of("answer", Json.parse("answer", json.out()));
    assertThat(answer.array("results").orElseThrow()).hasSize(2);
  }

  @Test
  void anEncoderThatIsAskedToTalkSaysWhatItIs() {
    String model = Shared.require("goldens/bert_embed").toString();
    assertThat(session.jishi("rerank", "-m", model, "--query", "cat", "dog")).isEqualTo(1);
    assertThat(session.err()).contains("no scores").hasLineCount(1);
  }

  @Test
  void aModelGoesFromAFolderToGgufAndBack() {
    String folder = Shared.require("goldens/qwen3").toString();
    String gguf = temp.resolve("m.gguf").toString();
    assertThat(session.jishi("convert", folder, gguf)).isZero();
    assertThat(session.err()).contains("m.gguf is written: ").endsWith("tensors of F32\n");
    String small = temp.resolve("small.gguf").toString();
    assertThat(session.jishi("convert", gguf, small, "--type", "q8_0")).isZero();
    String back = temp.resolve("back").toString();
    assertThat(session.jishi("convert", gguf, back, "--type", "bf16")).isZero();
    assertThat(Path.of(back, "config.json")).content().contains("bfloat16");
    Session again = new Session();
    assertThat(again.jishi("convert", folder, gguf)).isEqualTo(1);
    assertThat(again.err()).contains("exists already");
  }

  @Test
  void whatCannotBeMeantIsWrongUsage() {
    for (List<String> wrong :
        List.of(
            List.of("convert", "a.gguf", "b.gguf"),
            List.of("convert", "a.gguf", "b", "--type", "q8_0"),
            List.of("convert", "a.gguf", "b.gguf", "--type", "q9"),
            List.of("convert", "a.gguf", "b.gguf", "--type", "iq1_s"),
            List.of("embed", "-m", "m", "--dimensions", "-1", "x"),
            List.of("rerank", "-m", "m", "x"),
            List.of("rerank", "-m", "m", "--query", "x", "--top", "0", "x"))) {
      Session fresh = new Session();
      assertThat(fresh.jishi(wrong.toArray(String[]::new))).as("%s", wrong).isEqualTo(2);
      assertThat(fresh.err()).as("%s", wrong).startsWith("jishi: ").hasLineCount(1);
    }
  }
}
