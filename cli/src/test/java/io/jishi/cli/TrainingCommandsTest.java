// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a text to a vocabulary, data, a model, an adapter and their other forms, by commands. */
class TrainingCommandsTest {
  private static final String SMALL =
      """
      data: book.txt
      tokenizer: {vocabulary: 280}
      model: {width: 32, layers: 1, heads: 2, ffn: 32, context: 32}
      train: {steps: 4, batch: 2}
      sample: {tokens: 4}
      """;

  @TempDir static Path temp;

  @BeforeAll
  static void aBookAndAModel() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      text.append("verse ").append(i % 89).append(" of the book\n");
    }
    Files.writeString(temp.resolve("book.txt"), text);
    Files.writeString(temp.resolve("small.yaml"), SMALL);
    Session session = new Session();
    assertThat(session.jishi("train", path("small.yaml"), "--out", path("run")))
        .as(session.err())
        .isZero();
    assertThat(session.err())
        .contains("memory of a step", "step 4/4", "done after 4 steps")
        .contains("jishi run -m " + path("run/model") + " --raw");
  }

  private static String path(String name) {
    return temp.resolve(name).toString();
  }

  /** Runs a command that is to fail, and gives its one line. */
  private static String failure(int code, String... arguments) {
    Session session = new Session();
    assertThat(session.jishi(arguments)).as(String.join(" ", arguments)).isEqualTo(code);
    List<String> lines = session.err().lines().toList();
    String last = lines.getLast();
    assertThat(last).startsWith("jishi: ").doesNotContain("internal error");
    return last;
  }

  private static String failed(String... arguments) {
    return failure(1, arguments);
  }

  private static Path write(String name, String text) throws IOException {
    return Files.writeString(temp.resolve(name), text);
  }

  @Test
  void anAdapterIsTrainedAndTheEndNamesItsBase() throws IOException {
    write(
        "tune.yaml",
        "data: book.txt\nmodel: {context: 32}\nfinetune: {base: run/model, rank: 2}\n"
            + "train: {steps: 2, batch: 2}\nsample: {tokens: 2}\n");
    Session session = new Session();
    assertThat(session.jishi("train", path("tune.yaml"), "--out", path("tuned")))
        .as(session.err())
        .isZero();
    assertThat(session.err())
        .contains("jishi run -m " + path("run/model") + " --adapter " + path("tuned/model"));
    Session merged = new Session();
    assertThat(
            merged.jishi(
                "export", "-m", path("run"), "--adapter", path("tuned"), "--out", path("merged")))
        .as(merged.err())
        .isZero();
    assertThat(temp.resolve("merged/model.safetensors")).exists();
    Session alone = new Session();
    assertThat(
            alone.jishi(
                "export",
                "-m",
                path("run"),
                "--adapter",
                path("tuned"),
                "--adapter-only",
                "--out",
                path("a.gguf")))
        .as(alone.err())
        .isZero();
    assertThat(temp.resolve("a.gguf")).isNotEmptyFile();
  }

  @Test
  void aTrainedHeadIsAskedForClassesAndNumbers() throws IOException {
    StringBuilder data = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      String text = i % 2 == 0 ? "verse " + i + " of" : "the book " + i;
      data.append("{\"text\": \"" + text + "\", \"label\": " + i % 2 + "}\n");
    }
    write("labelled.jsonl", data.toString());
    for (String objective : List.of("classify", "regress")) {
      write(
          objective + ".yaml",
          "data: labelled.jsonl\nmodel: {context: 32}\nfinetune: {base: run/model, objective: "
              + objective
              + "}\ntrain: {steps: 2, batch: 2}\n");
      Session trained = new Session();
      assertThat(trained.jishi("train", path(objective + ".yaml"), "--out", path(objective)))
          .as(trained.err())
          .isZero();
      assertThat(trained.err()).contains("jishi classify -m " + path(objective));
    }
    Session asked = new Session();
    assertThat(asked.jishi("classify", "-m", path("classify"), "verse 3", "book")).isZero();
    assertThat(asked.out()).hasLineCount(2).matches("([01]\t0\\.\\d+\n){2}");
    Session json = new Session();
    String file = path("labelled.jsonl");
    assertThat(json.jishi("classify", "-m", path("classify"), "-f", file, "--json")).isZero();
    JsonObject answer = JsonObject.of("answer", Json.parse("answer", json.out()));
    assertThat(answer.array("results").orElseThrow()).hasSize(60);
    assertThat(json.out()).contains("\"probabilities\":{\"0\":");
    Session number = new Session().input("verse 3\n");
    assertThat(number.jishi("classify", "-m", path("regress/model"))).isZero();
    assertThat(number.out()).matches("-?[0-9.E-]+\n");
    assertThat(failed("classify", "-m", path("run"), "x")).contains("holds no head.json");
    assertThat(failed("classify", "-m", path("classify"), "--memory-limit", "1k", "x"))
        .contains("not enough memory");
    assertThat(failure(2, "classify", "-m", path("classify"), "-f", file, "x"))
        .contains("not both");
  }

  @Test
  void anExportRunsAndOneThatIsThereIsNotOverwritten() {
    Session session = new Session();
    assertThat(
            session.jishi("export", "-m", path("run"), "--out", path("x.gguf"), "--type", "q8_0"))
        .as(session.err())
        .isZero();
    assertThat(session.err()).contains("x.gguf is written");
    try (Engine engine = Engine.open(temp.resolve("x.gguf"))) {
      assertThat(engine.tokenizer().vocabSize()).isEqualTo(280);
    }
    assertThat(failed("export", "-m", path("run"), "--out", path("x.gguf"))).contains("x.gguf");
    assertThat(failed("export", "-m", path("none"), "--out", path("y.gguf"))).contains("no such");
    assertThat(failed("export", "-m", path("book.txt"), "--out", path("y.gguf")))
        .contains("config.json");
    assertThat(failure(2, "export", "-m", path("run"), "--out", path("y"), "--type", "q4_0"))
        .contains(".gguf");
    assertThat(failure(2, "export", "-m", path("run"), "--out", path("y"), "--type", "q9"))
        .contains("q9");
    assertThat(failure(2, "export", "-m", path("run"), "--out", path("y"), "--adapter-only"))
        .contains("--adapter");
  }

  @Test
  void aRecipeWithAMistakeNamesItsLine() throws IOException {
    write("key.yaml", "data: book.txt\ntrain: {learning_rat: 1}\n");
    assertThat(failed("train", path("key.yaml"), "--out", path("k")))
        .contains("key.yaml:2", "learning_rat", "did you mean 'learning_rate'");
    write("data.yaml", "data: nowhere.txt\n");
    assertThat(failed("train", path("data.yaml"), "--out", path("k"))).contains("nowhere.txt");
    write("broken.yaml", "data: [book.txt\n");
    assertThat(failed("train", path("broken.yaml"), "--out", path("k"))).contains("broken.yaml");
    assertThat(failed("train", path("none.yaml"))).contains("no such file");
    assertThat(temp.resolve("k")).doesNotExist();
  }

  @Test
  void aRunGoesOnOnlyWithItsRecipeAndDataOfItsModel() throws IOException {
    write("other.yaml", SMALL.replace("steps: 4", "steps: 5"));
    assertThat(failed("train", path("other.yaml"), "--out", path("run")))
        .contains("of another recipe", "--out");
    write("wide.yaml", SMALL.replace("width: 32", "width: 64"));
    assertThat(failed("train", path("wide.yaml"), "--out", path("run")))
        .contains("of another recipe", "'model' was");
    Session again = new Session();
    assertThat(again.jishi("train", path("small.yaml"), "--out", path("run"))).isZero();
    assertThat(again.err()).contains("going on after step 4");
  }

  @Test
  void badDataAreRefusedByFileAndLine() throws IOException {
    Files.write(temp.resolve("binary.txt"), new byte[] {'a', 0, 1, (byte) 0xff, 'b'});
    write("empty.txt", "");
    write("broken.jsonl", "{\"text\": \"a\"}\n{\"text\": \n");
    write("field.jsonl", "{\"words\": \"a\"}\n");
    String[][] bad = {
      {"binary.txt", "binary.txt"},
      {"empty.txt", "is empty"},
      {"broken.jsonl", "broken.jsonl line 2"},
      {"field.jsonl", "neither 'text' nor 'messages'"}
    };
    for (String[] one : bad) {
      String name = one[0];
      assertThat(
              failed(
                  "data",
                  "prepare",
                  path(name),
                  "--tokenizer",
                  path("run/model"),
                  "--out",
                  path("d")))
          .contains(one[1]);
      assertThat(failed("tokenizer", "train", path(name), "--out", path("t"))).contains(one[1]);
      write("bad.yaml", SMALL.replace("book.txt", name));
      assertThat(failed("train", path("bad.yaml"), "--out", path("r-" + name))).contains(one[1]);
    }
    assertThat(temp.resolve("d/train")).doesNotExist();
    assertThat(temp.resolve("t/tokenizer.json")).doesNotExist();
  }

  @Test
  void bothKindsOfVocabularyAreLearnedAndData() throws IOException {
    for (String kind : List.of("bpe", "unigram")) {
      Session session = new Session();
      assertThat(
              session.jishi(
                  "tokenizer",
                  "train",
                  path("book.txt"),
                  "--kind",
                  kind,
                  "--vocab-size",
                  "300",
                  "--out",
                  path(kind)))
          .as(session.err())
          .isZero();
      assertThat(session.out()).contains("tokens in " + path(kind));
      assertThat(failure(2, "tokenizer", "train", path("book.txt"), "--out", path(kind)))
          .contains("holds a tokenizer already");
      Session data = new Session();
      assertThat(
              data.jishi(
                  "data",
                  "prepare",
                  path("book.txt"),
                  "--documents",
                  "line",
                  "--duplicates",
                  "keep",
                  "--tokenizer",
                  path(kind),
                  "--out",
                  path("data-" + kind)))
          .as(data.err())
          .isZero();
      assertThat(data.out()).contains("documents  3,000", "training", "held out");
      Session info = new Session();
      assertThat(info.jishi("data", "info", path("data-" + kind + "/train"), "--check")).isZero();
      assertThat(info.out()).contains("tokens", "documents", "learned     all");
    }
    assertThat(
            failure(
                2,
                "tokenizer",
                "train",
                path("book.txt"),
                "--kind",
                "unigram",
                "--digits",
                "--out",
                path("u")))
        .contains("--kind bpe");
    assertThat(
            failure(
                2,
                "tokenizer",
                "train",
                path("book.txt"),
                "--vocab-size",
                "100",
                "--out",
                path("u")))
        .contains("259");
  }

  @Test
  void damagedDataAreFound() throws IOException {
    List<String> prepare =
        new ArrayList<>(List.of("data", "prepare", path("book.txt"), "--documents", "line"));
    prepare.addAll(List.of("--held-out", "0", "--tokenizer", path("run/model")));
    prepare.addAll(List.of("--out", path("whole")));
    assertThat(new Session().jishi(prepare.toArray(String[]::new))).isZero();
    assertThat(failed(prepare.toArray(String[]::new))).contains("holds data already");
    Path shard = temp.resolve("whole/train/shard-00000.tokens");
    byte[] bytes = Files.readAllBytes(shard);
    bytes[300] ^= 1;
    Files.write(shard, bytes);
    assertThat(failed("data", "info", path("whole/train"), "--check")).contains("shard-00000");
    assertThat(failed("data", "info", path("run"))).contains("dataset.json");
  }

  @Test
  void stepsAreMeasured() {
    Session session = new Session();
    assertThat(
            session.jishi(
                "bench",
                "--train",
                "--shape",
                "vocabulary=64,width=32,layers=1,heads=2,ffn=32,context=16,batch=2",
                "--warm-up",
                "0",
                "-r",
                "2",
                "--json"))
        .as(session.err())
        .isZero();
    JsonObject json = JsonObject.of("bench", Json.parse("bench", session.out()));
    JsonObject run = JsonObject.of("run", json.array("runs").orElseThrow().getFirst());
    assertThat(run.text("kind")).hasValue("train");
  }

  @Test
  void allThreadsAreComparedWithOne() {
    assumeThat(Runtime.getRuntime().availableProcessors()).isGreaterThan(1);
    String shape = "vocabulary=64,width=32,layers=1,heads=2,ffn=32,context=16,batch=2";
    List<String> bench =
        List.of("bench", "--train", "--scaling", "--shape", shape, "--warm-up", "0", "-r", "2");
    Session table = new Session();
    assertThat(table.jishi(bench.toArray(String[]::new))).as(table.err()).isZero();
    assertThat(table.out()).contains("times one");
    List<String> asJson = new ArrayList<>(bench);
    asJson.add("--json");
    Session session = new Session();
    assertThat(session.jishi(asJson.toArray(String[]::new))).as(session.err()).isZero();
    JsonObject json = JsonObject.of("bench", Json.parse("bench", session.out()));
    assertThat(json.object("one").orElseThrow().integer("threads")).hasValue(1);
    assertThat(json.object("times")).isPresent();
  }

  @Test
  void whatCannotBeMeasuredIsRefused() {
    assertThat(failure(2, "bench", "--random", "llama-20m:q4_0", "--scaling")).contains("--train");
    assertThat(failed("bench", "--train", "--scaling", "--threads", "1")).contains("two threads");
    assertThat(failure(2, "bench", "--train", "--shape", "wide=3")).contains("wide=3");
    assertThat(failure(2, "bench", "--train", "-r", "0")).contains("repeat");
    assertThat(failure(2, "bench", "--train", "--precision", "fp8")).contains("fp8");
  }
}
